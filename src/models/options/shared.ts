import { z } from 'zod';

export const positive = z.int().min(1);

/** Names of item features. */
export const features = (example: string) =>
  z
    .array(z.string())
    .min(1)
    .refine((names) => new Set(names).size === names.length, { error: 'a feature is named twice' })
    .describe(
      `Item features by name (vectors or categories), for example ${example}; \`id\` is the item itself.`,
    );

/** Names of fields of users or of items. */
export const fields = (whose: string) =>
  z
    .array(z.string())
    .min(1)
    .refine((names) => new Set(names).size === names.length, { error: 'names a field twice' })
    .describe(
      `Fields of ${whose}, a slot each in this order: categories, tags (mean) or vectors by name; \`id\` is the ${whose.slice(0, -1)} itself.`,
    );

/** Values that a preset sets beneath the experiment file; keys of `model` and `train`. */
export interface Preset {
  readonly about: string;
  readonly values: {
    readonly model?: Readonly<Record<string, unknown>>;
    readonly train?: Readonly<Record<string, unknown>>;
  };
}

export interface ModelInfo {
  readonly title: string;
  readonly paper: string | null;
  readonly year: number | null;
  readonly kind: 'sequence' | 'collaborative' | 'floor';
  readonly presets: Readonly<Record<string, Preset>>;
}

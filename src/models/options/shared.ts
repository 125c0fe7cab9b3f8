import { z } from 'zod';

export const positive = z.int().min(1);

/** Names of item features. */
export const features = (example: string) =>
  z
    .array(z.string())
    .min(1)
    .refine((names) => new Set(names).size === names.length, { error: 'Name each feature once' })
    .describe(
      `Item features by name (vectors or categories), for example ${example}; \`id\` is the item itself.`,
    );

/**
 * A rule on several options, each of which is right by itself, for a schema's `check`.
 *
 * @param path the option that is told of; of one in a section, its keys
 * @param broken what is wrong, with the values, going on from the option's name, and what to do; false: nothing
 */
export const rule =
  <T extends object>(
    path: (keyof T & string) | readonly [keyof T & string, ...string[]],
    broken: (options: T) => readonly [problem: string, fix: string] | false,
  ): z.core.CheckFn<T> =>
  ({ value, issues }) => {
    const found = broken(value);
    if (!found) return;
    const [message, fix] = found;
    // A later rule is told too, and a union that fails by rules alone passes them on.
    issues.push({
      code: 'custom',
      path: [path].flat(),
      message,
      params: { fix },
      input: value,
      continue: true,
    });
  };

/** A list as it stands in a file. */
export const inBrackets = (values: readonly unknown[]): string => `[${values.join(', ')}]`;
/** Names of fields of users or of items. */
export const fields = (whose: string) =>
  z
    .array(z.string())
    .min(1)
    .refine((names) => new Set(names).size === names.length, { error: 'Name each field once' })
    .describe(
      `Fields of ${whose}, a slot each in this order: categories, tags (mean) or vectors by name; \`id\` is the ${whose.slice(0, -1)} itself.`,
    );

/** A large divisor of a number that is not above another, nor so large that it would be long looked for. */
export function divisorBelow(whole: number, most: number): number {
  let divisor = Math.min(whole, most, 10_000);
  while (whole % divisor !== 0) divisor--;
  return divisor;
}

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
  /** What it looks at of a user and of an item. */
  readonly reads: string;
  /** Tables of the five papers, and of ALPINE's, in which it is a row. */
  readonly tables: readonly string[];
  readonly presets: Readonly<Record<string, Preset>>;
}

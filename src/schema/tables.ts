import { stringify } from 'yaml';
import { join } from './lookUp.js';
import type { Field, MapShape, Shape } from './shape.js';
import { expectedOf } from './words.js';

/** One option as documentation shows it. */
export interface OptionRow {
  /** Dotted, for example `train.optimizer.learningRate`; NAME stands for a name of the user's choice. */
  readonly path: string;
  /** What it takes, in words. */
  readonly type: string;
  /** Its default as YAML, `required`, or nothing. */
  readonly fallback: string;
  readonly about: string;
  /** Whether it holds a single value or a list, or keys that stand in a table of their own. */
  readonly kind: Shape['kind'];
}

/** Options that belong together, with a title for a variant: `train.negatives` with `kind: uniform`. */
export interface OptionTable {
  readonly path: string;
  readonly variant: string | null;
  readonly about: string;
  readonly rows: readonly OptionRow[];
  /** Path of an earlier table with the same options; then there are no rows, nor tables of what is below. */
  readonly as: string | null;
}

/** Tables of all options of a shape, one a map and one a variant, in the order of the schema. */
export function tablesOf(shape: Shape): OptionTable[] {
  return new Tables().of(shape, '', '');
}

class Tables {
  private readonly seen = new Map<object, string>();

  of(shape: Shape, path: string, about: string): OptionTable[] {
    switch (shape.kind) {
      case 'variants':
        return [...shape.variants].flatMap(([name, map]) => {
          const variant = shape.discriminator === null ? name : `${shape.discriminator}: ${name}`;
          const mark = shape.discriminator === null ? undefined : map.fields.get(shape.discriminator);
          const rows = rowsOf(map, path).filter((row) => row.path !== `${path}.${shape.discriminator}`);
          return [{ path, variant, about: mark?.about ?? '', rows, as: null }, ...this.below(map, path)];
        });
      case 'map': {
        const as = this.seen.get(shape.keys);
        if (as !== undefined) return [{ path, variant: null, about, rows: [], as }];
        this.seen.set(shape.keys, path);
        return [
          { path, variant: null, about, rows: rowsOf(shape, path), as: null },
          ...this.below(shape, path),
        ];
      }
      case 'record':
        return this.of(shape.value, join(path, 'NAME'), about);
      case 'either':
        return shape.options.flatMap((option) => this.of(option, path, about));
      case 'list':
      case 'value':
      case 'any':
        return [];
    }
  }

  private below(map: MapShape, path: string): OptionTable[] {
    return [...map.fields].flatMap(([key, { shape, about }]) => this.of(shape, join(path, key), about));
  }
}

/** The options of a map, without those further below. */
export function rowsOf(map: MapShape, path: string): OptionRow[] {
  return [...map.fields].map(([key, field]) => ({
    path: join(path, key),
    type: expectedOf(field.shape),
    fallback: fallbackOf(field),
    about: field.about,
    kind: field.shape.kind,
  }));
}

function fallbackOf({ required, fallback }: Field): string {
  if (required) return 'required';
  return fallback === undefined ? '' : flow(fallback);
}

/** A value as YAML on one line. */
export function flow(value: unknown): string {
  if (typeof value === 'string' && /[\n\r]/.test(value)) return JSON.stringify(value);
  const text = stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false });
  return text.trimEnd();
}

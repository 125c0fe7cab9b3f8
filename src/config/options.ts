import { stringify } from 'yaml';
import { type ModelName, modelSchema } from '../models/options.js';
import { projectSchema } from './project.js';
import { experimentSchema } from './schema.js';
import { expectedOf, type Field, type MapShape, type Shape, shapeOf } from './shape.js';

/** One option as documentation shows it. */
export interface OptionRow {
  /** Dotted, for example `train.optimizer.learningRate`. */
  readonly path: string;
  /** What it takes, in words. */
  readonly type: string;
  /** Its default as YAML, `required`, or nothing. */
  readonly fallback: string;
  readonly about: string;
}

/** Options that belong together, with a title for a variant: `train.negatives` with `kind: uniform`. */
export interface OptionTable {
  readonly path: string;
  readonly variant: string | null;
  readonly about: string;
  readonly rows: readonly OptionRow[];
}

/** Tables of all options of an experiment, one a section and one a variant, in the order of the schema. */
export function optionTables(): OptionTable[] {
  return tablesOf(shapeOf(experimentSchema), '', '');
}

/** The options of a model, without its name. */
export function modelOptions(name: ModelName): OptionRow[] {
  const shape = shapeOf(modelSchema) as Extract<Shape, { kind: 'variants' }>;
  return rowsOf(shape.variants.get(name)!, 'model').filter(({ path }) => path !== 'model.name');
}

/** The keys of the project file. */
export function projectOptions(): OptionRow[] {
  return rowsOf(shapeOf(projectSchema) as MapShape, '');
}

function tablesOf(shape: Shape, path: string, about: string): OptionTable[] {
  if (shape.kind === 'variants') {
    return [...shape.variants].flatMap(([name, map]) => {
      const variant = shape.discriminator === null ? name : `${shape.discriminator}: ${name}`;
      const mark = shape.discriminator === null ? undefined : map.fields.get(shape.discriminator);
      const rows = rowsOf(map, path).filter((row) => row.path !== `${path}.${shape.discriminator}`);
      return [{ path, variant, about: mark?.about ?? '', rows }, ...below(map, path)];
    });
  }
  if (shape.kind !== 'map') return [];
  return [{ path, variant: null, about, rows: rowsOf(shape, path) }, ...below(shape, path)];
}

function below(map: MapShape, path: string): OptionTable[] {
  return [...map.fields].flatMap(([key, { shape, about }]) =>
    tablesOf(shape, path ? `${path}.${key}` : key, about),
  );
}

function rowsOf(map: MapShape, path: string): OptionRow[] {
  return [...map.fields]
    .filter(([, { shape }]) => shape.kind !== 'map')
    .map(([key, field]) => ({
      path: path ? `${path}.${key}` : key,
      type: expectedOf(field.shape),
      fallback: fallbackOf(field),
      about: field.about,
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

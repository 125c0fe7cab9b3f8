import { type ModelName, modelSchema } from '../models/options.js';
import {
  jsonSchemaOf,
  type OptionRow,
  type OptionTable,
  rowsOf,
  shapeOf,
  tablesOf,
  type VariantsShape,
} from '../schema/index.js';
import { projectSchema } from './project.js';
import { experimentSchema } from './schema.js';
import { sweepSchema } from './sweepSchema.js';

/** Tables of all options of an experiment, one a section and one a variant, in the order of the schema. */
export function optionTables(): OptionTable[] {
  // A section has a table of its own, so it is no row of the one above.
  return tablesOf(shapeOf(experimentSchema)).map((table) => ({
    ...table,
    rows: table.rows.filter(({ kind }) => kind !== 'map'),
  }));
}

/** JSON Schema of an experiment file, for editors. */
export function experimentJsonSchema(): object {
  return jsonSchemaOf(experimentSchema, 'mvrec experiment');
}

/** Tables of the keys of a sweep file. */
export function sweepTables(): OptionTable[] {
  return tablesOf(shapeOf(sweepSchema));
}

/** JSON Schema of a sweep file, for editors. */
export function sweepJsonSchema(): object {
  return jsonSchemaOf(sweepSchema, 'mvrec sweep');
}

/** The options of a model, without its name. */
export function modelOptions(name: ModelName): OptionRow[] {
  const shape = shapeOf(modelSchema) as VariantsShape;
  return rowsOf(shape.variants.get(name)!, 'model').filter(({ path }) => path !== 'model.name');
}

/** Tables of the keys of the project file. */
export function projectTables(): OptionTable[] {
  return tablesOf(shapeOf(projectSchema));
}

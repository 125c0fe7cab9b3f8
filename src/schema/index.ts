export { check, keyHint, mistake } from './check.js';
export { jsonSchemaOf } from './jsonSchema.js';
export { fieldOf, join, keysOf, pathsEndingIn, shapeBelow, variantOf } from './lookUp.js';
export { type FileKind, parseYamlMap, readYamlFile } from './read.js';
export * from './shape.js';
export { flow, type OptionRow, type OptionTable, rowsOf, tablesOf } from './tables.js';
export * from './tree.js';
export { parseYaml, type Source } from './yaml.js';

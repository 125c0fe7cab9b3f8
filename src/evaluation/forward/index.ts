export type { ArrayFile } from './arrayFile.js';
export { describe, exchangesFor, type ModelDescription } from './describe.js';
export * from './forward.js';
export { type InputSpec, inputSpecs } from './inputs.js';
export { type Sides, shapeText } from './sides.js';

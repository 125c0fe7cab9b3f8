export { visibleRows } from './sight.js';
export type { Split, SplitSpec } from './spec.js';
export { cutsValidation, EmptyPartError, splitRows } from './split.js';

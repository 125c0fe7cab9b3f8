export { type AlsWeights, alsObjective, type ObservedCells, solveAls } from './als.js';
export { bprSgd, type Couples, type FactorTables } from './bprSgd.js';
export * from './doctor.js';
export { valuesInPlace } from './hostTensors.js';
export * from './initializers.js';
export * from './install.js';
export type {
  CellArrays,
  Floats,
  MlpArrays,
  NcfArrays,
  NormArrays,
  PoolArrays,
  RecurrenceArrays,
} from './kernelArrays.js';
export * from './kernelOp.js';
export { kernelsNote, nativeKernels } from './kernels.js';
export * from './memory.js';
export * from './mode.js';
export type { Kernels } from './nativeFunctions.js';
export * from './nearestRows.js';
export * from './open.js';
export * from './ops.js';
export * from './optimizer.js';
export * from './panels.js';
export * from './parameters.js';
export * from './probe.js';
export * from './read.js';
export { rowsTensor } from './rows.js';
export * from './scoreRow.js';
export * from './status.js';
export * from './tensorMemory.js';
export * from './types.js';
export * from './wasmMatMul.js';
export {
  type ArraySource,
  DivergedError,
  fromArrays,
  loadWeights,
  type NamedArrays,
  requireFinite,
  weightArrays,
} from './weights.js';

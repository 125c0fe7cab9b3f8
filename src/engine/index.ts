export * from './initializers.js';
export * from './mode.js';
export * from './ops.js';
export * from './parameters.js';
export * from './optimizer.js';
export * from './wasmMatMul.js';

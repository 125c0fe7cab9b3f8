export * from './errors.js';
export * from './files.js';
export * from './npy.js';
export * from './random.js';
export * from './suggest.js';

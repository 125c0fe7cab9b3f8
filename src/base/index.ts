export * from './crc32c.js';
export * from './errors.js';
export * from './files.js';
export * from './npy.js';
export * from './random.js';
export * from './safetensors.js';
export * from './suggest.js';
export * from './tensorBundle.js';

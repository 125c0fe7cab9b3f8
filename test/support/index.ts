export * from './bin.js';
export * from './effort.js';
export * from './paths.js';
export * from './python.js';
export * from './skip.js';

export * from './additiveAttention.js';
export * from './additivePool.js';
export * from './blockAttention.js';
export * from './itemEncoder.js';
export * from './layerNorm.js';
export * from './linear.js';
export * from './pooling.js';
export * from './rowLists.js';

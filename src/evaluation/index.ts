export * from './evaluate.js';
export * from './predictions.js';
export * from './score.js';

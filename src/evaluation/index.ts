export * from './evaluate.js';
export * from './score.js';

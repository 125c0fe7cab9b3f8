export * from './epoch.js';
export * from './prepare.js';
export * from './score.js';
export type { Split, SplitSpec } from './split.js';
export { loadStore, readManifest, saveStore } from './store.js';
export type * from './types.js';
export * from './world/index.js';

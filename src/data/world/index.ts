export type { Impression } from './impression.js';
export { World } from './life.js';
export { type KnobSettings, type Knobs, type WorldName, worldNames } from './options.js';
export { itemFeatures, simulate } from './simulate.js';
export { knobsOf, type WorldSpec, worldFingerprint, worldTitle } from './spec.js';
export { worlds } from './worlds.js';

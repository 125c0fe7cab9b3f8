export { simulate, type WorldSpec, worldFingerprint } from './simulate.js';
export { type WorldName, type WorldSize, worlds } from './size.js';

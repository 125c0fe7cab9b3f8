export { auditExperiment } from './audit.js';
export * from './evaluateRun.js';
export * from './final.js';
export { groundsOf, type KnownGrounds, type Probed, probeRun } from './probe.js';
export * from './progress.js';
export * from './recommendRun.js';
export * from './session.js';
export * from './train.js';

export type { Checkpoint, CheckpointKind, NamedTensors, SavedCheckpoint } from './checkpoints.js';
export { type ClusterTask, clusterTask } from './clusterTask.js';
export * from './compare.js';
export { contentOf, type Grounds, identityOf, sorted } from './identity.js';
export { readJson, writeJson } from './json.js';
export type {
  AuditRecord,
  MetricsRecord,
  Provenance,
  RunCost,
  RunEvaluation,
  RunRecord,
  RunState,
  RunStatus,
} from './layout.js';
export { holderText, isHere, Lock, type LockHolder } from './lock.js';
export {
  createRun,
  listRuns,
  type NewRun,
  newestFirst,
  openRun,
  type RunList,
  removeRuns,
  runsIn,
} from './open.js';
export * from './provenance.js';
export { Run } from './run.js';
export { RunIndex } from './runIndex.js';
export * from './summary.js';

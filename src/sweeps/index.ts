export { inLanes, runTask, type TaskSurroundings, threadsFor } from './executor.js';
export type { Task, TaskEnd } from './messages.js';
export { checkTune } from './space.js';
export type { StudyRecord, Trial, TrialState } from './study.js';
export { valueText } from './trial.js';
export { type TuneRequest, type TuneResult, type TuneSurroundings, tune } from './tune.js';

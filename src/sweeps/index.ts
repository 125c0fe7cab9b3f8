export { type CellResult, type CellState, cellName, isLost, type SweepRecord } from './cell.js';
export {
  type ClaimResult,
  type Evidence,
  evidenceText,
  goTogether,
  partText,
  pText,
  verdictText,
} from './claims/index.js';
export { visibleGpus } from './devices.js';
export type { Estimate } from './estimate.js';
export { checkOutline, type Judgement, mostSeeds } from './judge.js';
export { lookedBefore } from './looks.js';
export { type Published, publishedNoteText } from './published.js';
export { isSweepFolder, readSweep, type SweepState, sweepOf, withChanges } from './records.js';
export { restatedText } from './restated.js';
export type { Cluster } from './slurm/stage.js';
export { checkTune } from './space.js';
export type { StudyRecord, Trial, TrialState } from './study.js';
export { sweep } from './sweep.js';
export type { RunningCell, SweepView } from './sweepProgress.js';
export type { SweepOptions, SweepResult, SweepSurroundings } from './sweepTypes.js';
export type { FloorRow, Row, Spread } from './table.js';
export { valueText } from './trial.js';
export { type TuneRequest, type TuneResult, type TuneSurroundings, tune } from './tune.js';

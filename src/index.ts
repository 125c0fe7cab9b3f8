/** The library: everything that the commands are made of. */
export { InterruptedError, UserError, UserErrors } from './base/index.js';
export {
  type Experiment,
  experimentSchema,
  type LoadedExperiment,
  type LoadRequest,
  loadExperiment,
  loadSettings,
  type Settings,
  settings,
} from './config/index.js';
export {
  type Batch,
  type CandidateSpec,
  catalogueLists,
  type HistorySpec,
  openSource,
  type PreparedData,
  planEpoch,
  prepare,
  type Store,
  scoreBatches,
} from './data/index.js';
export {
  type Engine,
  fromArrays,
  inference,
  loadWeights,
  type NamedArrays,
  Optimizer,
  openEngine,
  ParameterSet,
} from './engine/index.js';
export {
  evaluate,
  rankCatalogue,
  scoreRows,
  topOfCatalogue,
  writePredictions,
  writeRecommendations,
} from './evaluation/index.js';
export {
  evaluateMetrics,
  type Measurement,
  type MetricValues,
  measureMetrics,
  measureRanks,
  metricNames,
  type Ranks,
  type ScoredRows,
} from './metrics/index.js';
export {
  buildModel,
  type FittedModel,
  isTrainable,
  loadReleasedThacil,
  type Model,
  modelInfo,
} from './models/index.js';
export { listRuns, openRun, type Run } from './runs/index.js';
export {
  effectSize,
  holm,
  meanInterval,
  pairedBootstrap,
  pairedTTest,
  summarize,
  tTest,
} from './statistics/index.js';
export {
  type EvaluationRequest,
  type EvaluationResult,
  evaluateRun,
  type Reporter,
  type RunResult,
  resumeRun,
  type Surroundings,
  startRun,
} from './training/index.js';

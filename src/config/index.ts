export { knobGroups, worldNames } from '../data/world/options.js';
export { type ModelName, modelInfo } from '../models/options.js';
export { type Claim, claimSchema, type TestedClaim } from './claims.js';
export { knobsFrom } from './knobs.js';
export {
  type Finding,
  type LoadedExperiment,
  type LoadRequest,
  loadExperiment,
  type Variation,
} from './load.js';
export { loadModelConfig, type ModelRequest } from './loadModel.js';
export {
  type LoadedSweep,
  loadSweep,
  type SweepCell,
  type SweepOutline,
  type SweepRequest,
} from './loadSweep.js';
export {
  experimentJsonSchema,
  modelOptions,
  optionTables,
  projectTables,
  sweepJsonSchema,
  sweepTables,
} from './options.js';
export { formatExperiment } from './print.js';
export { loadProject, loadSettings, type Project, type Settings, settings } from './project.js';
export * from './schema.js';
export { type SlurmConfig, slurmSchema } from './slurm.js';
export type { SweepConfig } from './sweepSchema.js';
export type { MlflowSettings } from './tracking.js';
export type { Domain, TuneConfig } from './tune.js';

import type { Experiment } from '../config/index.js';
import type { PreparedData } from '../data/index.js';
import { type Engine, openEngine } from '../engine/index.js';
import { buildModel, type FittedModel, isTrainable, type Model } from '../models/index.js';
import type { Run } from '../runs/index.js';
import { loadCheckpointWeights } from './saving.js';
import { openData, requireSameData, type Surroundings } from './session.js';

/** Which weights of which run, and where to compute. */
export interface TrainedRequest {
  readonly run: string;
  readonly checkpoint: 'best' | 'last';
  /** Engine to use instead of the run's own. */
  readonly engine: 'auto' | 'tensorflow' | 'webgpu' | 'wasm' | 'cpu' | null;
}

export interface Trained {
  readonly engine: Engine;
  readonly data: PreparedData;
  /** The model with the checkpoint's weights; a floor is fitted again. Throws a UserError when there is no checkpoint. */
  buildTrained(): Promise<Model | FittedModel>;
}

/**
 * What a run was trained on, and a way to its model: other files are best read in between, so that what is wrong with them is
 * told early.
 *
 * @throws UserError when the data have changed since
 */
export async function openTrained(
  run: Run,
  experiment: Experiment,
  request: TrainedRequest,
  surroundings: Omit<Surroundings, 'command'>,
): Promise<Trained> {
  const { name, threads } = run.record.provenance.engine;
  const engine = await openEngine({ name: request.engine ?? (name as 'auto'), threads });
  const data = await openData(experiment, surroundings);
  requireSameData(run, data);
  return {
    engine,
    data,
    buildTrained: async () => {
      const model = buildModel(experiment.model, data, experiment.seed, experiment.train.negatives);
      if (isTrainable(model)) await loadCheckpointWeights(run, model, request.checkpoint);
      return model;
    },
  };
}

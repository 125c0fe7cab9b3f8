import type { ContextSpec, PreparedData } from '../data/index.js';
import { Alpine } from './alpine/alpine.js';
import { Bpr } from './bpr.js';
import { buildFieldModel } from './ctr/models.js';
import { fitPopularity, randomScores } from './floors.js';
import { Frame } from './frame/frame.js';
import { Mtin } from './mtin/mtin.js';
import { Ncf } from './ncf.js';
import type { ModelConfig } from './options.js';
import { Thacil } from './thacil/thacil.js';
import type { FittedModel, Model } from './types.js';
import { Uvcan } from './uvcan/uvcan.js';

export { candidateCount } from './candidates.js';
export type { Frame } from './frame/frame.js';
export * from './options.js';
export { checkpointPrefix, loadReleasedThacil } from './thacil/released.js';
export type { Thacil } from './thacil/thacil.js';
export type * from './types.js';
export { usesOf } from './uses.js';

/**
 * Builds the named model for a data set. Initial weights are a function of `seed` alone.
 *
 * @throws UserError when the data set lacks what the model asks for
 */
export function buildModel(config: ModelConfig, data: PreparedData, seed: number): Model | FittedModel {
  switch (config.name) {
    case 'thacil':
      return new Thacil(config, data, seed);
    case 'alpine':
    case 'scaa':
      return new Alpine(config, data, seed);
    case 'uvcan':
      return new Uvcan(config, data, seed);
    case 'bpr':
      return new Bpr(config, data, seed);
    case 'ncf':
      return new Ncf(config, data, seed);
    case 'frame':
      return new Frame(config, data, seed);
    case 'mtin':
      return new Mtin(config, data, seed);
    case 'fm':
    case 'deepfm':
    case 'nfm':
    case 'autoint':
    case 'difm':
    case 'afn':
    case 'widedeep':
      return buildFieldModel(config, data, seed);
    case 'popularity':
      return fitPopularity(data);
    case 'random':
      return randomScores(data, seed);
  }
}

/** What batches must hold for the model: histories and fields of rows; of a floor none. */
export function contextSpecOf(model: Model | FittedModel): ContextSpec {
  return isTrainable(model) ? model : { histories: [] };
}

/** Whether the model is trained by gradient steps; if not, it was fitted when it was built. */
export function isTrainable(model: Model | FittedModel): model is Model {
  return 'parameters' in model;
}

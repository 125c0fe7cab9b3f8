import type { ContextSpec, NegativeSpec, PreparedData } from '../data/index.js';
import { Alpine } from './alpine/alpine.js';
import { Bpr } from './bpr.js';
import { fitContent } from './contentFloor.js';
import { buildFieldModel } from './ctr/models.js';
import { Din } from './din/din.js';
import { fitPopularity, randomScores } from './floors.js';
import { Frame } from './frame/frame.js';
import { Gf } from './gf.js';
import { LightGcn } from './lightgcn.js';
import { Mtin } from './mtin/mtin.js';
import { Ncf } from './ncf.js';
import { NextItem } from './nextItem/nextItem.js';
import type { ModelConfig } from './options.js';
import { Sequence } from './sequence/sequence.js';
import { Thacil } from './thacil/thacil.js';
import { trainedData } from './trainedData.js';
import type { FittedModel, Model } from './types.js';
import { Ucf } from './ucf.js';
import { Uvcan } from './uvcan/uvcan.js';
import { Wmf } from './wmf.js';

export { candidateCount } from './candidates.js';
export type { Frame } from './frame/frame.js';
export { modelLacks, requireFeatures } from './lacks.js';
export { joinPretrained } from './ncfPretrained.js';
export * from './options.js';
export { checkpointPrefix, loadReleasedThacil } from './thacil/released.js';
export type { Thacil } from './thacil/thacil.js';
export type * from './types.js';
export { usesOf } from './uses.js';

/**
 * Builds the named model for a data set. Initial weights are a function of `seed` alone, but that rows which training never meets
 * are zero.
 *
 * @param negatives that it is trained with; without them training is taken to meet all that has a train row
 * @throws UserError when the data set lacks what the model asks for
 */
export function buildModel(
  config: ModelConfig,
  given: PreparedData,
  seed: number,
  negatives?: NegativeSpec,
): Model | FittedModel {
  const data = negatives ? trainedData(config, given, negatives) : given;
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
    case 'lstm':
    case 'cnn':
    case 'atrank':
      return new Sequence(config, data, seed);
    case 'mtin':
      return new Mtin(config, data, seed);
    case 'ucf':
      return new Ucf(config, data);
    case 'wmf':
      return new Wmf(config, data, seed);
    case 'lightgcn':
      return new LightGcn(config, data, seed);
    case 'gf':
      return new Gf(config, data);
    case 'content':
      return fitContent(config, data);
    case 'din':
      return new Din(config, data, seed);
    case 'sasrec':
    case 'gru4rec':
      return new NextItem(config, data, seed);
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

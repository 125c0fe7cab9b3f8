import {
  markHistories,
  type NegativeSpec,
  type Pairing,
  type PreparedData,
  trainableOf,
} from '../data/index.js';
import { warmUsers } from './features.js';
import { mtinSettings } from './mtin/settings.js';
import type { ModelConfig } from './options.js';
import { usesOf } from './uses.js';

/** Not trained on pairs; or, FRAME, along a graph of all that the train part shows. */
const besidePairs: readonly ModelConfig['name'][] = [
  'ucf',
  'wmf',
  'gf',
  'content',
  'popularity',
  'random',
  'frame',
];

/**
 * The data as a model is built on them: warm are the users and items with a train row that training can meet, in a pair or in a
 * history. A row of any other in a table would keep what it was initialised with. Of arrays nothing is taken back: they say
 * themselves what is known.
 */
export function trainedData(config: ModelConfig, data: PreparedData, negatives: NegativeSpec): PreparedData {
  if (besidePairs.includes(config.name) || data.contextFields) return data;
  const { users, items, anchors } = trainableOf(data, negatives, pairingOf(config));
  if (isContrasted(config)) items.fill(1);
  for (const history of usesOf(config).histories) {
    if (items.every((met, item) => met || !data.warmItems[item])) break;
    markHistories(items, data, anchors, history);
  }
  const both = (met: Uint8Array, warm: Uint8Array) => met.map((one, at) => one & warm[at]!);
  return {
    ...data,
    warmItems: both(items, data.warmItems),
    warmUsers: isGivenUsers(config) ? warmUsers(data) : both(users, warmUsers(data)),
    anchors,
  };
}

/** `Model.pairing` of the model that is built. */
export function pairingOf(config: ModelConfig): Pairing {
  switch (config.name) {
    case 'bpr':
    case 'lightgcn':
      return 'pairwise';
    case 'sasrec':
    case 'gru4rec':
      return config.loss === 'bpr' ? 'pairwise' : 'pointwise';
    default:
      return 'pointwise';
  }
}

/** Whether every step has all items of the train part. */
const isContrasted = (config: ModelConfig): boolean =>
  (config.name === 'sasrec' || config.name === 'gru4rec') && config.contrast === 'catalogue';

/** MTIN's memories that are worked out of histories, or are never trained, are what they are for all users. */
function isGivenUsers(config: ModelConfig): boolean {
  if (config.name !== 'mtin') return false;
  const { memoryInit, memoryTrainable } = mtinSettings(config);
  return memoryInit === 'kmeans' || !memoryTrainable;
}

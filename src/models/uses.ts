import type { ModelUse } from '../data/index.js';
import { mtinHistories, mtinSettings } from './mtin/settings.js';
import {
  type AlpineOptions,
  type ModelConfig,
  type MtinOptions,
  partsOf,
  polaritiesOf,
  type ScaaOptions,
} from './options.js';

type HistoryUse = ModelUse['histories'][number];

/** What a model looks at, told by its options alone: for audits, which build no model. */
export function usesOf(config: ModelConfig): ModelUse {
  const none = { histories: [], items: [], users: [] } as const;
  switch (config.name) {
    case 'thacil':
      return {
        ...none,
        histories: [
          {
            length: config.historyLength,
            sample: config.historySample,
            target: config.historyTarget,
            setting: `model.historyTarget: ${config.historyTarget}`,
          },
        ],
        items: [...config.visual, ...config.category],
      };
    case 'alpine':
    case 'scaa':
      return { ...none, histories: alpineHistories(config), items: config.item, users: userFeatures(config) };
    case 'uvcan':
      return { ...none, items: config.videoFields, users: config.userFields };
    case 'bpr':
      return { ...none, items: config.item };
    case 'ncf': {
      const { user, item } = config.sideFeatures;
      return { ...none, items: [...config.item, ...item], users: user };
    }
    case 'frame':
      return { ...none, items: [config.feature] };
    case 'lstm':
    case 'cnn':
    case 'atrank':
      return {
        ...none,
        histories: polaritiesOf(config).map((events) => ({
          events,
          length: config.historyLength,
          sample: config.historySample,
          target: config.historyTarget,
          setting: `model.historyTarget: ${config.historyTarget}`,
        })),
        items: [...config.item, ...config.category],
      };
    case 'mtin':
      return {
        ...none,
        histories: mtinUses(config),
        items: [...config.visual, ...(config.itemEmbedding === 'visual+category' ? config.category : [])],
      };
    case 'gf':
      return { ...none, items: config.content };
    case 'content':
      return { ...none, items: config.item ?? [] };
    case 'din':
      return {
        histories: [causalHistory(config.historyLength)],
        items: config.itemFields,
        users: config.userFields,
      };
    case 'sasrec':
    case 'gru4rec':
      return { ...none, histories: [causalHistory(config.historyLength)], items: config.item };
    case 'fm':
    case 'deepfm':
    case 'nfm':
    case 'autoint':
    case 'difm':
    case 'afn':
    case 'widedeep':
      return {
        histories: config.historyLength > 0 ? [causalHistory(config.historyLength)] : [],
        items: config.itemFields,
        users: config.userFields,
        columns: config.contextFields,
      };
    case 'ucf':
    case 'wmf':
    case 'lightgcn':
    case 'popularity':
    case 'random':
      return none;
  }
}

/** The latest clicked items before an impression. */
const causalHistory = (length: number): HistoryUse => ({
  length,
  sample: 'recent',
  target: 'causal',
  setting: 'model.name',
});

/** What was clicked and what was not, and again what the memory is pretrained on. */
function mtinUses(config: MtinOptions): HistoryUse[] {
  const { polarities, memoryInit } = mtinSettings(config);
  const read = mtinHistories(config, polarities).map((history) => ({
    ...history,
    setting: `model.historyMode: ${config.historyMode}`,
  }));
  if (memoryInit !== 'kmeans') return read;
  const pretrained = read.map(
    (history): HistoryUse => ({ ...history, target: 'include', setting: 'model.memoryInit: kmeans' }),
  );
  return [...read, ...pretrained];
}

/** What was clicked and what was not, and the likes and follows that make up v, or that the user matrix starts from. */
function alpineHistories(config: AlpineOptions | ScaaOptions): HistoryUse[] {
  const { shares, interest } = partsOf(config);
  const { historyLength: length, truncate, liked, followed } = config;
  const read = (events: 'positive' | 'negative'): HistoryUse => ({
    events,
    length,
    sample: truncate === 'head' ? 'first' : 'recent',
    target: 'causal',
    setting: 'model.name',
  });
  const histories = [read('positive'), ...(shares.negative > 0 ? [read('negative')] : [])];
  const level = (
    column: string,
    length: number,
    target: 'causal' | 'include',
    setting: string,
  ): HistoryUse => ({
    events: { column },
    length,
    sample: 'recent',
    target,
    setting,
  });
  if (config.name === 'scaa') {
    if (interest === null) return histories;
    const target = config.causal ? 'causal' : 'include';
    const setting = `model.causal: ${config.causal}`;
    return [
      ...histories,
      level(liked, config.maxLiked, target, setting),
      level(followed, config.maxFollowed, target, setting),
    ];
  }
  if (interest === null || config.userInit !== 'levels') return histories;
  const setting = 'model.userInit: levels';
  const all = Number.MAX_SAFE_INTEGER;
  return [...histories, level(liked, all, 'include', setting), level(followed, all, 'include', setting)];
}

const userFeatures = (config: AlpineOptions | ScaaOptions): string[] =>
  config.name === 'alpine' && config.userInit === 'feature' && partsOf(config).interest !== null
    ? [config.userFeature]
    : [];

import type { ModelUse } from '../data/index.js';
import { mtinHistories, mtinSettings } from './mtin/settings.js';
import type { ModelConfig } from './options.js';

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
    case 'uvcan':
      return { ...none, items: config.videoFields, users: config.userFields };
    case 'bpr':
    case 'ncf':
      return { ...none, items: config.item };
    case 'mtin':
      return {
        ...none,
        histories: mtinHistories(config, mtinSettings(config).polarities).map((history) => ({
          ...history,
          setting: `model.historyMode: ${config.historyMode}`,
        })),
        items: [...config.visual, ...(config.itemEmbedding === 'visual+category' ? config.category : [])],
      };
    case 'popularity':
    case 'random':
      return none;
  }
}

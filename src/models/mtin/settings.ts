import type { HistorySpec } from '../../data/index.js';
import type { MtinOptions } from '../options.js';

/** The options that depend on the variant or on each other, decided. */
export interface MtinSettings {
  /** s */
  readonly groups: number;
  /** Whether items are routed; else all are in the one group. */
  readonly routed: boolean;
  readonly polarities: readonly Polarity[];
  readonly memoryInit: 'kmeans' | 'random' | 'zeros';
  readonly memoryTrainable: boolean;
  readonly memoryUpdate: 'residual' | 'persist' | 'replace';
  readonly tau: number;
}

export type Polarity = 'positive' | 'negative';

export function mtinSettings(options: MtinOptions): MtinSettings {
  const { variant } = options;
  const pretrained = !variant.startsWith('MTIN-P');
  const persists = variant === 'MTIN-P:persist';
  const groups = options.groups ?? (variant === 'MTIN-I' ? 1 : 6);
  return {
    groups,
    routed: variant !== 'MTIN-I',
    polarities: variant === 'MTIN-I' ? ['positive'] : ['positive', 'negative'],
    memoryInit: options.memoryInit ?? (pretrained ? 'kmeans' : 'random'),
    memoryTrainable: options.memoryTrainable ?? !persists,
    memoryUpdate: options.memoryUpdate ?? (persists ? 'persist' : 'residual'),
    tau: options.tau ?? 0.5 / groups,
  };
}

/** The histories of the polarities, in their order. */
export function mtinHistories(
  { historyLength: length, historyMode, chunk, temporalUnit }: MtinOptions,
  polarities: readonly Polarity[],
): HistorySpec[] {
  return polarities.map((events) => ({
    events,
    length,
    sample: 'recent',
    target: historyMode === 'fullTrain' ? 'include' : 'causal',
    ...(historyMode === 'chunkPrefix' && { chunk }),
    ...(temporalUnit === 'timestamp' && { times: true }),
    // Nothing is read from left to right, but what two histories have in common is looked up once.
    prefixes: 'shared',
  }));
}

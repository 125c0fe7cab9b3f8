import type { RankedLists, ScoredRows, Ties } from './lists.js';
import { logLoss, logLossOfFrame } from './logloss.js';
import {
  discountedGain,
  hitProbability,
  hitsInTop,
  idealGain,
  pairwiseAuc,
  precisionAtHits,
  reciprocalRank,
} from './measures.js';

/** What a metric is. `docs/metrics.md` tabulates the same with formulas and sources. */
export type Definition = PerRow | Pooled | PerUser | OfMeans;

interface Common {
  readonly direction: 'higher' | 'lower';
  /** One line for tables and `--help`. */
  readonly about: string;
}
/** A mean over rows. */
interface PerRow extends Common {
  readonly kind: 'perRow';
  value(data: ScoredRows): number;
  readonly undefinedWhen: string;
}
/** One list of all rows. */
interface Pooled extends Common {
  readonly kind: 'pooled';
  value(lists: RankedLists): number;
  readonly undefinedWhen: string;
}
/** A weighted mean over users. */
export interface PerUser extends Common {
  readonly kind: 'perUser';
  readonly ties: Ties;
  /** Users that take part. */
  readonly users: keyof typeof takesPart;
  value(lists: RankedLists, list: number, k: number): number;
  readonly weight: 'equal' | 'rows' | 'rowsInTop';
}
/** Harmonic mean of two metrics of the whole part. */
interface OfMeans extends Common {
  readonly kind: 'ofMeans';
  readonly of: readonly [string, string];
}

/** Which users a mean is over. */
export const takesPart = {
  all: () => true,
  'with a positive': (_rows: number, positives: number) => positives > 0,
  'with both classes': (rows: number, positives: number) => positives > 0 && positives < rows,
} as const;

const oneClass = 'all labels are equal';
const equal = { kind: 'perUser', direction: 'higher', ties: 'together', weight: 'equal' } as const;
const standard = { ...equal, users: 'with a positive' } as const;
const auc = { ...equal, users: 'with both classes' } as const;
const thacil = { ...equal, users: 'with both classes', ties: 'byRow', weight: 'rows' } as const;
const alpine = { ...equal, users: 'all', ties: 'byRow' } as const;
const frame = { ...equal, users: 'with a positive', ties: 'byRow' } as const;

const precision: PerUser['value'] = (lists, list, k) => hitsInTop(lists, list, k) / k;
const precisionOfShown: PerUser['value'] = (lists, list, k) =>
  hitsInTop(lists, list, k) / Math.min(k, lists.rows[list]!);
const recall: PerUser['value'] = (lists, list, k) =>
  lists.positives[list] ? hitsInTop(lists, list, k) / lists.positives[list]! : 0;
/** 2PR / (P + R) with P = hits / k and R = hits / positives is 2 hits / (k + positives), also without hits. */
const f1: PerUser['value'] = (lists, list, k) =>
  (2 * hitsInTop(lists, list, k)) / (k + lists.positives[list]!);

/** Every metric and dialect by name; `K` stands for a number. */
export const definitions: Readonly<Record<string, Definition>> = {
  auc: {
    kind: 'pooled',
    direction: 'higher',
    about: 'area under the ROC curve over all rows together; ties count half',
    value: (lists) => pairwiseAuc(lists, 0, 0.5),
    undefinedWhen: oneClass,
  },
  'auc:strict': {
    kind: 'pooled',
    direction: 'higher',
    about: 'auc with ties counted as wrong',
    value: (lists) => pairwiseAuc(lists, 0, 0),
    undefinedWhen: oneClass,
  },
  uauc: {
    ...auc,
    about: 'mean over users of the AUC of their rows',
    value: (lists, list) => pairwiseAuc(lists, list, 0.5),
  },
  'uauc:strict': {
    ...auc,
    about: 'uauc with ties counted as wrong: the equation of the THACIL and ALPINE papers',
    value: (lists, list) => pairwiseAuc(lists, list, 0),
  },
  gauc: {
    ...auc,
    weight: 'rows',
    about: 'mean over users of the AUC of their rows, weighted by the number of rows',
    value: (lists, list) => pairwiseAuc(lists, list, 0.5),
  },
  'gauc:thacil': {
    ...thacil,
    about: "gauc as THACIL's released code: ties rank in the order of the rows",
    value: (lists, list) => pairwiseAuc(lists, list, 0),
  },
  logloss: {
    kind: 'perRow',
    direction: 'lower',
    about: 'mean negative log-likelihood, natural logarithm',
    value: (data) => logLoss(data),
    undefinedWhen: 'some scores are not probabilities (0 to 1)',
  },
  'logloss:frame': {
    kind: 'perRow',
    direction: 'lower',
    about: "logloss as FRAME's released code: 5e-5 is added twice to the prediction",
    value: (data) => logLossOfFrame(data),
    undefinedWhen: 'some scores are not probabilities (0 to 1)',
  },
  'precision@K': { ...standard, about: 'positives among the first K, divided by K', value: precision },
  'precision@K:thacil': {
    ...thacil,
    about: "precision as THACIL's released code: users weighted by rows",
    value: precision,
  },
  'precision@K:alpine': {
    ...alpine,
    about: "precision as ALPINE's released code: divided by min(K, rows), users without a positive count 0",
    value: precisionOfShown,
  },
  'recall@K': { ...standard, about: 'share of the positives that stand among the first K', value: recall },
  'recall@K:thacil': {
    ...thacil,
    about: "recall as THACIL's released code: users weighted by rows",
    value: recall,
  },
  'recall@K:alpine': {
    ...alpine,
    about: "recall as ALPINE's released code: users without a positive count 0",
    value: recall,
  },
  'f1@K': { ...standard, about: 'mean over users of the harmonic mean of precision and recall', value: f1 },
  'f1@K:thacil': { ...thacil, about: "f1 as in THACIL's tables: users weighted by rows", value: f1 },
  'f1@K:alpine': {
    kind: 'ofMeans',
    direction: 'higher',
    about: "f1 as ALPINE's released code: harmonic mean of precision@K:alpine and recall@K:alpine",
    of: ['precision@K:alpine', 'recall@K:alpine'],
  },
  'ndcg@K': {
    ...standard,
    about: 'discounted gain of the first K, divided by that of the best order',
    value: (lists, list, k) => discountedGain(lists, list, k) / idealGain(lists.positives[list]!, k),
  },
  'ndcg@K:thacil': {
    ...thacil,
    weight: 'rowsInTop',
    about: "ndcg as THACIL's released code: the best order of the hits found only, weighted by min(K, rows)",
    value: (lists, list, k) =>
      discountedGain(lists, list, k) / (idealGain(hitsInTop(lists, list, k), k) + 1e-8),
  },
  'ndcg@K:frame': {
    ...frame,
    about: "ndcg as FRAME's released code: discounted gain, not divided by anything, so it can exceed 1",
    value: (lists, list, k) => discountedGain(lists, list, k),
  },
  'map@K': {
    ...standard,
    about:
      'precision at the rank of each positive among the first K, summed and divided by min(K, positives)',
    value: (lists, list, k) => precisionAtHits(lists, list, k) / Math.min(k, lists.positives[list]!),
  },
  'hr@K': { ...standard, about: 'share of users with a positive among the first K', value: hitProbability },
  mrr: { ...standard, about: 'mean over users of 1 / rank of the first positive', value: reciprocalRank },
};

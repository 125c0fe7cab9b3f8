import { gather } from '../base/index.js';
import {
  type CandidateSpec,
  type Candidates,
  candidateName,
  catalogueLists,
  type PreparedData,
  type SplitName,
  sampledLists,
} from '../data/index.js';
import {
  type Measurement,
  type MetricValues,
  measureMetrics,
  measureRanks,
  parseMetric,
  parseRankingMetric,
  type Ranks,
  type ScoredRows,
  type UserValues,
} from '../metrics/index.js';
import type { FittedModel, Model } from '../models/index.js';
import { type Breakdown, type BreakdownKind, breakDown, measuredOf, someRanks } from './breakdown.js';
import { rankCatalogue, type TargetedRanks } from './catalogue.js';
import { rankLists } from './rankLists.js';
import { type ScoreOptions, scoreRows } from './score.js';

export interface EvaluateOptions extends ScoreOptions {
  readonly candidates: Candidates;
  /** What to break the metrics down by. Default: nothing. */
  readonly by?: readonly BreakdownKind[];
}

export interface Evaluation {
  /** By the name that `reportedName` gives them. */
  readonly metrics: MetricValues;
  /** The same metrics of groups. */
  readonly breakdown: Breakdown;
  /** Of the metrics that are means over users, by the same names. */
  readonly perUser: ReadonlyMap<string, UserValues>;
  /** Of logged impressions only: rows of the store and the predicted probability of each. */
  readonly scored: { readonly rows: Int32Array; readonly scores: Float64Array } | null;
}

/**
 * Computes the named metrics of one part of the split.
 *
 * @throws UserError for a metric that the candidates do not define, and for scores that are not numbers
 */
export async function evaluate(
  model: Model | FittedModel,
  data: PreparedData,
  part: SplitName,
  metrics: readonly string[],
  { candidates, contextsPerBatch, onBatch, by = [] }: EvaluateOptions,
): Promise<Evaluation> {
  const rows = data.split[part];
  if (candidates.kind === 'impressions') {
    const scores = await scoreRows(model, data, rows, { contextsPerBatch, ...(onBatch && { onBatch }) });
    const measured = { row: rows, item: gather(data.store.interactions.item, rows) };
    const whole = measureMetrics(metrics, scoredRows(data, rows, scores));
    return {
      metrics: valuesOf(whole),
      perUser: perUserOf(whole),
      breakdown: breakDown(data, measured, by, (places) =>
        metricsOfScores(data, gather(rows, places), gather(scores, places), metrics),
      ),
      scored: { rows, scores },
    };
  }
  checkMetric(candidates, metrics);
  const options = (lists: number) => ({
    contextsPerBatch,
    depth: depthOf(metrics),
    // Progress is counted in rows of the part, whatever the lists are made of.
    onLists: (done: number) => onBatch?.(Math.round((done / lists) * rows.length)),
  });
  const rank = async (): Promise<[anchor: Int32Array, ranks: TargetedRanks]> => {
    if (candidates.kind === 'catalogue') {
      const lists = catalogueLists(data, part);
      return [lists.anchor, await rankCatalogue(model, data, lists, options(lists.user.length))];
    }
    const lists = candidates.kind === 'file' ? candidates.lists[part] : sampledLists(data, part, candidates);
    return [lists.anchor, await rankLists(model, data, lists, options(lists.anchor.length))];
  };
  const [anchor, ranks] = await rank();
  const measure = (some: Ranks): Measurements =>
    Object.fromEntries(
      Object.entries(measureRanks(metrics, some)).map(([name, measured]) => [
        reportedName(candidates, name),
        measured,
      ]),
    );
  const whole = measure(ranks);
  return {
    metrics: valuesOf(whole),
    perUser: perUserOf(whole),
    breakdown: breakDown(data, measuredOf(ranks, anchor), by, (places) =>
      valuesOf(measure(someRanks(ranks, places))),
    ),
    scored: null,
  };
}

/**
 * Under which name a metric is recorded and shown. That of a ranking says what was ranked, because numbers of different
 * candidates must not stand side by side: `catalogue/ndcg@10`, `sampled1000/ndcg@10`, `popularity1000/ndcg@10` (with
 * `-any` where the user's own positives are drawn too), and `given-NAME/ndcg@10` for the lists of NAME.csv.
 */
export function reportedName(candidates: CandidateSpec, metric: string): string {
  switch (candidates.kind) {
    case 'impressions':
      return metric;
    case 'catalogue':
      return `catalogue/${metric}`;
    case 'sampled': {
      const { by, negatives, among } = candidates;
      return `${by === 'uniform' ? 'sampled' : by}${negatives}${among === 'any' ? '-any' : ''}/${metric}`;
    }
    case 'file':
      return `given-${candidateName(candidates.path)}/${metric}`;
  }
}

/** @throws UserError for names that are no metrics, or none that such candidates define */
export function checkMetric({ kind }: CandidateSpec, names: readonly string[]): void {
  for (const name of names) {
    if (kind === 'impressions') parseMetric(name);
    else parseRankingMetric(name);
  }
}

/** The last rank that makes a difference to any of these, if there is one. */
function depthOf(metrics: readonly string[]): number | undefined {
  const depths = metrics.map((name) => parseMetric(name).k);
  return depths.includes(0) ? undefined : Math.max(...depths);
}

/** The named metrics of given scores; serves the simulator's oracle as well as models. */
export function metricsOfScores(
  data: PreparedData,
  rows: Int32Array,
  scores: Float64Array,
  metrics: readonly string[],
): MetricValues {
  return valuesOf(measureMetrics(metrics, scoredRows(data, rows, scores)));
}

function scoredRows({ store, label }: PreparedData, rows: Int32Array, score: Float64Array): ScoredRows {
  return { user: gather(store.interactions.user, rows), label: gather(label, rows), score };
}

type Measurements = Readonly<Record<string, Measurement>>;

function valuesOf(measured: Measurements): MetricValues {
  return Object.fromEntries(
    Object.entries(measured).map(([name, { value }]) => [name, Number.isFinite(value) ? value : null]),
  );
}

function perUserOf(measured: Measurements): ReadonlyMap<string, UserValues> {
  const entries = Object.entries(measured);
  return new Map(
    entries.flatMap(([name, { perUser }]) => (perUser ? [[name, oneEach(perUser)] as const] : [])),
  );
}

/** A user with several lists gets the weighted mean of their values, with the sum of their weights. */
function oneEach({ user, value, weight }: UserValues): UserValues {
  const users = user.filter((one, i) => one !== user[i - 1]);
  if (users.length === user.length) return { user, value, weight };
  const [sum, total] = [new Float64Array(users.length), new Float64Array(users.length)];
  let place = -1;
  user.forEach((one, i) => {
    if (one !== user[i - 1]) place++;
    sum[place]! += value[i]! * weight[i]!;
    total[place]! += weight[i]!;
  });
  return { user: users, value: sum.map((one, i) => one / total[i]!), weight: total };
}

import { UserError } from '../base/index.js';
import { type PerUser, takesPart } from './definitions.js';
import {
  type Grouping,
  groupByUser,
  oneGroup,
  type RankedLists,
  rankedLists,
  type ScoredRows,
  type Ties,
} from './lists.js';
import { type Metric, parseMetric, parseRankingMetric } from './names.js';
import { type FallingOrder, orderByFallingScore } from './order.js';
import { listsOfRanks, type Ranks } from './ranks.js';

/** Value of each metric, or null where the data do not define it (one class only, no user with both). */
export type MetricValues = Readonly<Record<string, number | null>>;

/** A metric on a data set. */
export interface Measurement {
  /** NaN where the data do not define it. */
  readonly value: number;
  /** Why `value` is NaN. */
  readonly undefinedBecause?: string;
  /** What the value is the weighted mean of, for metrics that are means over users. */
  readonly perUser?: UserValues;
}

/** Users that take part, ascending, with value and weight each. */
export interface UserValues {
  readonly user: Int32Array;
  readonly value: Float64Array;
  readonly weight: Float64Array;
}

/**
 * The named metrics of scored rows, by name; NaN where the data do not define one (`measureMetrics` says why).
 *
 * @throws UserError for an unknown name, or scores that are NaN
 * @throws RangeError for arrays of different lengths, a negative user or a label other than 0 and 1
 */
export function evaluateMetrics(names: readonly string[], data: ScoredRows): Record<string, number> {
  const measured = Object.entries(measureMetrics(names, data));
  return Object.fromEntries(measured.map(([name, { value }]) => [name, value]));
}

/** As `evaluateMetrics`, with the value of every user and the reason of every NaN. */
export function measureMetrics(names: readonly string[], data: ScoredRows): Record<string, Measurement> {
  const metrics = names.map(parseMetric);
  checkRows(data);
  const shared = new SharedWork(data);
  return Object.fromEntries(metrics.map((metric) => [metric.name, measure(metric, shared)]));
}

/**
 * The named metrics of candidates whose positives' ranks are known, with the value of every user.
 *
 * @throws UserError for an unknown name, and for one that ranks do not determine
 */
export function measureRanks(names: readonly string[], ranks: Ranks): Record<string, Measurement> {
  const metrics = names.map(parseRankingMetric);
  const lists = listsOfRanks(ranks);
  return Object.fromEntries(
    metrics.map(({ name, k, definition }) => [name, meanOverUsers(definition, k, lists)]),
  );
}

/** What several metrics need is made when the first one asks, and once: the sort, the grouping, the lists. */
class SharedWork {
  private order: FallingOrder | undefined;
  private all: Grouping | undefined;
  private byUser: Grouping | undefined;
  private pool: RankedLists | undefined;
  private readonly users = new Map<Ties, RankedLists>();
  constructor(readonly data: ScoredRows) {}

  pooled(): RankedLists {
    this.pool ??= rankedLists(this.sorted().all, 'together');
    return this.pool;
  }

  perUser(ties: Ties): RankedLists {
    if (!this.byUser) {
      const { order, all } = this.sorted();
      this.byUser = groupByUser(this.data.user, order, all);
    }
    const lists = this.users.get(ties) ?? rankedLists(this.byUser, ties);
    this.users.set(ties, lists);
    return lists;
  }

  private sorted(): { order: FallingOrder; all: Grouping } {
    this.order ??= orderByFallingScore(this.data.score);
    this.all ??= oneGroup(this.order, this.data.label);
    return { order: this.order, all: this.all };
  }
}

function measure({ definition, k }: Metric, shared: SharedWork): Measurement {
  const { data } = shared;
  if (data.score.length === 0) return { value: Number.NaN, undefinedBecause: 'there are no rows' };
  switch (definition.kind) {
    case 'perRow':
      return orUndefined(definition.value(data), definition.undefinedWhen);
    case 'pooled':
      return orUndefined(definition.value(shared.pooled()), definition.undefinedWhen);
    case 'perUser':
      return meanOverUsers(definition, k, shared.perUser(definition.ties));
    case 'ofMeans': {
      const [a, b] = definition.of.map(
        (name) => measure(parseMetric(name.replace('@K', `@${k}`)), shared).value,
      );
      return { value: a! + b! > 0 ? (2 * a! * b!) / (a! + b!) : 0 };
    }
  }
}

function meanOverUsers(definition: PerUser, k: number, lists: RankedLists): Measurement {
  const { rows, positives } = lists;
  const counts = takesPart[definition.users];
  const chosen = lists.user.map((_, list) => list).filter((list) => counts(rows[list]!, positives[list]!));
  const value = new Float64Array(chosen.length);
  const weight = new Float64Array(chosen.length);
  chosen.forEach((list, i) => {
    value[i] = definition.value(lists, list, k);
    weight[i] = weightOf(definition, rows[list]!, k);
  });
  const perUser = { user: chosen.map((list) => lists.user[list]!), value, weight };
  const total = weight.reduce((sum, w) => sum + w, 0);
  const mean = value.reduce((sum, v, i) => sum + v * weight[i]!, 0) / total;
  return { ...orUndefined(mean, `no user ${definition.users}`), perUser };
}

function weightOf({ weight }: PerUser, rows: number, k: number): number {
  switch (weight) {
    case 'equal':
      return 1;
    case 'rows':
      return rows;
    case 'rowsInTop':
      return Math.min(k, rows);
  }
}

function orUndefined(value: number, because: string): Measurement {
  return Number.isNaN(value) ? { value, undefinedBecause: because } : { value };
}

function checkRows({ user, label, score }: ScoredRows): void {
  if (user.length !== score.length || label.length !== score.length) {
    throw new RangeError(`${user.length} users, ${label.length} labels, ${score.length} scores`);
  }
  let notNumbers = 0;
  for (let row = 0; row < score.length; row++) {
    if (Number.isNaN(score[row]!)) notNumbers++;
    if (label[row] !== 0 && label[row] !== 1) throw new RangeError(`label ${label[row]} in row ${row}`);
    if (user[row]! < 0) throw new RangeError(`user ${user[row]} in row ${row}`);
  }
  if (notNumbers > 0) {
    throw new UserError(
      `${notNumbers} of ${score.length} scores are NaN`,
      'The model has diverged or a feature is NaN: lower the learning rate, check the data with `mvrec data inspect`.',
    );
  }
}

import { gather, range } from '../base/index.js';
import type { PreparedData } from '../data/index.js';
import type { MetricValues, Ranks } from '../metrics/index.js';
import type { TargetedRanks } from './catalogue.js';

/** What an evaluation can be broken down by. */
export const breakdownKinds = ['item', 'history'] as const;
export type BreakdownKind = (typeof breakdownKinds)[number];

/** Metrics of a part of what was evaluated. */
export interface BreakdownGroup {
  /**
   * By item: `warm` (it has a row in the train part) or `cold`. By history: how many positive events the user has before
   * the row, as far as causal histories may show them and however many of them the model reads: `0`, `1-5` and so on.
   */
  readonly group: string;
  /** Logged rows; of a ranking, items to be found. */
  readonly rows: number;
  /** Distinct users of these. */
  readonly users: number;
  readonly metrics: MetricValues;
}

export type Breakdown = Readonly<Partial<Record<BreakdownKind, readonly BreakdownGroup[]>>>;

/** Longest history of each group; the last has no end. */
const HISTORY_ENDS = [0, 5, 20, 100] as const;
const groupNames: Readonly<Record<BreakdownKind, readonly string[]>> = {
  item: ['warm', 'cold'],
  history: ['0', '1-5', '6-20', '21-100', '>100'],
};

/** Index of the group that a row of the store with a candidate belongs to. */
function groupOf(
  { histories: historiesOf, store, warmItems }: PreparedData,
  by: BreakdownKind,
): (row: number, item: number) => number {
  if (by === 'item') return (_, item) => 1 - warmItems[item]!;
  const { offsets, causalEnd, windowStart } = historiesOf('positive');
  const { user } = store.interactions;
  return (row) => {
    const length = causalEnd[row]! - (windowStart?.[row] ?? offsets[user[row]!]!);
    const group = HISTORY_ENDS.findIndex((end) => length <= end);
    return group < 0 ? HISTORY_ENDS.length : group;
  };
}

/** What metrics are means over: logged rows, or items to be found at the moment of a row. Columns of equal length. */
export interface Measured {
  /** Of the store. */
  readonly row: Int32Array;
  readonly item: Int32Array;
}

/**
 * Metrics of the groups of each kind.
 *
 * @param measure metrics of what stands at some places, ascending
 */
export function breakDown(
  data: PreparedData,
  { row, item }: Measured,
  kinds: readonly BreakdownKind[],
  measure: (places: Int32Array) => MetricValues,
): Breakdown {
  const { user } = data.store.interactions;
  const entries = kinds.map((by): [BreakdownKind, readonly BreakdownGroup[]] => {
    const find = groupOf(data, by);
    const group = row.map((one, place) => find(one, item[place]!));
    const all = range(0, row.length);
    const groups = groupNames[by].map((name, number) => {
      const places = all.filter((place) => group[place] === number);
      const users = new Set(gather(user, gather(row, places))).size;
      return { group: name, rows: places.length, users, metrics: measure(places) };
    });
    return [by, groups];
  });
  return Object.fromEntries(entries);
}

/** The items to be found of a ranking. @param anchor row of each list */
export function measuredOf({ item, offsets }: TargetedRanks, anchor: Int32Array): Measured {
  const row = new Int32Array(item.length);
  anchor.forEach((one, list) => {
    row.fill(one, offsets[list]!, offsets[list + 1]!);
  });
  return { row, item };
}

/**
 * The same lists with only some of what was to be found; the others remain candidates that are not wanted. Lists with none
 * are gone.
 *
 * @param places of positives, ascending
 */
export function someRanks({ user, candidates, offsets, above, tied }: Ranks, places: Int32Array): Ranks {
  const lists: number[] = [];
  const ends: number[] = [];
  for (let list = 0, at = 0; at < places.length; list++) {
    const start = at;
    while (at < places.length && places[at]! < offsets[list + 1]!) at++;
    if (at === start) continue;
    lists.push(list);
    ends.push(at);
  }
  const kept = Int32Array.from(lists);
  return {
    user: gather(user, kept),
    candidates: gather(candidates, kept),
    offsets: Int32Array.from([0, ...ends]),
    above: gather(above, places),
    tied: gather(tied, places),
  };
}

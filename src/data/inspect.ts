import { filterStore } from './filter/index.js';
import { countRepeats } from './order.js';
import { type PrepareSpec, prepare } from './prepare.js';
import { mapValues } from './records.js';
import { EmptyPartError } from './split/index.js';
import type { Filtered, SplitName, Store } from './types.js';

/** A list of counts in a few numbers; the histogram's buckets are 0, 1, 2-3, 4-7, 8-15, ... */
export interface Distribution {
  readonly mean: number;
  readonly median: number;
  readonly max: number;
  readonly histogram: readonly number[];
}

/** What a log looks like. */
export interface Inspection {
  readonly name: string;
  readonly fingerprint: string;
  readonly caveat: string | null;
  /** What a filter dropped before anything was counted; null without one. */
  readonly filtered: Filtered | null;
  readonly users: number;
  readonly items: number;
  readonly rows: number;
  /** Share of the (user, item) matrix that has no row. */
  readonly sparsity: number;
  /** Rows that repeat a (user, item) pair. */
  readonly repeatedPairs: number;
  /** In the source's unit. */
  readonly time: { readonly first: number; readonly last: number };
  readonly columns: Readonly<
    Record<string, { readonly mean: number; readonly min: number; readonly max: number }>
  >;
  readonly features: {
    readonly users: Readonly<Record<string, string>>;
    readonly items: Readonly<Record<string, string>>;
  };
  readonly rowsPerUser: Distribution;
  readonly rowsPerItem: Distribution;
  /** With regard to one label; null when the log has no such column. */
  readonly label: LabelInspection | null;
}

export interface LabelInspection {
  readonly name: string;
  readonly rate: number;
  /** Events in the history of a user's last row, all earlier ones counted. */
  readonly historyLength: Distribution;
  /** Users whose rows all have the same label: a per-user AUC is not defined for them. */
  readonly oneClassUsers: number;
  /** Rows of each part of the given split, and the share whose item has no train row; null when it leaves a part empty. */
  readonly split: Readonly<Record<SplitName, { readonly rows: number; readonly coldRows: number }>> | null;
}

/**
 * Statistics of a store, or of what a filter leaves of it.
 *
 * @throws UserError when the label is not 0 or 1, or the filter leaves nothing
 */
export function inspect(source: Store, { filter, ...spec }: PrepareSpec): Inspection {
  const { store, filtered } = filterStore(source, filter, spec.label);
  const { interactions, userIds, itemIds } = store;
  const { rows, columns, time, userOffsets } = interactions;
  const perItem = new Int32Array(itemIds.length);
  for (const item of interactions.item) perItem[item]!++;
  const repeatedPairs = countRepeats(interactions, itemIds.length);
  return {
    name: store.name,
    fingerprint: store.fingerprint,
    caveat: store.caveat,
    filtered,
    users: userIds.length,
    items: itemIds.length,
    rows,
    sparsity: 1 - (rows - repeatedPairs) / (userIds.length * itemIds.length),
    repeatedPairs,
    time: range(time),
    columns: mapValues(columns, (values) => {
      const { first: min, last: max } = range(values);
      return { mean: mean(values), min, max };
    }),
    features: { users: describeFeatures(store, 'users'), items: describeFeatures(store, 'items') },
    rowsPerUser: distribution(Int32Array.from(userIds, (_, u) => userOffsets[u + 1]! - userOffsets[u]!)),
    rowsPerItem: distribution(perItem),
    label: Object.hasOwn(columns, spec.label) ? inspectLabel(store, spec) : null,
  };
}

function inspectLabel(store: Store, spec: PrepareSpec): LabelInspection {
  const { userOffsets, columns } = store.interactions;
  const label = columns[spec.label]!;
  const positives = new Int32Array(store.userIds.length);
  let oneClassUsers = 0;
  for (let u = 0; u < positives.length; u++) {
    for (let row = userOffsets[u]!; row < userOffsets[u + 1]!; row++) if (label[row]! > 0) positives[u]!++;
    if (positives[u] === 0 || positives[u] === userOffsets[u + 1]! - userOffsets[u]!) oneClassUsers++;
  }
  return {
    name: spec.label,
    rate: mean(label),
    historyLength: distribution(positives),
    oneClassUsers,
    split: inspectSplit(store, spec),
  };
}

function inspectSplit(store: Store, spec: PrepareSpec): LabelInspection['split'] {
  try {
    const { split, warmItems } = prepare(store, spec);
    return mapValues(split, (rows) => {
      let coldRows = 0;
      for (const row of rows) if (!warmItems[store.interactions.item[row]!]) coldRows++;
      return { rows: rows.length, coldRows: coldRows / rows.length };
    });
  } catch (error) {
    if (error instanceof EmptyPartError) return null;
    throw error;
  }
}

function describeFeatures(
  { userIds, itemIds, ...store }: Store,
  room: 'users' | 'items',
): Record<string, string> {
  const { categories, vectors } = store[room];
  const count = (room === 'users' ? userIds : itemIds).length;
  return {
    ...mapValues(categories, ({ values, cardinality }) => {
      let known = 0;
      for (const value of values) if (value >= 0) known++;
      return `${cardinality} categories, known for ${known} of ${count}`;
    }),
    ...mapValues(vectors, ({ width }) => `vector of ${width}`),
  };
}

function distribution(counts: Int32Array): Distribution {
  const sorted = counts.slice().sort();
  const middle = sorted.length / 2;
  const histogram: number[] = [];
  for (const count of counts) {
    const bucket = count === 0 ? 0 : 32 - Math.clz32(count);
    while (histogram.length <= bucket) histogram.push(0);
    histogram[bucket]!++;
  }
  return {
    mean: mean(counts),
    median: (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2,
    max: sorted.at(-1)!,
    histogram,
  };
}

function mean(values: Float32Array | Int32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function range(values: Float32Array | Float64Array): { first: number; last: number } {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < first) first = value;
    if (value > last) last = value;
  }
  return { first, last };
}

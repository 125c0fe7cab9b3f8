import { type Distribution, distribution, type NumberSummary, summary } from './distribution.js';
import { countRepeats } from './order.js';
import { type PrepareSpec, prepare } from './prepare.js';
import { mapValues } from './records.js';
import { EmptyPartError, type Split } from './split/index.js';
import { type Interactions, partNames, type SourceHistory, type SplitName, type Store } from './types.js';

/** What a log looks like. */
export interface Inspection {
  readonly name: string;
  readonly fingerprint: string;
  readonly caveat: string | null;
  readonly users: number;
  readonly items: number;
  readonly rows: number;
  /** Share of the (user, item) matrix that has no row. */
  readonly sparsity: number;
  /** Rows that repeat a (user, item) pair. */
  readonly repeatedPairs: number;
  /** In the source's unit. */
  readonly time: { readonly first: number; readonly last: number };
  readonly columns: Readonly<Record<string, NumberSummary>>;
  readonly features: {
    readonly users: Readonly<Record<string, string>>;
    readonly items: Readonly<Record<string, string>>;
  };
  readonly rowsPerUser: Distribution;
  readonly rowsPerItem: Distribution;
  /** Parts of the split that came with the log; null where none did. Parts without rows are left out. */
  readonly published: Parts | null;
  /** Histories that came with the log. */
  readonly histories: Readonly<Record<string, HistoryInspection>>;
  /** With regard to one label; null when the log has no such column. */
  readonly label: LabelInspection | null;
}

export type Parts = Readonly<Partial<Record<SplitName, PartInspection>>>;

/** Rows of a part of a split. */
export interface PartInspection {
  readonly rows: number;
  readonly users: number;
  readonly items: number;
  /** Share of the rows whose item has no train row. */
  readonly coldRows: number;
  /** Items of the part without a train row. */
  readonly coldItems: number;
  /** Mean of the label; null without one. */
  readonly rate: number | null;
}

export interface HistoryInspection {
  /** Over the rows. */
  readonly length: Distribution;
  /** Share of the rows whose history is empty. */
  readonly empty: number;
}

export interface LabelInspection {
  readonly name: string;
  readonly rate: number;
  /** Events in the history of a user's last row, all earlier ones counted. */
  readonly historyLength: Distribution;
  /** Users whose rows all have the same label: a per-user AUC is not defined for them. */
  readonly oneClassUsers: number;
  /** Of them those without a positive row. */
  readonly neverPositiveUsers: number;
  /** Parts of the given split; null when it leaves one empty. */
  readonly split: Parts | null;
}

/**
 * Statistics of a store. Time and memory are those of a few passes over the columns.
 *
 * @throws UserError when the label is not 0 or 1
 */
export function inspect(store: Store, spec: PrepareSpec): Inspection {
  const { interactions, userIds, itemIds } = store;
  const { rows, columns, part } = interactions;
  const repeatedPairs = countRepeats(interactions, itemIds.length);
  const { min: first, max: last } = summary(interactions.time);
  const label = Object.hasOwn(columns, spec.label) ? columns[spec.label]! : null;
  return {
    name: store.name,
    fingerprint: store.fingerprint,
    caveat: store.caveat,
    users: userIds.length,
    items: itemIds.length,
    rows,
    sparsity: 1 - (rows - repeatedPairs) / (userIds.length * itemIds.length),
    repeatedPairs,
    time: { first, last },
    columns: mapValues(columns, summary),
    features: { users: describeFeatures(store, 'users'), items: describeFeatures(store, 'items') },
    rowsPerUser: distribution(rowsPerUser(interactions)),
    rowsPerItem: distribution(rowsPerItem(interactions, itemIds.length)),
    published: part ? inspectParts(store, rowsOfParts(part), label) : null,
    histories: mapValues(store.histories, inspectHistory),
    label: label && inspectLabel(store, spec, label),
  };
}

function rowsPerUser({ userOffsets }: Interactions): Int32Array {
  const counts = new Int32Array(userOffsets.length - 1);
  for (let user = 0; user < counts.length; user++) counts[user] = userOffsets[user + 1]! - userOffsets[user]!;
  return counts;
}

function rowsPerItem({ item }: Interactions, items: number): Int32Array {
  const counts = new Int32Array(items);
  for (let row = 0; row < item.length; row++) counts[item[row]!]!++;
  return counts;
}

function inspectHistory({ start, end }: SourceHistory): HistoryInspection {
  const lengths = new Int32Array(start.length);
  let empty = 0;
  for (let row = 0; row < lengths.length; row++) {
    lengths[row] = end[row]! - start[row]!;
    if (lengths[row] === 0) empty++;
  }
  return { length: distribution(lengths), empty: empty / lengths.length };
}

function inspectLabel(store: Store, spec: PrepareSpec, label: Float32Array): LabelInspection {
  const { userOffsets } = store.interactions;
  const positives = new Int32Array(store.userIds.length);
  let [always, never, all] = [0, 0, 0];
  for (let user = 0; user < positives.length; user++) {
    const [start, end] = [userOffsets[user]!, userOffsets[user + 1]!];
    let count = 0;
    for (let row = start; row < end; row++) if (label[row]! > 0) count++;
    positives[user] = count;
    all += count;
    if (count === 0) never++;
    else if (count === end - start) always++;
  }
  return {
    name: spec.label,
    rate: all / label.length,
    historyLength: distribution(positives),
    oneClassUsers: always + never,
    neverPositiveUsers: never,
    split: inspectSplit(store, spec, label),
  };
}

function inspectSplit(store: Store, spec: PrepareSpec, label: Float32Array): Parts | null {
  try {
    return inspectParts(store, prepare(store, spec).split, label);
  } catch (error) {
    if (error instanceof EmptyPartError) return null;
    throw error;
  }
}

/** Row numbers of each part, ascending. */
function rowsOfParts(part: Uint8Array): Split {
  const sizes = partNames.map(() => 0);
  for (let row = 0; row < part.length; row++) sizes[part[row]!]!++;
  const rows = sizes.map((size) => new Int32Array(size));
  sizes.fill(0);
  for (let row = 0; row < part.length; row++) {
    const p = part[row]!;
    rows[p]![sizes[p]!++] = row;
  }
  return { train: rows[0]!, validation: rows[1]!, test: rows[2]! };
}

function inspectParts(
  { interactions, itemIds, userIds }: Store,
  split: Split,
  label: Float32Array | null,
): Parts {
  const { item, user } = interactions;
  const warm = new Uint8Array(itemIds.length);
  for (let i = 0; i < split.train.length; i++) warm[item[split.train[i]!]!] = 1;
  const parts: Partial<Record<SplitName, PartInspection>> = {};
  for (const name of partNames) {
    const rows = split[name];
    if (rows.length === 0) continue;
    const seenUsers = new Uint8Array(userIds.length);
    const seenItems = new Uint8Array(itemIds.length);
    let [coldRows, positive] = [0, 0];
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      seenUsers[user[row]!] = 1;
      seenItems[item[row]!] = 1;
      if (!warm[item[row]!]) coldRows++;
      if (label) positive += label[row]!;
    }
    let coldItems = 0;
    for (let i = 0; i < seenItems.length; i++) if (seenItems[i] && !warm[i]) coldItems++;
    parts[name] = {
      rows: rows.length,
      users: countOnes(seenUsers),
      items: countOnes(seenItems),
      coldRows: coldRows / rows.length,
      coldItems,
      rate: label && positive / rows.length,
    };
  }
  return parts;
}

function countOnes(flags: Uint8Array): number {
  let ones = 0;
  for (let i = 0; i < flags.length; i++) ones += flags[i]!;
  return ones;
}

function describeFeatures(
  { userIds, itemIds, ...store }: Store,
  room: 'users' | 'items',
): Record<string, string> {
  const { categories, tags, texts, vectors } = store[room];
  const count = (room === 'users' ? userIds : itemIds).length;
  return {
    ...mapValues(categories, ({ values, cardinality }) => {
      let known = 0;
      for (let i = 0; i < values.length; i++) if (values[i]! >= 0) known++;
      return `${text(cardinality)} ${cardinality === 1 ? 'category' : 'categories'}, known for ${text(known)} of ${text(count)}`;
    }),
    ...mapValues(tags, ({ offsets, values, cardinality }) => {
      let known = 0;
      for (let i = 0; i < count; i++) if (offsets[i + 1]! > offsets[i]!) known++;
      const mean = known === 0 ? 0 : values.length / known;
      return `${text(cardinality)} ${cardinality === 1 ? 'tag' : 'tags'}, known for ${text(known)} of ${text(count)}, ${mean.toFixed(1)} each`;
    }),
    ...mapValues(texts, (all) => {
      const known = all.reduce((sum, one) => (one === '' ? sum : sum + 1), 0);
      return `texts, known for ${text(known)} of ${text(count)}`;
    }),
    ...mapValues(vectors, ({ width, clips }) =>
      clips === undefined ? `vector of ${width}` : `${clips} clips, each a vector of ${width / clips}`,
    ),
  };
}

const text = (n: number): string => n.toLocaleString('en');

import {
  type Batch,
  type CategoryFeature,
  type ContextHistory,
  HeldVectors,
  type HistorySpec,
  type PreparedData,
} from '../../src/data/index.js';

/** A prepared data set with features but hardly a log: every user and item has one train row unless `train` says otherwise. */
export function preparedOf(spec: {
  readonly users: number;
  readonly items: number;
  readonly vectors?: Readonly<Record<string, { readonly data: Float32Array; readonly width: number }>>;
  readonly categories?: Readonly<Record<string, CategoryFeature>>;
  /** Train rows [user, item, label]. */
  readonly train?: readonly (readonly [number, number, number])[];
}): PreparedData {
  const { users, items, categories = {} } = spec;
  const vectors = Object.fromEntries(
    Object.entries(spec.vectors ?? {}).map(([name, { data, width }]) => [name, new HeldVectors(data, width)]),
  );
  const train =
    spec.train ??
    Array.from({ length: Math.max(users, items) }, (_, i) => [i % users, i % items, i % 2] as const);
  const sorted = [...train].sort((a, b) => a[0] - b[0]);
  const rows = sorted.length;
  const warmItems = new Uint8Array(items);
  for (const [, item] of sorted) warmItems[item] = 1;
  const userOffsets = Int32Array.from(
    { length: users + 1 },
    (_, u) => sorted.filter(([user]) => user < u).length,
  );
  const empty = { offsets: new Int32Array(users + 1), item: new Int32Array() };
  return {
    store: {
      name: 'made by hand',
      fingerprint: 'none',
      caveat: null,
      userIds: Array.from({ length: users }, (_, u) => `u${u}`),
      itemIds: Array.from({ length: items }, (_, i) => `i${i}`),
      interactions: {
        rows,
        userOffsets,
        user: Int32Array.from(sorted, ([user]) => user),
        item: Int32Array.from(sorted, ([, item]) => item),
        time: Float64Array.from({ length: rows }, (_, i) => i),
        columns: {},
      },
      items: { categories, tags: {}, texts: {}, vectors },
      users: { categories: {}, tags: {}, texts: {}, vectors: {} },
      histories: {},
      truth: {},
    },
    label: Float32Array.from(sorted, ([, , label]) => label),
    split: {
      train: Int32Array.from({ length: rows }, (_, i) => i),
      validation: new Int32Array(),
      test: new Int32Array(),
    },
    histories: () => ({
      ...empty,
      causalEnd: new Int32Array(rows),
      trainOffsets: empty.offsets,
      trainItem: empty.item,
    }),
    warmItems,
  };
}

/**
 * One context of a batch: the user, the items of the first history and of others (oldest first), and the candidates
 * with labels.
 */
export interface ContextSpec {
  readonly user: number;
  readonly history: readonly number[];
  readonly others?: readonly (readonly number[])[];
  /** Places in fields of the row, as many for each context. Default: none. */
  readonly places?: readonly number[];
  readonly candidates: readonly (readonly [item: number, label: number])[];
}

/**
 * A batch with the given contexts, laid out as `src/data/types.ts` describes. `width`: length n of each history. `shared`:
 * contexts of one user whose histories begin another's have its sequence.
 */
export function batchOf(
  contexts: readonly ContextSpec[],
  width: number | readonly number[],
  prefixes: HistorySpec['prefixes'] = 'separate',
): Batch {
  const widths = typeof width === 'number' ? [width] : width;
  const listsOf = (h: number): Owned[] =>
    contexts.map(({ user, history, others = [] }) => ({ user, list: h === 0 ? history : others[h - 1]! }));
  const items = [
    ...new Set([
      ...contexts.flatMap(({ candidates }) => candidates.map(([item]) => item)),
      ...widths.flatMap((_, h) => listsOf(h).flatMap(({ list }) => list)),
    ]),
  ];
  const position = new Map(items.map((item, at) => [item, at]));
  const pairs = contexts.flatMap(({ candidates }, c) =>
    candidates.map(([item, label]) => ({ c, item, label })),
  );
  return {
    items: Int32Array.from(items),
    contexts: {
      count: contexts.length,
      user: Int32Array.from(contexts, ({ user }) => user),
      places: (contexts[0]?.places ?? []).map((_, f) =>
        Int32Array.from(contexts, ({ places }) => places![f]!),
      ),
    },
    histories: widths.map((n, h) => historyOf(listsOf(h), n, position, prefixes)),
    pairs: {
      count: pairs.length,
      context: Int32Array.from(pairs, ({ c }) => c),
      item: Int32Array.from(pairs, ({ item }) => position.get(item)!),
      label: Float32Array.from(pairs, ({ label }) => label),
      row: new Int32Array(pairs.length).fill(-1),
    },
  };
}

interface Owned {
  readonly user: number;
  readonly list: readonly number[];
}

function historyOf(
  contexts: readonly Owned[],
  width: number,
  position: ReadonlyMap<number, number>,
  prefixes: HistorySpec['prefixes'],
): ContextHistory {
  const sequences = prefixes === 'shared' ? longestOf(contexts) : contexts;
  const item = new Int32Array(sequences.length * width).fill(position.size);
  sequences.forEach(({ list }, s) => {
    list.forEach((at, t) => {
      item[s * width + t] = position.get(at)!;
    });
  });
  return {
    sequences: {
      count: sequences.length,
      width,
      item,
      length: Int32Array.from(sequences, ({ list }) => list.length),
    },
    sequence: Int32Array.from(contexts, (context, c) =>
      prefixes === 'shared' ? sequences.findIndex((sequence) => isPrefix(context, sequence)) : c,
    ),
    length: Int32Array.from(contexts, ({ list }) => list.length),
  };
}

function isPrefix(context: Owned, of: Owned): boolean {
  return context.user === of.user && context.list.every((item, t) => of.list[t] === item);
}

/** The contexts that are not the beginning of a longer one, nor of an equal one before them. */
function longestOf(contexts: readonly Owned[]): Owned[] {
  return contexts.filter(
    (context, c) =>
      !contexts.some(
        (other, o) =>
          o !== c && isPrefix(context, other) && (other.list.length > context.list.length ? true : o < c),
      ),
  );
}

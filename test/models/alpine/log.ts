import { HeldVectors, type PreparedData, prepare, type Store } from '../../../src/data/index.js';
import { storeOf } from '../../data/fixture.js';
import { wave } from '../../support/gradients.js';

/** A row of a made-up log. */
export type Seen = readonly [
  user: number,
  item: number,
  time: number,
  click: number,
  like: number,
  follow: number,
];

export const items = 15;

/** A store of rows in (user, time) order with likes, follows, a vector (3 wide) and a category an item. */
export function levelStore(rows: readonly Seen[]): Store {
  const store = storeOf(
    rows.map(([user, item, time, click]) => [user, item, time, click] as const),
    items,
  );
  const { interactions } = store;
  const columns = {
    ...interactions.columns,
    is_like: Float32Array.from(rows, (row) => row[4]),
    is_follow: Float32Array.from(rows, (row) => row[5]),
  };
  const features = {
    tags: {},
    texts: {},
    vectors: { cover: new HeldVectors(wave([items, 3], 1), 3), hue: new HeldVectors(wave([items, 2], 7), 2) },
    categories: {
      category: { values: Int32Array.from({ length: items }, (_, i) => (i * 7) % 4), cardinality: 4 },
    },
  };
  return { ...store, items: features, interactions: { ...interactions, columns } };
}

/** The last four rows in time are left to validation and test. */
export function levelData(rows: readonly Seen[]): PreparedData {
  const count = rows.length;
  const split = { kind: 'time', scope: 'global', train: (count - 4) / count, validation: 2 / count } as const;
  return prepare(levelStore(rows), { label: 'is_click', split });
}

/** Three users with some likes and follows, and one without any. */
export const rows: readonly Seen[] = Array.from(
  { length: 48 },
  (_, i): Seen => [
    i % 4,
    (i * 5 + (i >> 3)) % items,
    i,
    i % 3 === 0 ? 1 : 0,
    i % 4 < 3 && i % 5 < 2 ? 1 : 0,
    i % 4 < 2 && i % 7 < 2 ? 1 : 0,
  ],
).sort((a, b) => a[0] - b[0]);

export const tiny = { hidden: 5, historyLength: 6 };

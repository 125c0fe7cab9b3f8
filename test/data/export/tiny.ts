import type { Exported, Origin } from '../../../src/data/export/types.js';
import { HeldVectors, ofExperiment, prepare, type Store } from '../../../src/data/index.js';
import { offsetsOf } from '../../../src/data/store.js';

const user = Int32Array.of(0, 0, 0, 0, 1, 1, 1);

/** A log of two users and three items with one feature of each kind, to work out by hand. */
export const tiny: Store = {
  name: 'tiny',
  fingerprint: 'f'.repeat(64),
  caveat: 'made up',
  userIds: ['1', 'b'],
  itemIds: ['10', '20', 'x'],
  interactions: {
    rows: 7,
    userOffsets: offsetsOf(user, 2),
    user,
    item: Int32Array.of(0, 1, 2, 0, 1, 2, 0),
    time: Float64Array.of(1.5, 2, 2.5, 1_700_000_000_123, 1, 2, 10.000000000000002),
    columns: {
      is_click: Float32Array.of(1, 0, 1, 0, 1, 0, 1),
      watched: Float32Array.of(0.1, 3, 1e-45, 3.4028234663852886e38, -0, 1 / 3, 16_777_217),
    },
    part: Uint8Array.of(0, 0, 1, 2, 0, 1, 2),
  },
  users: {
    categories: { city: { values: Int32Array.of(1, 0), cardinality: 2 } },
    tags: {},
    texts: {},
    vectors: {},
  },
  items: {
    categories: { genre: { values: Int32Array.of(1, -1, 0), cardinality: 2 } },
    tags: {
      topic: { offsets: Int32Array.of(0, 2, 2, 3), values: Int32Array.of(1, 0, 1), cardinality: 2 },
    },
    texts: { title: ['Rain, "then"\n\tsun 😀', '', 'two  words'] },
    vectors: { cover: new HeldVectors(Float32Array.of(0.1, -2, 1e-7, 0, 5.5, 1e9), 2) },
  },
  histories: {
    seen: {
      item: Int32Array.of(2, 1, 0, 0),
      start: Int32Array.of(0, 0, 0, 0, 3, 3, 3),
      end: Int32Array.of(0, 1, 2, 3, 3, 3, 4),
    },
  },
  truth: {},
};

export const origin: Origin = { title: 'A tiny log', licence: 'CC0', citation: null };

/**
 * The tiny log as an experiment. Of the first user's four rows the train part is floor(0.8 * 4) = 3, its last row
 * validation; of the other's three rows it is 2, the last of them validation: the parts that the log itself has.
 */
export function tinyExperiment(historyLength: number | null, positives = false): Exported {
  const prepared = prepare(tiny, {
    label: 'is_click',
    split: { kind: 'time', scope: 'user', train: 0.8, validation: 0.1 },
  });
  return ofExperiment(prepared, { label: 'is_click', historyLength, positives, origin });
}

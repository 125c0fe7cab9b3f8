import { expect, it } from '@jest/globals';
import { type Batch, type EpochSpec, planEpoch, prepare, scoreBatches } from '../../src/data/index.js';
import { type Row, storeOf } from '../data/fixture.js';

/** Arrays of a batch are uploaded, and TensorFlow may go on reading them: no batch may share one with another. */

const rows = Array.from({ length: 60 }, (_, i): Row => [Math.floor(i / 10), i % 7, i, i % 2]);
const split = { kind: 'time', scope: 'user', train: 0.8, validation: 0.1 } as const;
const data = prepare(storeOf(rows, 7), { label: 'is_click', split });
const history = { length: 4, sample: 'recent', target: 'causal', prefixes: 'shared' } as const;
const spec: Omit<EpochSpec, 'batching'> = {
  histories: [history],
  batchSize: 8,
  pairsPerUser: 4,
  negatives: { kind: 'logged', ratio: 'all' },
  pairing: 'pointwise',
  lastBatch: 'keep',
  seed: 1,
  epoch: 0,
};

/** The memory behind every array of a batch. */
const buffers = ({ items, histories, contexts, pairs }: Batch): ArrayBufferLike[] =>
  [
    items,
    ...histories.flatMap(({ sequences, ...of }) => [...Object.values(sequences), ...Object.values(of)]),
    ...Object.values(contexts),
    ...Object.values(pairs),
  ].flatMap((value) => (ArrayBuffer.isView(value) && value.byteLength > 0 ? [value.buffer] : []));

it.each(['shuffled', 'byUser'] as const)('no two training batches share memory: %s', (batching) => {
  const plan = planEpoch(data, { ...spec, batching });
  const all = [...Array(plan.steps).keys(), 0].flatMap((step) => buffers(plan.batch(step)));
  expect(all.length).toBeGreaterThan(5 * plan.steps);
  expect(new Set(all).size).toBe(all.length);
});

it('nor do two batches to be scored', () => {
  const batches = [...scoreBatches(data, data.split.train, { histories: [history], contextsPerBatch: 2 })];
  const all = batches.flatMap(buffers);
  expect(batches.length).toBeGreaterThan(1);
  expect(new Set(all).size).toBe(all.length);
});

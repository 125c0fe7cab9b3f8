import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type Batch, type HistorySpec, prepare } from '../../src/data/index.js';
import { ParameterSet } from '../../src/engine/index.js';
import { scoreRows } from '../../src/evaluation/index.js';
import type { Model } from '../../src/models/index.js';
import { storeOf } from '../data/fixture.js';
import { useEngine } from '../support/engines.js';

const data = prepare(
  storeOf(
    Array.from({ length: 60 }, (_, i) => [Math.floor(i / 10), i % 7, i % 10, i % 2] as const),
    7,
  ),
  { label: 'is_click', split: { kind: 'time', scope: 'user', train: 0.5, validation: 0.4 } },
);
const { validation, test } = data.split;

/** Its logit is the label and a hundredth of the history's length. Keeps the batches that it is given. */
function modelOf(history: HistorySpec): { model: Model; batches: Batch[] } {
  const batches: Batch[] = [];
  const model = {
    parameters: new ParameterSet(1),
    histories: [history],
    encodeItems: () => ({}),
    encodeContexts: (batch: Batch) => {
      batches.push(batch);
      return { length: batch.histories[0]!.length };
    },
    logits: ({ length }: { length: Int32Array }, _: unknown, { label, context }: Batch['pairs']) =>
      tf.tensor1d(Float32Array.from(label, (y, p) => y + length[context[p]!]! / 100)),
  };
  return { model: model as unknown as Model, batches };
}

const recent: HistorySpec = { length: 5, sample: 'recent', target: 'causal', prefixes: 'separate' };

/** The same from the rows of the log: a user's odd rows are clicks, and those before the row are its history. */
const expected = (rows: Int32Array, length: number): number[] =>
  Array.from(rows, (row) => (row % 2) + Math.min(length, Math.floor((row % 10) / 2)) / 100);

const logits = (scores: Float64Array): number[] => Array.from(scores, (p) => Math.log(p / (1 - p)));

function expectValues(found: readonly number[], values: readonly number[]): void {
  expect(found).toHaveLength(values.length);
  for (const [i, value] of values.entries()) expect(found[i]).toBeCloseTo(value, 6);
}

describe('scores of rows', () => {
  beforeAll(() => useEngine('cpu'));

  it('are those of the rows that are asked for, whatever was asked for before', async () => {
    const { model } = modelOf(recent);
    for (const [rows, contextsPerBatch] of [
      [validation, 4],
      [validation, 4],
      [test, 4],
      [test, 3],
      [validation, 4],
    ] as const) {
      const found = logits(await scoreRows(model, data, rows, { contextsPerBatch }));
      expectValues(found, expected(rows, 5));
    }
  });

  it('take the batches of the last time, if these are small', async () => {
    const shown = async (history: HistorySpec) => {
      const { model, batches } = modelOf(history);
      for (let evaluation = 0; evaluation < 2; evaluation++) {
        const found = logits(await scoreRows(model, data, test, { contextsPerBatch: 4 }));
        expectValues(found, expected(test, history.length));
      }
      const half = batches.length / 2;
      expect(half).toBe(5); // 6 users with three histories each, that of the first two, three and four clicks
      return batches.slice(half).map((batch, b) => batch === batches[b]);
    };
    expect(await shown(recent)).toEqual(Array(5).fill(true));
    expect(await shown({ ...recent, length: 1_000_000 })).toEqual(Array(5).fill(false)); // 72 MB
  });
});

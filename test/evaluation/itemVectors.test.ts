import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { randomStream } from '../../src/base/index.js';
import { HeldVectors, prepare } from '../../src/data/index.js';
import { evaluate, scoreRows } from '../../src/evaluation/index.js';
import { ItemVectors } from '../../src/evaluation/itemVectors.js';
import type { Model } from '../../src/models/index.js';
import { type Row, storeOf } from '../data/fixture.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { wave } from '../support/gradients.js';
import { trainable } from '../support/training.js';

/** Item i is encoded as [i] and [10 i, 100 i]; `asked` gets what is asked for. */
function vectorsOf(items: number, most?: number) {
  const asked: number[][] = [];
  const encode = (ids: Int32Array) => {
    asked.push([...ids]);
    return {
      first: tf.tensor2d([...ids].map((id) => [id])),
      others: tf.tensor2d([...ids].map((id) => [10 * id, 100 * id])),
    };
  };
  return { asked, vectors: new ItemVectors(encode, items, most) };
}

async function take(vectors: ItemVectors, items: readonly number[]): Promise<number[]> {
  const rows = await vectors.with(Int32Array.from(items), ({ first, others }) =>
    tf.concat([first!, others!], 1),
  );
  const first = (rows.arraySync() as number[][]).map((row) => {
    expect(row.slice(1)).toEqual([10 * row[0]!, 100 * row[0]!]);
    return row[0]!;
  });
  rows.dispose();
  return first;
}

describe('item vectors', () => {
  beforeAll(() => useEngine('cpu'));

  it('encodes an item when it is first asked for', async () => {
    const before = tf.memory().numTensors;
    const { vectors, asked } = vectorsOf(9);
    for (const items of [[4, 2], [2, 7, 4], [7], [8, 0, 1, 3, 5, 6, 2]]) {
      expect(await take(vectors, items)).toEqual(items);
    }
    expect(asked).toEqual([[4, 2], [7], [8, 0, 1, 3, 5, 6]]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('encodes each time what there is no memory for', async () => {
    const { vectors, asked } = vectorsOf(9, 3 * 3);
    for (const items of [
      [4, 2],
      [7, 8],
      [2, 5],
      [5, 4],
      [6, 5],
    ]) {
      expect(await take(vectors, items)).toEqual(items);
    }
    expect(asked).toEqual([[4, 2], [7, 8], [5], [6, 5]]);
  });

  it('is not stopped by a first batch that is too large', async () => {
    const { vectors } = vectorsOf(9, 3);
    for (const items of [[4, 2, 1], [1, 2], [3]]) expect(await take(vectors, items)).toEqual(items);
  });
});

describeEngines('evaluation of a model that encodes items', (engine) => {
  const ITEMS = 40;
  const random = randomStream(5, 'log');
  const rows: Row[] = Array.from({ length: 6 }, (_, user) =>
    Array.from({ length: 30 }, (_, time) => [user, random.int(ITEMS), time, random.int(2)] as const),
  ).flat();
  const category = Int32Array.from({ length: ITEMS }, (_, i) => i % 4);
  const data = prepare(
    {
      ...storeOf(rows, ITEMS),
      items: {
        tags: {},
        texts: {},
        vectors: { cover: new HeldVectors(wave([ITEMS, 3], 1), 3) },
        categories: { category: { values: category, cardinality: 4 } },
      },
    },
    { label: 'is_click', split: { kind: 'time', scope: 'user', train: 0.6, validation: 0.1 } },
  );
  const sizes = { visualSize: 4, categorySize: 2, heads: 2, hidden: 5, historyLength: 6, blockSize: 2 };

  /** A model, and the same as one of which no items are kept. */
  async function both(): Promise<[Model, Model]> {
    await useEngine(engine);
    const model = trainable({ name: 'thacil', ...sizes }, data);
    const { parameters, histories, pairing } = model;
    return [
      model,
      {
        parameters,
        histories,
        pairing,
        encodeItems: (...given) => model.encodeItems(...given),
        encodeContexts: (...given) => model.encodeContexts(...given),
        logits: (...given) => model.logits(...given),
      },
    ];
  }

  it('gives the same scores as without', async () => {
    const [found, expected] = await Promise.all(
      (await both()).map((model) => scoreRows(model, data, data.split.test, { contextsPerBatch: 2 })),
    );
    expect(found!.length).toBe(data.split.test.length);
    for (const [i, score] of found!.entries()) expect(Math.abs(score - expected![i]!)).toBeLessThan(1e-6);
    expect(new Set(found!).size).toBeGreaterThan(10);
  });

  it.each([{ kind: 'catalogue' }, { kind: 'sampled', negatives: 7, by: 'uniform', seed: 1 }] as const)(
    'gives the same ranking of candidates, %p',
    async (candidates) => {
      const options = { candidates, contextsPerBatch: 3 };
      const [found, expected] = await Promise.all(
        (await both()).map((model) => evaluate(model, data, 'test', ['mrr', 'ndcg@10'], options)),
      );
      expect(found!.metrics).toEqual(expected!.metrics);
      expect(Object.values(found!.metrics)[0]).toBeGreaterThan(0);
    },
  );
});

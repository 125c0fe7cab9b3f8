import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { randomStream } from '../../src/base/index.js';
import {
  CandidateBatches,
  type CatalogueLists,
  catalogueLists,
  HeldVectors,
  type PreparedData,
  prepare,
} from '../../src/data/index.js';
import { rankCatalogue, topOfCatalogue } from '../../src/evaluation/index.js';
import type { Model } from '../../src/models/index.js';
import { causalHistory, historyOf, type Row, storeOf } from '../data/fixture.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { fillWithWaves, wave } from '../support/gradients.js';
import { logitsOf, trainable } from '../support/training.js';

/** Rankings by pairs encode users and histories apart from the candidates. */

const HISTORY = 6;
const tiny = { visualSize: 4, categorySize: 2, heads: 2, hidden: 5, historyLength: HISTORY, blockSize: 2 };
const thacil = { name: 'thacil', ...tiny };
const options = { contextsPerBatch: 3 };

/** Users with 30 rows each about the first 12 items, so that they meet many of them again. */
function dataOf(users: number, items: number): PreparedData {
  const random = randomStream(5, 'log');
  const rows: Row[] = Array.from({ length: users }, (_, user) =>
    Array.from({ length: 30 }, (_, time) => [user, random.int(12), time, random.int(2)] as const),
  ).flat();
  const category = { values: Int32Array.from({ length: items }, (_, i) => i % 4), cardinality: 4 };
  const cover = new HeldVectors(wave([items, 3], 1), 3);
  return prepare(
    { ...storeOf(rows, items), items: { vectors: { cover }, tags: {}, texts: {}, categories: { category } } },
    { label: 'is_click', split: { kind: 'time', scope: 'user', train: 0.6, validation: 0.1 } },
  );
}

function modelOf(data: PreparedData, changes: Readonly<Record<string, unknown>> = {}): Model {
  const model = trainable({ ...thacil, ...changes }, data);
  fillWithWaves(model.parameters, 0.8);
  return model;
}

/** The same model, which notes the histories that it encodes, context by context. */
function noting(model: Model, encoded: number[][]): Model {
  const { parameters, histories, pairing } = model;
  return {
    parameters,
    histories,
    pairing,
    encodeItems: (items, mode) => ({
      ...model.encodeItems(items, mode),
      number: tf.tensor2d(items, [items.length, 1]),
    }),
    encodeContexts: (batch, items, mode) => {
      const numbers = items.number!.dataSync<'int32'>();
      for (const c of batch.contexts.user.keys()) encoded.push(historyOf({ ...batch, items: numbers }, c));
      return model.encodeContexts(batch, items, mode);
    },
    logits: (...given) => model.logits(...given),
  };
}

/** Logits of every item for each list, each from a batch of that pair alone. */
function pairByPair(model: Model, data: PreparedData, lists: CatalogueLists): number[][] {
  const batches = new CandidateBatches(data, model);
  return Array.from(lists.anchor, (anchor) =>
    data.store.itemIds.map(
      (_, i) => logitsOf(model, batches.batch(Int32Array.of(anchor), Int32Array.of(i)))[0]!,
    ),
  );
}

describe('a ranking of the catalogue', () => {
  beforeAll(() => useEngine('wasm'));

  it.each([40, 2100])('encodes each context once when there are %d items', async (items) => {
    const data = dataOf(19, items); // the users of more than one turn
    const lists = catalogueLists(data, 'test');
    const encoded: number[][] = [];
    await rankCatalogue(noting(modelOf(data), encoded), data, lists, options);
    expect(encoded).toEqual(Array.from(lists.anchor, (row) => causalHistory(data, row).slice(-HISTORY)));
    expect(encoded.length).toBe(19);
  });

  it('encodes a history once more for each target that it has to leave out', async () => {
    const data = dataOf(19, 40);
    const lists = catalogueLists(data, 'test');
    const encoded: number[][] = [];
    const model = modelOf(data, { historyTarget: 'exclude', historyLength: 30 });
    await rankCatalogue(noting(model, encoded), data, lists, options);
    const { user, item } = data.store.interactions;
    const clicked = new Set(
      [...data.split.train].filter((row) => data.label[row] === 1).map((row) => `${user[row]} ${item[row]}`),
    );
    const known = [...lists.user].flatMap((who, list) =>
      [...lists.targets.subarray(lists.targetOffsets[list], lists.targetOffsets[list + 1])].filter((target) =>
        clicked.has(`${who} ${target}`),
      ),
    );
    expect(known.length).toBeGreaterThan(10);
    expect(encoded.length).toBe(19 + known.length);
  });
});

/** Few, since the reference is a batch a pair. */
const ITEMS = 20;

describeEngines('a ranking of the catalogue', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each([
    { ...thacil, historyTarget: 'causal' },
    { ...thacil, historyTarget: 'exclude' },
    { ...thacil, historyTarget: 'include', historySample: 'random', userSize: 2 },
    { ...thacil, candidateAttention: false },
    { name: 'ncf', factors: 3, layers: [4, 2] },
  ])('has the logits and ranks of each pair on its own: %j', async (given) => {
    const data = dataOf(5, ITEMS);
    const model = trainable(given, data);
    fillWithWaves(model.parameters, 0.8);
    const lists = catalogueLists(data, 'test');
    const expected = pairByPair(model, data, lists);
    const before = tf.memory().numTensors;
    const top = await topOfCatalogue(model, data, lists, { ...options, length: ITEMS });
    const { above } = await rankCatalogue(model, data, lists, options);
    expect(tf.memory().numTensors).toBe(before);
    for (const [list, logits] of expected.entries()) {
      const hidden = new Set(lists.seen.subarray(lists.seenOffsets[list], lists.seenOffsets[list + 1]));
      const candidates = [...logits.keys()].filter((item) => !hidden.has(item));
      const found = top.item.subarray(ITEMS * list, ITEMS * list + candidates.length);
      expect([...found].sort((a, b) => a - b)).toEqual(candidates);
      found.forEach((item, at) => {
        expect(Math.abs(top.score[ITEMS * list + at]! - logits[item]!)).toBeLessThan(1e-5);
      });
      for (let t = lists.targetOffsets[list]!; t < lists.targetOffsets[list + 1]!; t++) {
        const higher = (than: number) => candidates.filter((item) => logits[item]! > than).length;
        const own = logits[lists.targets[t]!]!;
        expect(above[t]).toBeGreaterThanOrEqual(higher(own + 1e-5));
        expect(above[t]).toBeLessThanOrEqual(higher(own - 1e-5) - 1);
      }
      expect(new Set(logits.map((logit) => logit.toFixed(3))).size).toBeGreaterThan(10);
    }
  });
});

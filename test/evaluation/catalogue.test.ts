import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { randomStream } from '../../src/base/index.js';
import {
  type Candidates,
  type CatalogueLists,
  candidateSampler,
  catalogueLists,
  type PreparedData,
  prepare,
} from '../../src/data/index.js';
import { gatherRows, inference, ParameterSet } from '../../src/engine/index.js';
import { evaluate, rankCatalogue, topOfCatalogue } from '../../src/evaluation/index.js';
import { evaluateMetrics, type Ranks } from '../../src/metrics/index.js';
import type { FittedModel, Model } from '../../src/models/index.js';
import { historyOf, storeOf } from '../data/fixture.js';
import { describeEngines, useEngine } from '../support/engines.js';

const USERS = 41;
const ITEMS = 1_100; // more than two strips of a kernel, and no multiple of anything
const WIDTH = 5;

/** Small whole numbers: inner products are exact on every engine, and many of them are equal. */
function wholeNumbers(seed: number, rows: number): number[][] {
  const random = randomStream(seed, 'vectors');
  return Array.from({ length: rows }, () => Array.from({ length: WIDTH }, () => random.int(5) - 2));
}
const userVectors = wholeNumbers(1, USERS);
const itemVectors = wholeNumbers(2, ITEMS);
const scoreOf = (user: number, item: number): number =>
  userVectors[user]!.reduce((sum, x, k) => sum + x * itemVectors[item]![k]!, 0);

/** Users with 1 to 12 rows, not all positive, that repeat items now and then. */
const data: PreparedData = (() => {
  const random = randomStream(3, 'log');
  const rows = Array.from({ length: USERS }, (_, user) =>
    Array.from(
      { length: 1 + random.int(12) },
      (_, time) => [user, random.int(random.int(2) ? ITEMS : 30), time, random.int(5) ? 1 : 0] as const,
    ),
  ).flat();
  return prepare(storeOf(rows, ITEMS), {
    label: 'is_click',
    split: { kind: 'time', scope: 'user', train: 0.6, validation: 0.3 },
  });
})();

const rowsOf = (vectors: readonly number[][], ids: Int32Array): tf.Tensor2D =>
  tf.tensor2d(Float32Array.from([...ids].flatMap((id) => vectors[id]!)), [ids.length, WIDTH]);

/** The same scores as a model that says that they are inner products, and as one that does not. */
function modelOf({ product }: { readonly product: boolean }): Model {
  return {
    parameters: new ParameterSet(1),
    histories: [],
    pairing: 'pointwise',
    encodeItems: (items) => ({ items: rowsOf(itemVectors, items) }),
    encodeContexts: ({ contexts }) => ({ users: rowsOf(userVectors, contexts.user) }),
    logits: ({ users }, { items }, pairs) =>
      gatherRows(users as tf.Tensor2D, pairs.context)
        .mul(gatherRows(items!, pairs.item))
        .sum(1) as tf.Tensor1D,
    ...(product && {
      innerProduct: { ofContexts: ({ users }) => users as tf.Tensor2D, ofItems: ({ items }) => items! },
    }),
  };
}

interface Candidate {
  readonly item: number;
  readonly score: number;
  readonly label: number;
}

/** The lists in full, straight from the definition: each user's candidates, best first, equal ones by number. */
function sortInFull(part: 'validation' | 'test', score: typeof scoreOf): Map<number, Candidate[]> {
  const { user, item } = data.store.interactions;
  const itemsOf = (who: number, parts: readonly ('train' | 'validation' | 'test')[]) =>
    new Set(
      parts
        .flatMap((name) => [...data.split[name]])
        .filter((row) => user[row] === who && data.label[row] === 1)
        .map((row) => item[row]!),
    );
  const lists = new Map<number, Candidate[]>();
  for (let who = 0; who < USERS; who++) {
    const relevant = itemsOf(who, [part]);
    const known = itemsOf(who, part === 'test' ? ['train', 'validation'] : ['train']);
    if (relevant.size === 0) continue;
    const candidates = Array.from({ length: ITEMS }, (_, i) => i)
      .filter((i) => relevant.has(i) || !known.has(i))
      .map((i) => ({ item: i, score: score(who, i), label: relevant.has(i) ? 1 : 0 }));
    lists.set(
      who,
      candidates.sort((a, b) => b.score - a.score || a.item - b.item),
    );
  }
  return lists;
}

const known = new Map<string, ReadonlyMap<number, readonly Candidate[]>>();
/** That, done once for each part where the score is the usual one. */
function fullLists(part: 'validation' | 'test', score = scoreOf): ReadonlyMap<number, readonly Candidate[]> {
  if (score !== scoreOf) return sortInFull(part, score);
  if (!known.has(part)) known.set(part, sortInFull(part, score));
  return known.get(part)!;
}

const metrics = ['hr@10', 'recall@20', 'ndcg@10', 'precision@5', 'map@10', 'f1@10', 'mrr', 'uauc', 'gauc'];

/** Those that nothing after a certain rank changes. */
const firstPlaces = metrics.filter((name) => name.includes('@'));
const some = (values: Readonly<Record<string, number>>, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, values[name]!]));

/** Metrics of lists in full, by the code for logged rows. */
function metricsInFull(lists: ReadonlyMap<number, readonly Candidate[]>): Record<string, number> {
  const rows = [...lists].flatMap(([who, list]) => list.map((candidate) => ({ who, ...candidate })));
  return evaluateMetrics(metrics, {
    user: Int32Array.from(rows, ({ who }) => who),
    label: Float32Array.from(rows, ({ label }) => label),
    score: Float64Array.from(rows, ({ score }) => score),
  });
}

const options = { contextsPerBatch: 7 };
const named = (prefix: string, values: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, expect.closeTo(value, 12)]),
  );

function expectRanks({ user, candidates, offsets, above, tied }: Ranks, lists: CatalogueLists): void {
  const full = fullLists('test');
  expect([...user]).toEqual([...full.keys()]);
  for (const [l, who] of user.entries()) {
    const list = full.get(who)!;
    expect(candidates[l]).toBe(list.length);
    for (let t = offsets[l]!; t < offsets[l + 1]!; t++) {
      const score = scoreOf(who, lists.targets[t]!);
      expect(above[t]).toBe(list.filter((other) => other.score > score).length);
      expect(tied[t]).toBe(list.filter((other) => other.score === score).length);
    }
  }
}

describeEngines('rankings of a catalogue', (engine) => {
  beforeAll(() => useEngine(engine));

  for (const product of [true, false]) {
    const model = modelOf({ product });
    describe(product ? 'by products' : 'pair by pair', () => {
      it('rank every target as a full sort would', async () => {
        const lists = catalogueLists(data, 'test');
        expectRanks(await rankCatalogue(model, data, lists, options), lists);
      });

      it.each(['validation', 'test'] as const)('have the metrics of the full lists: %s', async (part) => {
        const { metrics: values, scored } = await evaluate(model, data, part, metrics, {
          ...options,
          candidates: { kind: 'catalogue' },
        });
        expect(scored).toBeNull();
        expect(values).toEqual(named('catalogue', metricsInFull(fullLists(part))));
      });

      it('have the same metrics where only the first places count', async () => {
        const { metrics: values } = await evaluate(model, data, 'test', firstPlaces, {
          ...options,
          candidates: { kind: 'catalogue' },
        });
        expect(values).toEqual(named('catalogue', some(metricsInFull(fullLists('test')), firstPlaces)));
      });

      it('find the best items in the order of the full sort', async () => {
        const lists = catalogueLists(data, 'test');
        const length = 25;
        const top = await topOfCatalogue(model, data, lists, { ...options, length });
        for (const [l, list] of [...fullLists('test').values()].entries()) {
          const best = list.slice(0, length);
          expect([...top.item.subarray(l * length, (l + 1) * length)]).toEqual(best.map(({ item }) => item));
          expect([...top.score.subarray(l * length, (l + 1) * length)]).toEqual(
            best.map(({ score }) => score + 0), // -0 is 0
          );
        }
      });
    });
  }

  it('leave places empty when there are fewer candidates than places', async () => {
    const lists = catalogueLists(data, 'test');
    const length = ITEMS + 3;
    const top = await topOfCatalogue(modelOf({ product: true }), data, lists, { ...options, length });
    const [list] = fullLists('test').values();
    expect(top.item.subarray(0, length)).toEqual(
      Int32Array.from({ length }, (_, at) => list![at]?.item ?? -1),
    );
    expect(top.score[length - 1]).toBe(Number.NEGATIVE_INFINITY);
  });

  it('leave no tensor behind', async () => {
    const before = tf.memory().numTensors;
    await rankCatalogue(modelOf({ product: true }), data, catalogueLists(data, 'test'), options);
    await rankCatalogue(modelOf({ product: false }), data, catalogueLists(data, 'test'), options);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('take floors by their score of each item', async () => {
    const floor: FittedModel = {
      score: () => new Float32Array(),
      itemScores: Float32Array.from({ length: ITEMS }, (_, i) => i % 7),
    };
    const { metrics: values } = await evaluate(floor, data, 'test', metrics, {
      ...options,
      candidates: { kind: 'catalogue' },
    });
    expect(values).toEqual(named('catalogue', metricsInFull(fullLists('test', (_, item) => item % 7))));
  });

  it.each(['uniform', 'popularity'] as const)(
    'have the metrics of each positive among its sample: %s',
    async (by) => {
      const spec = { kind: 'sampled', negatives: 60, by, seed: 5 } as const;
      const { user } = data.store.interactions;
      const positives = data.split.test.filter((row) => data.label[row] === 1);
      const candidatesOf = candidateSampler(data, spec);
      const lists = new Map(
        [...positives].map((row, list) => {
          const candidates = [...candidatesOf(row)].map((item, i) => ({
            item,
            score: scoreOf(user[row]!, item),
            label: i === 0 ? 1 : 0,
          }));
          return [list, candidates] as const;
        }),
      );
      for (const contextsPerBatch of [1, 7, 1000]) {
        const { metrics: values } = await evaluate(modelOf({ product: false }), data, 'test', metrics, {
          contextsPerBatch,
          candidates: spec,
        });
        const name = by === 'uniform' ? 'sampled60' : 'popularity60';
        const full = metricsInFull(lists);
        expect(values).toEqual(named(name, full));
        // Where only the first places count, not all candidates are scored.
        const { metrics: first } = await evaluate(modelOf({ product: false }), data, 'test', firstPlaces, {
          contextsPerBatch,
          candidates: spec,
        });
        expect(first).toEqual(named(name, some(full, firstPlaces)));
      }
    },
  );

  it('have the metrics of given lists, of any length and with several to be found', async () => {
    const random = randomStream(9, 'lists');
    const { user } = data.store.interactions;
    const anchor = data.split.test.filter((_, i) => i % 3 === 0);
    const relevant = Int32Array.from(anchor, () => 1 + random.int(3));
    const items = Array.from(anchor, (_, list) =>
      random.shuffle(random.sample(ITEMS, list === 0 ? ITEMS : 3 + random.int(40))),
    );
    const none = { anchor: new Int32Array(), relevant: new Int32Array(), candidates: () => new Int32Array() };
    const given: Candidates = {
      kind: 'file',
      path: 'some/where/mine.csv',
      sha256: '',
      report: '',
      lists: { train: none, validation: none, test: { anchor, relevant, candidates: (l) => items[l]! } },
    };
    const lists = new Map(
      items.map((ofList, l) => [
        l,
        Array.from(ofList, (item, i) => ({
          item,
          score: scoreOf(user[anchor[l]!]!, item),
          label: i < relevant[l]! ? 1 : 0,
        })),
      ]),
    );
    const options = { contextsPerBatch: 7, candidates: given };
    const model = modelOf({ product: false });
    for (const names of [metrics, firstPlaces]) {
      expect((await evaluate(model, data, 'test', names, options)).metrics).toEqual(
        named('given-mine', some(metricsInFull(lists), names)),
      );
    }
    expect((await evaluate(model, data, 'validation', ['hr@10'], options)).metrics).toEqual({
      'given-mine/hr@10': null,
    });
  });
});

describe('evaluate', () => {
  beforeAll(() => useEngine('cpu'));
  const catalogue = { ...options, candidates: { kind: 'catalogue' } } as const;

  it('refuses a metric that needs the score of every row', async () => {
    await expect(evaluate(modelOf({ product: true }), data, 'test', ['auc'], catalogue)).rejects.toThrow(
      'auc is defined for logged impressions only, not for a ranking of candidates',
    );
  });

  it('refuses to rank by scores that are not numbers', async () => {
    const itemScores = new Float32Array(ITEMS).fill(Number.NaN);
    const broken: FittedModel = { score: () => itemScores, itemScores };
    await expect(evaluate(broken, data, 'test', ['mrr'], catalogue)).rejects.toThrow('not a finite number');
  });

  it('has no value where no user has a positive', async () => {
    const none = { ...data, label: new Float32Array(data.label.length) };
    const { metrics: values } = await evaluate(modelOf({ product: true }), none, 'test', ['mrr'], catalogue);
    expect(values).toEqual({ 'catalogue/mrr': null });
  });

  it('counts its progress in rows of the part, and stops when it is told to', async () => {
    const done: number[] = [];
    await evaluate(modelOf({ product: false }), data, 'test', ['mrr'], {
      ...catalogue,
      onBatch: (rows) => done.push(rows),
    });
    expect(done.length).toBeGreaterThan(1);
    expect(done.at(-1)).toBe(data.split.test.length);
    const stop = evaluate(modelOf({ product: false }), data, 'test', ['mrr'], {
      ...catalogue,
      onBatch: () => {
        throw new Error('stop');
      },
    });
    await expect(stop).rejects.toThrow('stop');
  });
});

it('ranks by the history before the first positive row of the part', async () => {
  await useEngine('cpu');
  const seen: number[][] = [];
  const model: Model = {
    ...modelOf({ product: true }),
    histories: [{ length: 4, sample: 'recent', target: 'causal', prefixes: 'separate' }],
  };
  const spying: Model = {
    ...model,
    encodeItems: (items) => ({
      ...model.encodeItems(items, inference),
      number: tf.tensor2d(items, [items.length, 1]),
    }),
    encodeContexts: (batch, items) => {
      const numbers = items.number!.dataSync<'int32'>();
      for (const c of batch.contexts.user.keys()) seen.push(historyOf({ ...batch, items: numbers }, c));
      return model.encodeContexts(batch, items, inference);
    },
  };
  const lists = catalogueLists(data, 'test');
  await rankCatalogue(spying, data, lists, options);
  const { store } = data;
  const histories = data.histories('positive');
  expect(seen).toEqual(
    Array.from(lists.anchor, (row) => {
      const begin = histories.offsets[store.interactions.user[row]!]!;
      return [...histories.item.subarray(begin, histories.causalEnd[row]!)].slice(-4);
    }),
  );
});

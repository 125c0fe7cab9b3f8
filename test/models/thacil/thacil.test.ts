import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { modelInfo, thacilSchema } from '../../../src/models/index.js';
import { batchOf, type ContextSpec, preparedOf } from '../../support/batches.js';
import { describeEngines, useEngine } from '../../support/engines.js';
import { fillWithWaves, wave } from '../../support/gradients.js';
import { expectNear } from '../../support/learnt.js';
import { forward, gradientsOf, logitsOf, lossOf, overfit, trainable } from '../../support/training.js';

const items = 20;
const data = preparedOf({
  users: 6,
  items,
  vectors: { cover: { data: wave([items, 5], 1), width: 5 } },
  categories: {
    category: { values: Int32Array.from({ length: items }, (_, i) => (i * 3) % 4), cardinality: 4 },
  },
});
const tiny = {
  name: 'thacil',
  visualSize: 4,
  categorySize: 4,
  heads: 2,
  hidden: 6,
  historyLength: 6,
  blockSize: 2,
};

const contexts: ContextSpec[] = [
  {
    user: 0,
    history: [1, 2, 3, 4, 5, 6],
    candidates: [
      [7, 1],
      [8, 0],
      [9, 1],
    ],
  },
  { user: 1, history: [3, 3, 10], candidates: [[7, 0]] },
  {
    user: 2,
    history: [],
    candidates: [
      [11, 1],
      [12, 0],
    ],
  },
  {
    user: 3,
    history: [13],
    candidates: [
      [14, 0],
      [1, 1],
    ],
  },
];
const batch = batchOf(contexts, 6);
/** The same pairs, each with a context of its own. */
const alone = contexts.flatMap((context) =>
  context.candidates.map((candidate) => ({ ...context, candidates: [candidate] })),
);

function model(options: Readonly<Record<string, unknown>> = {}) {
  const built = trainable({ ...tiny, ...options }, data);
  fillWithWaves(built.parameters, 0.8);
  return built;
}

describeEngines('THACIL', (engine) => {
  beforeAll(() => useEngine(engine));

  it('scores a pair the same alone as with others that share its history', () => {
    const thacil = model({ userSize: 2 });
    const shared = logitsOf(thacil, batch);
    expectNear(
      alone.flatMap((context) => logitsOf(thacil, batchOf([context], 6))),
      shared,
    );
  });

  it('learns the same from pairs that share a context as from the same pairs apart and in another order', async () => {
    const thacil = model({ l2Weight: 0 });
    const together = await gradientsOf(thacil, batch);
    const apart = await gradientsOf(thacil, batchOf([...alone].reverse(), 6));
    expect(Math.abs(together.loss - apart.loss)).toBeLessThan(1e-5);
    together.dense.forEach((gradient, i) => {
      expectNear([...apart.dense[i]!.dataSync()], [...gradient.dataSync()]);
    });
  });

  it('does not depend on the order of contexts', () => {
    const thacil = model();
    const turned = [...contexts].reverse();
    const expected = turned.flatMap((context) => logitsOf(thacil, batchOf([context], 6)));
    expectNear(logitsOf(thacil, batchOf(turned, 6)), expected);
  });

  it('is finite, and so are its gradients, for empty, single and full histories', async () => {
    for (const firstBlock of ['zero', 'uniform']) {
      const thacil = trainable({ ...tiny, firstBlock }, data);
      for (const history of [[], [1], [1, 2, 3, 4, 5, 6]]) {
        const one = batchOf(
          [
            {
              user: 0,
              history,
              candidates: [
                [7, 1],
                [8, 0],
              ],
            },
          ],
          6,
        );
        expect(logitsOf(thacil, one).every(Number.isFinite)).toBe(true);
        for (const gradient of (await gradientsOf(thacil, one)).dense) {
          expect(gradient.isFinite().all().dataSync()[0]).toBe(1);
        }
      }
    }
  });
});

describe('THACIL', () => {
  beforeAll(() => useEngine('cpu'));

  it('learns four users by heart', async () => {
    await useEngine('wasm');
    const thacil = trainable({ ...tiny, l2Weight: 0 }, data);
    expect(await overfit(thacil, batch, 60, 0.03)).toBeLessThan(0.3);
    await useEngine('cpu');
  });

  // Its gradients stand in test/fidelity, against slopes in float64.

  // Everything that changes the forward pass; l2, dropout and initialisation are below, history is the data room's.
  it.each([
    { visualSize: 2, categorySize: 6 },
    { blockSize: 3 },
    { heads: 4 },
    { hidden: 5 },
    { categoryLevel: false },
    { itemLevel: false },
    { interAttention: 'bidirectional' },
    { interAttention: 'none' },
    { candidateAttention: false },
    { firstBlock: 'uniform' },
    { headWeights: 'perHead' },
    { interActivation: 'tanh' },
    { interActivation: 'relu' },
    { userSize: 2 },
    { visual: ['cover', 'id'] },
    { category: ['category', 'id'] },
  ])('computes something else with %j', (options) => {
    const before = logitsOf(model(), batch);
    const after = logitsOf(model(options), batch);
    expect(after.some((value, p) => Math.abs(value - before[p]!) > 1e-4)).toBe(true);
  });

  it('is not touched by blocks that are empty in every history', () => {
    expectNear(logitsOf(model({ historyLength: 10 }), batchOf(contexts, 10)), logitsOf(model(), batch));
  });

  it('passes the wishes for histories on', () => {
    const wishes = { historySample: 'random', historyTarget: 'include', firstBlock: 'uniform' };
    expect(trainable({ ...tiny, ...wishes }, data).histories[0]).toEqual({
      length: 6,
      sample: 'random',
      target: 'include',
      prefixes: 'separate',
    });
  });

  it('drops at the 15 sites of the released graph, a fifth of the logits among them', () => {
    const thacil = model({ dropout: 'released' });
    // Each site asks the step's key once.
    let sites = 0;
    const key = Object.assign(['step'], {
      *[Symbol.iterator]() {
        sites++;
        yield 'step';
      },
    });
    logitsOf(thacil, batch, { training: true, key });
    expect(sites).toBe(15);
    expectNear(logitsOf(thacil, batch), logitsOf(model(), batch));
    const draws = Array.from({ length: 40 }, (_, step) =>
      logitsOf(thacil, batch, { training: true, key: [step] }),
    );
    const dropped = draws.flat().filter((logit) => logit === 0).length / draws.flat().length;
    // 320 draws: four standard deviations are 0.09.
    expect(Math.abs(dropped - 0.2)).toBeLessThan(0.09);
    expect(draws[7]).toEqual(logitsOf(thacil, batch, { training: true, key: [7] }));
    expect(draws[7]).not.toEqual(draws[8]);
  });

  it('starts from the weights that the released code draws', () => {
    const of = (options: Readonly<Record<string, unknown>>) => {
      const { parameters } = trainable({ name: 'thacil', ...options }, data);
      return (name: string): Float32Array =>
        parameters.dense
          .find((weight) => weight.name === name)!
          .value()
          .dataSync() as Float32Array;
    };
    const released = of(modelInfo.thacil.presets.released!.values.model!);
    const paper = of({});
    const largest = (values: Float32Array) => Math.max(...values.map(Math.abs));
    const deviation = (values: Float32Array) =>
      Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
    // Glorot: sqrt(6 / (in + out)), of a vector sqrt(3 / size). Many draws come close to the limit.
    const limits: [string, number][] = [
      ['visual.cover.weight', Math.sqrt(6 / 69)],
      ['candidate.x.weight', Math.sqrt(6 / 256)],
      ['blocks.out', Math.sqrt(6 / 32)],
      ['blocks.bias', 0.433],
      ['head.out.weight', Math.sqrt(6 / 129)],
    ];
    for (const [name, limit] of limits) {
      expect(largest(paper(name))).toBeLessThanOrEqual(limit * 1.001);
      expect(largest(paper(name))).toBeGreaterThan(limit * 0.8);
    }
    for (const name of ['norm.gamma', 'norm.beta']) {
      expect(largest(released(name))).toBeLessThanOrEqual(0.1532);
      expect(largest(released(name))).toBeGreaterThan(0.12);
    }
    expect(new Set(paper('norm.gamma'))).toEqual(new Set([1]));
    expect(new Set(paper('norm.beta'))).toEqual(new Set([0]));
    expect(deviation(paper('category.category.embedding'))).toBeCloseTo(1, 0);
    for (const name of ['categoryLevel.x', 'itemLevel.out', 'candidate.q', 'head.hidden', 'head.out']) {
      expect(new Set(released(`${name}.bias`))).toEqual(new Set([0]));
    }
  });

  it('starts from other weights with another seed, from the same with the same', () => {
    const first = logitsOf(trainable(tiny, data, 1), batch);
    expect(logitsOf(trainable(tiny, data, 1), batch)).toEqual(first);
    expect(logitsOf(trainable(tiny, data, 2), batch)).not.toEqual(first);
  });

  it('keeps no tensors beyond its weights', () => {
    const thacil = model({ userSize: 2 });
    const before = tf.memory().numTensors;
    tf.tidy(() => void lossOf(thacil, batch));
    expect(tf.memory().numTensors).toBe(before);
    thacil.parameters.dispose();
    expect(tf.memory().numTensors).toBe(before - thacil.parameters.dense.length);
  });

  it('leaves a user and an item of which nothing is known at what the rest says', () => {
    const cold = preparedOf({
      users: 2,
      items: 4,
      train: [
        [0, 0, 1],
        [0, 1, 0],
      ],
      categories: { category: { values: Int32Array.of(0, 1, 2, 2), cardinality: 3 } },
    });
    const thacil = trainable({ ...tiny, visual: ['id'], userSize: 2 }, cold);
    fillWithWaves(thacil.parameters);
    const scoreOf = (user: number, item: number) =>
      logitsOf(thacil, batchOf([{ user, history: [0, 1], candidates: [[item, 1]] }], 6))[0]!;
    // Items 2 and 3 and their category have no train row, nor has user 1.
    expect(scoreOf(1, 2)).toBe(scoreOf(1, 3));
    const before = scoreOf(1, 2);
    for (const { data: rows } of thacil.parameters.tables) rows.fill(0.5, rows.length / 2);
    tf.tidy(() => {
      const embedding = thacil.parameters.dense.find(({ name }) => name === 'category.category.embedding')!;
      const changed = embedding.value().dataSync().fill(9, 8) as Float32Array;
      thacil.parameters.setDense(embedding.name, tf.tensor(Float32Array.from(changed), [3, 4]));
    });
    expect(scoreOf(1, 2)).toBe(before);
    expect(logitsOf(thacil, batchOf([{ user: 0, history: [], candidates: [[0, 1]] }], 6))).not.toEqual([
      before,
    ]);
  });

  it('names a feature that the data set lacks', () => {
    expect(() => trainable({ ...tiny, visual: ['covr'] }, data)).toThrow(
      /made by hand has no item feature covr \(model\.visual\)[\s\S]*Did you mean cover\?/,
    );
  });

  it('refuses sizes that do not divide', () => {
    expect(thacilSchema.safeParse({ ...tiny, blockSize: 4 }).error?.issues[0]).toMatchObject({
      path: ['blockSize'],
      message: 'is 4, which does not divide historyLength, 6',
    });
    expect(thacilSchema.safeParse({ ...tiny, heads: 3 }).error?.issues[0]?.path).toEqual(['heads']);
  });

  it('gives an empty history the same profile whatever the user clicked before', () => {
    const thacil = model();
    const { profile } = forward(thacil, batch).contexts;
    const beta = thacil.parameters.dense
      .find(({ name }) => name === 'norm.beta')!
      .value()
      .dataSync();
    // LayerNorm of nothing is beta. Full blocks come first: three of user 0, one of user 1.
    const [, , ofEmpty] = tf.split(profile!, [4, 1, 1, 1]);
    expectNear([...ofEmpty!.dataSync()], [...beta]);
  });
});

import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { planEpoch, prepare } from '../../../src/data/index.js';
import { mtinSchema, usesOf } from '../../../src/models/index.js';
import { type Row, storeOf } from '../../data/fixture.js';
import { batchOf, type ContextSpec, preparedOf } from '../../support/batches.js';
import { describeEngines, useEngine } from '../../support/engines.js';
import { fillWithWaves, wave } from '../../support/gradients.js';
import { expectNear } from '../../support/learnt.js';
import { forward, gradientsOf, logitsOf, lossOf, overfit, trainable } from '../../support/training.js';

type Options = Readonly<Record<string, unknown>>;

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
  name: 'mtin',
  size: 4,
  groups: 3,
  masks: 2,
  historyLength: 6,
  memoryInit: 'random',
  temporalNorm: 'length',
};

const contexts: ContextSpec[] = [
  {
    user: 0,
    history: [1, 2, 3, 4, 5, 6],
    others: [[15, 16, 17]],
    candidates: [
      [7, 1],
      [8, 0],
      [9, 1],
    ],
  },
  { user: 1, history: [3, 3, 10], others: [[5]], candidates: [[7, 0]] },
  {
    user: 2,
    history: [],
    others: [[]],
    candidates: [
      [11, 1],
      [12, 0],
    ],
  },
  {
    user: 3,
    history: [13],
    others: [[18, 19, 2, 1, 4, 8]],
    candidates: [
      [14, 0],
      [1, 1],
    ],
  },
  // The first user again: earlier, and with other negatives only.
  { user: 0, history: [1, 2, 3, 4], others: [[15, 16]], candidates: [[9, 0]] },
  { user: 0, history: [1, 2, 3, 4], others: [[15, 16, 17]], candidates: [[10, 1]] },
];
const widths = [6, 6];
const batch = batchOf(contexts, widths, 'shared');
/** The same pairs, each with a context of its own. */
const alone = contexts.flatMap((context) =>
  context.candidates.map((candidate) => ({ ...context, candidates: [candidate] })),
);

function model(options: Options = {}) {
  const built = trainable({ ...tiny, ...options }, data);
  fillWithWaves(built.parameters, 0.8);
  return built;
}

describeEngines('MTIN', (engine) => {
  beforeAll(() => useEngine(engine));

  it('scores a pair the same alone as with others that share its histories', () => {
    const mtin = model();
    expectNear(
      alone.flatMap((context) => logitsOf(mtin, batchOf([context], widths))),
      logitsOf(mtin, batch),
    );
  });

  it('learns the same from pairs that share a context as from the same pairs apart and in another order', async () => {
    const mtin = model({ l2Weight: 0.01 });
    const together = await gradientsOf(mtin, batch);
    const apart = await gradientsOf(mtin, batchOf([...alone].reverse(), widths));
    expect(Math.abs(together.loss - apart.loss)).toBeLessThan(1e-5);
    together.dense.forEach((gradient, i) => {
      expectNear([...apart.dense[i]!.dataSync()], [...gradient.dataSync()], 2e-5);
    });
  });

  it('is finite, and so are its gradients, for empty, single and full histories', async () => {
    const variants: Options[] = [
      {},
      { emptyGroups: 'mask', temporalNorm: 'pairs' },
      { epsilon: 1e6 }, // no item in any group
      { variant: 'MTIN-I', groups: undefined, temporalNorm: 'none' },
      { tau: 1 }, // no group passes the mask
    ];
    for (const options of variants) {
      const mtin = trainable({ ...tiny, ...options }, data);
      for (const history of [[], [1], [1, 2, 3, 4, 5, 6]]) {
        const one = batchOf(
          [{ user: 0, history, others: [history], candidates: [[7, 1] as const, [8, 0] as const] }],
          widths,
        );
        expect(logitsOf(mtin, one).every(Number.isFinite)).toBe(true);
        const { dense, rows } = await gradientsOf(mtin, one);
        for (const gradient of dense) expect(gradient.isFinite().all().dataSync()[0]).toBe(1);
        for (const { values } of rows) expect(values.every(Number.isFinite)).toBe(true);
      }
    }
  });
});

describe('MTIN', () => {
  beforeAll(() => useEngine('cpu'));

  it('has as many weights as the formulas say', () => {
    const sizeOf = (options: Options, start = 'positive.'): number =>
      trainable({ name: 'mtin', memoryInit: 'zeros', ...options }, data)
        .parameters.dense.filter(({ name }) => name.startsWith(start))
        .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    expect(sizeOf({})).toBe(1_099_018);
    expect(sizeOf({}, 'negative.')).toBe(1_099_018);
    expect(sizeOf({ temporalWeights: 'shared' })).toBe(443_658);
    expect(sizeOf({ omega: 'fixed' })).toBe(1_099_018 - 8);
    expect(sizeOf({ aggregation: 'sum' })).toBe(1_099_018 - (2 * 128 * 128 + 128));
    expect(sizeOf({ groups: 4 })).toBe(1_099_018 - 2 * 8 * 128 * 128);
    // No routing, the temporal weights of one group, and no W_h.
    expect(sizeOf({ variant: 'MTIN-I' })).toBe(1_099_018 - 82_561 - 5 * 8 * 128 * 128 - 128 * 128);
    expect(sizeOf({ variant: 'MTIN-I' })).toBe(344_713);
    expect(sizeOf({ groups: 1 })).toBe(1_099_018 - 5 * 8 * 128 * 128 - 128 * 128);
    expect(sizeOf({ variant: 'MTIN-I' }, 'negative.')).toBe(0);
    expect(sizeOf({ combine: 'trainable' }, 'combine')).toBe(2);
    const { tables } = trainable({ name: 'mtin', memoryInit: 'zeros' }, data).parameters;
    expect(tables.map(({ rows, width }) => rows * width)).toEqual([6 * 6 * 128, 6 * 6 * 128]);
  });

  it('MTIN-I has no routing, no negative history and no weights of either', () => {
    const mtin = model({ variant: 'MTIN-I', groups: undefined });
    const names = [...mtin.parameters.dense, ...mtin.parameters.tables].map(({ name }) => name);
    expect(names.filter((name) => /match|interest|negative/.test(name))).toEqual([]);
    expect(mtin.histories.map(({ events }) => events)).toEqual(['positive']);
    const others = contexts.map((context) => ({ ...context, others: [[1, 2]] }));
    expect(logitsOf(mtin, batchOf(others, widths))).toEqual(logitsOf(mtin, batch));
    expect(Object.keys(mtin.taps!).some((name) => /scores|attention|mask|negative/.test(name))).toBe(false);
    const assignments: number[] = [];
    tf.tidy(() => {
      const tap = (name: string, value: tf.Tensor) => {
        if (name.endsWith('assignment')) assignments.push(...value.dataSync());
      };
      forward(mtin, batch, { training: false, tap });
    });
    expect(assignments.slice(0, 12)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1]);
  });

  it('trains routing and mask straight through to the values of the printed equations, which train neither', async () => {
    const through = model({ l2Weight: 0 });
    const printed = model({ l2Weight: 0, routing: 'hard', interestMask: 'hard' });
    expect(logitsOf(printed, batch)).toEqual(logitsOf(through, batch));
    const [soft, hard] = [await gradientsOf(through, batch), await gradientsOf(printed, batch)];
    const largest = (gradient: tf.Tensor): number => gradient.abs().max().dataSync()[0]!;
    const trained = new Set<string>();
    through.parameters.dense.forEach(({ name }, i) => {
      if (!/match|interest/.test(name)) return;
      expect([name, largest(hard.dense[i]!)]).toEqual([name, 0]);
      if (largest(soft.dense[i]!) > 1e-6) trained.add(name.slice(name.indexOf('.') + 1));
    });
    // All of them but the last bias, which is the same for all groups and cancels in their softmax.
    const maps = ['item', 'group', 'scale', 'hidden', 'out'].flatMap((map) => [
      `${map}.weight`,
      `${map}.bias`,
    ]);
    const expected = ['interest.weight', ...maps.map((map) => `match.${map}`).slice(0, -1)];
    expect([...trained].sort()).toEqual(expected.sort());
  });

  it('learns five users by heart', async () => {
    await useEngine('wasm');
    const mtin = trainable({ ...tiny, size: 8, l2Weight: 0 }, data);
    expect(await overfit(mtin, batch, 80, 0.03)).toBeLessThan(0.2);
    await useEngine('cpu');
  });

  // What the fidelity test does not try: options that change what the weights start as, or how long histories are.
  it.each([
    [{ memoryInit: 'zeros' }, {}],
    [{ variant: 'MTIN-P' }, { variant: 'MTIN', memoryInit: 'kmeans' }],
    [{ size: 6 }, {}],
    [{ groups: 2 }, {}],
    [{ masks: 1 }, {}],
    [{ visual: ['category'] }, {}],
    [{ itemEmbedding: 'visual+category', category: ['id'] }, { itemEmbedding: 'visual+category' }],
  ])('computes something else with %j than with %j', (a, b) => {
    const [found, expected] = [a, b].map((options) =>
      logitsOf(trainable({ ...tiny, ...(options as Options) }, withHistories), batch),
    );
    expect(found!.some((value, p) => Math.abs(value - expected![p]!) > 1e-6)).toBe(true);
  });

  it('computes the same whatever the options of a part are that is off', () => {
    const single = { variant: 'MTIN-I', groups: undefined };
    const mask = { interestMask: 'weighted', tau: 0.99 }; // the weight of one group is 1, and above it
    const routing = { routing: 'hard', routingUpdate: 'parallel', routingIterations: 1, activation: 'tanh' };
    const scores = { scoreSquash: 'sigmoid', logBase: 1.2, epsilon: 0.6 };
    const idle: [Options, Options][] = [
      [single, { ...mask, ...routing, ...scores, negativeWeight: 0.9 }],
      [{ groups: 1 }, mask],
      [{}, { category: ['id'], chunk: 3, memoryRate: 0.7, timeScale: 5 }],
    ];
    for (const [options, changes] of idle) {
      expect(logitsOf(model({ ...options, ...changes }), batch)).toEqual(logitsOf(model(options), batch));
    }
  });

  it('counts time in the unit that it is told', () => {
    const timed = (timeScale: number) => {
      const histories = batch.histories.map((history) => {
        const time = Float64Array.from(history.sequences.item, (_, at) => 5e11 + 1e6 * (at % 6) ** 2);
        return { ...history, sequences: { ...history.sequences, time } };
      });
      return logitsOf(model({ temporalUnit: 'timestamp', timeScale }), { ...batch, histories });
    };
    expect(timed(1e6)).not.toEqual(timed(2e6));
  });

  it.each([
    [{ variant: 'MTIN-I', groups: 2 }, 'groups'],
    [{ variant: 'MTIN-P', memoryInit: 'kmeans' }, 'memoryInit'],
    [{ variant: 'MTIN-P:persist', memoryTrainable: true }, 'memoryTrainable'],
    [{ variant: 'MTIN-P:persist', memoryUpdate: 'residual' }, 'memoryUpdate'],
    [{ scoreSquash: 'sigmoid', epsilon: 1 }, 'epsilon'],
    [{ itemEmbedding: 'visual+category', size: 5 }, 'size'],
    [{ groups: 0 }, 'groups'],
    [{ epsilon: -0.1 }, 'epsilon'],
    [{ logBase: 1 }, 'logBase'],
    [{ memoryRate: 0 }, 'memoryRate'],
    [{ tau: 1.5 }, 'tau'],
    [{ groups: 1, tau: 1 }, 'tau'],
    [{ variant: 'MTIN-I', tau: 1 }, 'tau'],
    [{ positiveWeight: 0 }, 'positiveWeight'],
    [{ negativeWeight: 0 }, 'negativeWeight'],
    [{ variant: 'MTIN-I', positiveWeight: 0 }, 'positiveWeight'],
  ])('refuses %j at %s', (options, path) => {
    const { error } = mtinSchema.safeParse({ name: 'mtin', ...options });
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });

  it.each([
    { positiveWeight: 0, combine: 'trainable' },
    { negativeWeight: 0, combine: 'trainable' },
    { variant: 'MTIN-I', negativeWeight: 0 },
  ])('takes a weight of 0 that may grow or that nothing is multiplied with: %j', (options) => {
    expect(mtinSchema.safeParse({ name: 'mtin', ...options }).success).toBe(true);
  });

  it('keeps users apart who have one sequence', () => {
    const mtin = model();
    const apart = batchOf(
      [0, 1].map((user) => ({ user, history: [1, 2, 3], others: [[4, 5]], candidates: [[7, 1]] as const })),
      widths,
    );
    const histories = apart.histories.map((history) => ({ ...history, sequence: Int32Array.of(0, 0) }));
    const expected = logitsOf(mtin, apart);
    expect(logitsOf(mtin, { ...apart, histories })).toEqual(expected);
    expect(expected[0]).not.toBe(expected[1]);
  });

  it('names the feature that a data set lacks', () => {
    expect(() => model({ visual: ['thumbnail'] })).toThrow(
      /made by hand has no item feature thumbnail \(model.visual\)/,
    );
  });

  it('has variants that say where the memory comes from and who changes it', () => {
    const memoryOf = (options: Options) =>
      trainable({ name: 'mtin', size: 4, ...options }, withHistories).parameters.tables[0]!;
    const spread = ({ data: rows }: { data: Float32Array }) => rows.filter((value) => value !== 0).length;
    // User 5 of six has no row: nothing is ever known of it, whatever the others begin with.
    expect(spread(memoryOf({ memoryInit: 'kmeans' }))).toBeLessThan(6 * 24);
    expect(spread(memoryOf({ variant: 'MTIN-P' }))).toBe(5 * 24);
    expect(memoryOf({ variant: 'MTIN-P' }).trained).toBe(true);
    expect(memoryOf({ variant: 'MTIN-P:persist' }).trained).toBe(false);
    expect(spread(memoryOf({ variant: 'MTIN-P:persist' }))).toBe(5 * 24);
  });

  it('gives other programs its decays as they are, and takes them so', () => {
    const { exchange, value } = model({ masks: 4 }).parameters.dense.find(({ name }) =>
      name.endsWith('positive.temporal.omega'),
    )!;
    const fresh = trainable({ ...tiny, masks: 4 }, data).parameters.dense.find(
      ({ name }) => name === 'positive.temporal.omega',
    )!;
    expectNear([...exchange!.toWeight(fresh.value().dataSync<'float32'>())], [1, 0.5, 0.25, 0.125]);
    const trained = value().dataSync<'float32'>();
    expectNear([...exchange!.fromWeight(exchange!.toWeight(trained))], [...trained]);
    expectNear([...exchange!.toWeight(Float32Array.of(-20, 0, 20))], [2.0611536e-9, Math.LN2, 20]);
  });

  it('keeps no tensors beyond its weights', () => {
    const mtin = model();
    const before = tf.memory().numTensors;
    tf.tidy(() => void lossOf(mtin, batch));
    expect(tf.memory().numTensors).toBe(before);
    mtin.parameters.dispose();
    expect(tf.memory().numTensors).toBe(before - mtin.parameters.dense.length);
  });

  it('leaves a user of whom nothing is known at what the rest says', () => {
    const cold = preparedOf({
      users: 2,
      items: 4,
      train: [
        [0, 0, 1],
        [0, 1, 0],
      ],
      vectors: { cover: { data: wave([4, 3], 1), width: 3 } },
    });
    const mtin = trainable({ ...tiny, visual: ['cover'] }, cold);
    fillWithWaves(mtin.parameters, 0.8);
    const one = batchOf([{ user: 1, history: [0, 1], others: [[]], candidates: [[2, 1]] }], widths);
    const before = logitsOf(mtin, one);
    mtin.parameters.tables.forEach(({ data: rows, width }) => {
      rows.fill(9, width, 2 * width);
    });
    expect(logitsOf(mtin, one)).toEqual(before);
  });
});

/** User u clicks items u, u + 1 .. and skips others; user 5 has one row, a skip. */
const log: Row[] = [
  ...[0, 1, 2, 3, 4].flatMap((user) =>
    Array.from({ length: 12 }, (_, t): Row => [user, (user + 3 * t) % items, t, t % 3 === 1 ? 0 : 1]),
  ),
  [5, 1, 0, 0],
];
const withHistories = prepare(
  { ...storeOf(log, items), items: data.store.items },
  { label: 'is_click', split: { kind: 'time', scope: 'user', train: 0.7, validation: 0.15 } },
);

describe('the histories of MTIN', () => {
  beforeAll(() => useEngine('cpu'));

  /** Items of both histories of the first user's train rows, in the order of the rows. */
  function shown(options: Options): [number, number[], number[]][] {
    const { histories } = trainable({ ...tiny, historyLength: 5, ...options }, withHistories);
    const { batch: step } = planEpoch(withHistories, {
      batchSize: 1000,
      batching: 'byUser',
      pairsPerUser: 100,
      negatives: { kind: 'logged', ratio: 'all' },
      pairing: 'pointwise',
      lastBatch: 'keep',
      seed: 1,
      epoch: 0,
      histories,
    });
    const found = step(0);
    const listOf = (h: number, c: number): number[] => {
      const { sequences, sequence, length } = found.histories[h]!;
      const start = sequence[c]! * sequences.width;
      return [...sequences.item.subarray(start, start + length[c]!)].map((at) => found.items[at]!);
    };
    return [...found.pairs.row]
      .map((row, p): [number, number[], number[]] => {
        const c = found.pairs.context[p]!;
        return [row, listOf(0, c), listOf(1, c)];
      })
      .filter(([row]) => row < 8)
      .sort((a, b) => a[0] - b[0]);
  }

  // Rows of user 0 in the train part: items 0 3 6 9 12 15 18, of which 3 and 12 are not clicked.
  it('end before the row', () => {
    expect(shown({})).toEqual([
      [0, [], []],
      [1, [0], []],
      [2, [0], [3]],
      [3, [0, 6], [3]],
      [4, [0, 6, 9], [3]],
      [5, [0, 6, 9], [3, 12]],
      [6, [0, 6, 9, 15], [3, 12]],
    ]);
  });

  it('end before the chunk that the row lies in', () => {
    expect(shown({ historyMode: 'chunkPrefix', chunk: 3 })).toEqual([
      [0, [], []],
      [1, [], []],
      [2, [], []],
      [3, [0, 6], [3]],
      [4, [0, 6], [3]],
      [5, [0, 6], [3]],
      [6, [0, 6, 9, 15], [3, 12]],
    ]);
  });

  it('hold all of the train part, the most recent of it, as Eq. 12 is printed', () => {
    const all = shown({ historyMode: 'fullTrain', historyLength: 4 });
    expect(all).toEqual(all.map(([row]) => [row, [6, 9, 15, 18], [3, 12]]));
  });

  it('tell when their events were where masks go by time', () => {
    expect(trainable(tiny, data).histories[0]!.times).toBeUndefined();
    expect(
      trainable({ ...tiny, temporalUnit: 'timestamp' }, data).histories.map(({ times }) => times),
    ).toEqual([true, true]);
  });

  it('are told to audits', () => {
    const told = (options: Options) => {
      const { histories, items } = usesOf(mtinSchema.parse({ name: 'mtin', ...options }));
      return [histories.map(({ events, target, setting }) => [events, target, setting]), items];
    };
    expect(told({ historyMode: 'fullTrain', memoryInit: 'random' })).toEqual([
      [
        ['positive', 'include', 'model.historyMode: fullTrain'],
        ['negative', 'include', 'model.historyMode: fullTrain'],
      ],
      ['cover'],
    ]);
    // What the memory is pretrained on: all of the train part.
    expect(told({})[0]).toEqual([
      ['positive', 'causal', 'model.historyMode: prefix'],
      ['negative', 'causal', 'model.historyMode: prefix'],
      ['positive', 'include', 'model.memoryInit: kmeans'],
      ['negative', 'include', 'model.memoryInit: kmeans'],
    ]);
  });
});

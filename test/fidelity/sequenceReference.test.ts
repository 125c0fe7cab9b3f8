/**
 * LSTM, CNN and ATRank with weights of ordinary size, in every setting, against torch in float64: logits, intermediate results,
 * loss and slopes (sequence_reference.py).
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../src/base/index.js';
import { type Batch, batchOfArrays } from '../../src/data/index.js';
import { type Model, modelSchema } from '../../src/models/index.js';
import { batchOf, preparedOf } from '../support/batches.js';
import { blindSpots, type FidelityFixture } from '../support/blindSpots.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { referenceWave as wave } from '../support/reference.js';
import { slopesOf } from '../support/slopes.js';
import { forward, logitsOf, lossOf, trainable } from '../support/training.js';

type Polarity = 'positive' | 'negative';
interface Reference {
  readonly pairs: readonly (readonly [context: number, item: number, label: number])[];
  readonly lengths: Readonly<Record<Polarity, readonly number[]>>;
  readonly categories: readonly number[];
  readonly cases: readonly Case[];
}
interface Case {
  readonly model: 'lstm' | 'cnn' | 'atrank';
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>> & { readonly head: string };
  readonly weights: Readonly<Record<string, Weight>>;
  readonly logits: readonly number[];
  /** Of each intermediate result the sum of its elements, weighted by a wave. */
  readonly taps: Readonly<Record<string, number>>;
  readonly loss: number;
}
interface Weight {
  readonly shape: readonly number[];
  readonly v: number;
  readonly amplitude: number;
  readonly slope: number;
}

const reference: Reference = JSON.parse(readFileSync(new URL('./sequence.json', import.meta.url), 'utf8'));
const items = reference.categories.length;
const [users, width] = [4, 12];

const data = preparedOf({
  users,
  items,
  vectors: {
    cover: { data: wave(101, items * 6, 1), width: 6 },
    colour: { data: wave(102, items * 2, 1), width: 2 },
  },
  categories: { category: { values: Int32Array.from(reference.categories), cardinality: 5 } },
});

function historyOf(kind: Polarity, c: number): number[] {
  const [slope, offset] = kind === 'positive' ? [5, 0] : [3, 4];
  const length = Math.min(width, reference.lengths[kind][c]!);
  return Array.from({ length }, (_, t) => (slope * c + 3 * t + t * t + offset) % items);
}

const contexts = reference.lengths.positive.map((_, c) => ({
  user: c % users,
  history: historyOf('positive', c),
  others: [historyOf('negative', c)],
  candidates: reference.pairs
    .filter(([context]) => context === c)
    .map(([, item, label]) => [item, label] as const),
}));

const batchFor = ({ head, historyLength = width }: Readonly<Record<string, unknown>>): Batch => {
  const cut = (list: readonly number[]) => list.slice(0, historyLength as number);
  const own = contexts.map((context) => ({
    ...context,
    history: cut(context.history),
    others: context.others.map(cut),
  }));
  const n = historyLength as number;
  return batchOf(own, head === 'dual' ? [n, n] : n);
};

/** The same, but its items are all there are, in their order. */
const overAllItems = ({ head }: Case['options']): Batch =>
  batchOfArrays({
    items,
    user: Int32Array.from(contexts, ({ user }) => user),
    histories: (head === 'dual' ? (['positive', 'negative'] as const) : (['positive'] as const)).map(
      (kind) => ({
        width,
        items: contexts.map((_, c) => Int32Array.from(historyOf(kind, c))),
      }),
    ),
    pairs: {
      context: Int32Array.from(reference.pairs, ([context]) => context),
      item: Int32Array.from(reference.pairs, ([, item]) => item),
    },
  });

const weightsOf = ({ weights }: Case): ReadonlyMap<string, Float32Array> =>
  new Map(
    Object.entries(weights).map(([name, { shape, v, amplitude }]) => [
      name,
      wave(v, sizeOf(shape), amplitude),
    ]),
  );

function modelOf(example: Case): Model {
  const model = trainable({ name: example.model, ...example.options }, data);
  const { dense, tables } = model.parameters;
  expect([...dense, ...tables].map(({ name }) => name).sort()).toEqual(Object.keys(example.weights).sort());
  const values = weightsOf(example);
  for (const { name, shape } of dense) {
    expect([name, shape]).toEqual([name, example.weights[name]!.shape]);
    tf.tidy(() => model.parameters.setDense(name, tf.tensor(values.get(name)!, [...shape])));
  }
  for (const { name, data: rows } of tables) rows.set(values.get(name)!);
  return model;
}

/** Options with other values that a forward pass shows. */
const common = [
  { item: ['cover', 'colour'] },
  { itemEmbedding: 'trainable', itemSize: undefined, category: ['category', 'id'], categorySize: 2 },
  { itemSize: 8 },
  { category: [] },
  { categorySize: 8 },
  { historyLength: 5 },
  { head: 'dual' },
  { hidden: 4 },
  { userSize: 2 },
];
const changes: Readonly<Record<Case['model'], readonly Readonly<Record<string, unknown>>[]>> = {
  lstm: [
    ...common,
    { itemEmbedding: 'frozen', itemSize: undefined },
    { head: 'dot', units: 8 },
    { units: 4 },
    { pool: 'mean' },
    { pool: 'attention' },
    { interestSize: 6 },
  ],
  cnn: [
    ...common,
    { windows: 3 },
    { filters: 4 },
    { filterActivation: 'linear' },
    { maskPadding: false },
    { interestSize: 0 },
  ],
  atrank: [...common, { head: 'dot' }, { heads: 4 }, { feedForward: 4 }, { timeEncoding: 'rankBuckets' }],
};
/** Of training and of how histories are chosen, and what only two histories have: test/models/sequence. */
const elsewhere = 'l2Weight historySample historyTarget alphas'.split(' ');

describe('the comparison of logits', () => {
  beforeAll(() => useEngine('cpu'));

  it.each(['lstm', 'cnn', 'atrank'] as const)('notices a change of every weight and option of %s', (name) => {
    const fixtureOf = (example: Case, tried: FidelityFixture['changes']): FidelityFixture => ({
      build: (options) => trainable(options, data),
      options: modelSchema.parse({ name, ...example.options }) as FidelityFixture['options'],
      weights: weightsOf(example),
      outputs: (model, options) => logitsOf(model, batchFor(options)),
      expected: example.logits,
      changes: tried,
      elsewhere,
    });
    // The first case is where options are changed, the others have what it lacks.
    const showing = /^(last state|defaults|two histories|attention and|inner product|several|windows of one)/;
    const own = reference.cases.filter((one) => one.model === name && showing.test(one.name));
    const ofBoth = [{ alphas: [0.7, 0.1] }, { alphas: [0.6, 0.4] }];
    const fixtures = own.map((example, i) =>
      fixtureOf(example, i === 0 ? changes[name] : example.options.head === 'dual' ? ofBoth : []),
    );
    // The outer bias of the attention is the same at every place and cancels in the softmax.
    const weights = name === 'lstm' ? ['negative.attention.out.bias', 'positive.attention.out.bias'] : [];
    expect(blindSpots(fixtures)).toEqual({ weights, changes: [], untried: [] });
  });
});

describeEngines('sequence baselines', (engine) => {
  beforeAll(() => useEngine(engine));

  describe.each(reference.cases)('$model: $name', (example) => {
    it('gives the logits and intermediate results of torch', () => {
      const model = modelOf(example);
      logitsOf(model, batchFor(example.options)).forEach((logit, p) => {
        expect(Math.abs(logit - example.logits[p]!)).toBeLessThan(1e-5);
      });
      const found: Record<string, number> = {};
      const tap = (name: string, value: tf.Tensor): void => {
        const weights = wave(7, value.size, 1);
        found[name] = Array.from(value.dataSync()).reduce(
          (sum, element, i) => sum + element * weights[i]!,
          0,
        );
      };
      tf.tidy(() => void forward(model, overAllItems(example.options), { training: false, tap }));
      expect(Object.keys(found).sort()).toEqual(Object.keys(example.taps).sort());
      for (const [name, value] of Object.entries(example.taps)) {
        expect([name, Math.abs(found[name]! - value) < 1e-4]).toEqual([name, true]);
      }
      expect(Object.keys(model.taps!).sort()).toEqual(Object.keys(found).sort());
      model.parameters.dispose();
    });

    it('gives the loss and the slopes of torch', async () => {
      const model = modelOf(example);
      const batch = batchFor(example.options);
      const { loss, slopes } = await slopesOf(model.parameters, () => lossOf(model, batch), example.weights);
      expect(Math.abs(loss - example.loss)).toBeLessThan(1e-5 * Math.max(1, example.loss));
      for (const [name, { slope }] of Object.entries(example.weights)) {
        const found = slopes.get(name) ?? 0;
        const near = Math.abs(found - slope) < 2e-6 + 1e-4 * Math.abs(slope);
        expect([name, near, found, slope]).toEqual([name, true, found, slope]);
      }
      model.parameters.dispose();
    });
  });
});

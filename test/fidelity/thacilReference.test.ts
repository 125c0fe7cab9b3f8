/**
 * THACIL with weights of ordinary size, in every setting, against an independent float64 forward pass and the
 * slopes of its loss (thacil_reference.py). The released weights alone cannot tell: their attention has collapsed.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type Batch, batchOfArrays } from '../../src/data/index.js';
import { buildModel, type Thacil, thacilSchema } from '../../src/models/index.js';
import { batchOf, preparedOf } from '../support/batches.js';
import { blindSpots, type FidelityFixture } from '../support/blindSpots.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { slopesOf } from '../support/slopes.js';
import { forward, logitsOf as logitList, lossOf, trainable } from '../support/training.js';

interface Reference {
  readonly pairs: readonly (readonly [context: number, item: number, label: number])[];
  readonly lengths: readonly number[];
  readonly categories: readonly number[];
  readonly cases: readonly Case[];
}
interface Case {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>> & {
    readonly historyLength: number;
    readonly l2Weight: number;
  };
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

const reference: Reference = JSON.parse(readFileSync(new URL('./thacil.json', import.meta.url), 'utf8'));
const items = reference.categories.length;
const users = 4;

/** The formula of thacil_reference.py. */
const wave = (v: number, size: number, amplitude: number): Float32Array =>
  Float32Array.from({ length: size }, (_, n) => amplitude * Math.sin(1 + v + 0.7 * n + 0.013 * n * n));

const data = preparedOf({
  users,
  items,
  vectors: {
    cover: { data: wave(101, items * 6, 1), width: 6 },
    colour: { data: wave(102, items * 2, 1), width: 2 },
  },
  categories: { category: { values: Int32Array.from(reference.categories), cardinality: 5 } },
});

function batchFor(width: number): Batch {
  const contexts = reference.lengths.map((length, c) => ({
    user: c % users,
    history: Array.from({ length }, (_, t) => (5 * c + 3 * t + t * t) % items),
    candidates: reference.pairs
      .filter(([context]) => context === c)
      .map(([, item, label]) => [item, label] as const),
  }));
  return batchOf(contexts, width);
}

/** The same, but its items are all there are, in their order. */
function overAllItems(width: number): Batch {
  const { items: own, contexts, histories, pairs } = batchFor(width);
  const [{ sequences }] = histories as [Batch['histories'][0]];
  const lists = Array.from(sequences.length, (length, c) =>
    sequences.item.slice(c * width, c * width + length).map((at) => own[at]!),
  );
  const candidates = pairs.item.map((at) => own[at]!);
  return batchOfArrays({
    items,
    user: contexts.user,
    histories: [{ width, items: lists }],
    pairs: { context: pairs.context, item: candidates },
  });
}

function modelOf({ options, weights }: Case): Thacil {
  const model = buildModel(thacilSchema.parse({ name: 'thacil', ...options }), data, 1) as Thacil;
  for (const { name, shape } of model.parameters.dense) {
    const { v, amplitude, shape: expected } = weights[name]!;
    expect(shape).toEqual(expected);
    const values = wave(
      v,
      shape.reduce((a, b) => a * b, 1),
      amplitude,
    );
    tf.tidy(() => model.parameters.setDense(name, tf.tensor(values, [...shape])));
  }
  for (const { name, data: rows } of model.parameters.tables) {
    rows.set(wave(weights[name]!.v, rows.length, weights[name]!.amplitude));
  }
  const named = [...model.parameters.dense, ...model.parameters.tables].map(({ name }) => name);
  expect(named.sort()).toEqual(Object.keys(weights).sort());
  return model;
}

const logitsOf = (model: Thacil, batch: Batch): Float32Array =>
  tf.tidy(() => forward(model, batch).logits.dataSync()) as Float32Array;

describe('the reference', () => {
  const largest = new Map<string, number>();
  for (const { weights, options } of reference.cases) {
    if (options.l2Weight > 0) continue;
    for (const [name, { slope }] of Object.entries(weights)) {
      largest.set(name, Math.max(largest.get(name) ?? 0, Math.abs(slope)));
    }
  }
  // A bias that is the same for every position of a softmax cancels; everything else must show.
  const cancels = (name: string) => /^(categoryLevel|itemLevel|candidate)\.out\.bias$/.test(name);
  const names = [...largest.keys()];

  it.each(names.filter((name) => !cancels(name)))('is not blind to %s', (name) => {
    expect(largest.get(name)).toBeGreaterThan(2e-3);
  });
  it.each(names.filter(cancels))('shows that %s cancels', (name) => {
    expect(largest.get(name)).toBeLessThan(1e-8);
  });
});

/** Another value of each option that a forward pass shows. */
const changes = [
  { visual: ['cover', 'colour'] },
  { category: ['category', 'id'] },
  { visualSize: 6 },
  { categorySize: 6 },
  { blockSize: 4 },
  { heads: 4 },
  { hidden: 4 },
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
];
/**
 * Of the start (layerNormInit), of training (dropout, l2, l2Weight) and of how histories are chosen: test/models/thacil.
 * A longer history has more blocks, all of them empty.
 */
const elsewhere = 'layerNormInit dropout l2 l2Weight historySample historyTarget historyLength'.split(' ');

function fixtureOf({ options, weights, logits }: Case, changes: FidelityFixture['changes']): FidelityFixture {
  return {
    build: (options) => trainable(options, data),
    options: thacilSchema.parse({ name: 'thacil', ...options }),
    weights: new Map(
      Object.entries(weights).map(([name, { shape, v, amplitude }]) => [
        name,
        wave(
          v,
          shape.reduce((a, b) => a * b, 1),
          amplitude,
        ),
      ]),
    ),
    outputs: (model) => logitList(model, batchFor(options.historyLength)),
    expected: logits,
    changes,
    elsewhere,
  };
}

describe('the comparison of logits', () => {
  beforeAll(() => useEngine('cpu'));

  it('notices a change of every weight and option', () => {
    const named = (name: string) => reference.cases.find((example) => example.name === name)!;
    const fixtures = [
      fixtureOf(named('defaults'), changes),
      fixtureOf(named('two features a side, user embedding'), []),
    ];
    // The outer biases are the same for every position of a softmax.
    const weights = ['candidate.out.bias', 'categoryLevel.out.bias', 'itemLevel.out.bias'];
    expect(blindSpots(fixtures)).toEqual({ weights, changes: [], untried: [] });
  });
});

describeEngines('THACIL', (engine) => {
  beforeAll(() => useEngine(engine));

  describe.each(reference.cases)('$name', (example) => {
    const batch = batchFor(example.options.historyLength);

    it('gives the logits of the reference', () => {
      const model = modelOf(example);
      const logits = logitsOf(model, batch);
      expect(logits).toHaveLength(example.logits.length);
      example.logits.forEach((value, p) => {
        expect(Math.abs(logits[p]! - value)).toBeLessThan(1e-5);
      });
      model.parameters.dispose();
    });

    it('hands out the intermediate results of the reference', () => {
      const model = modelOf(example);
      const found: Record<string, number> = {};
      const tap = (name: string, value: tf.Tensor): void => {
        const weights = wave(7, value.size, 1);
        const elements = Array.from(value.dataSync());
        found[name] = elements.reduce((sum, element, i) => sum + element * weights[i]!, 0);
      };
      tf.tidy(
        () => void forward(model, overAllItems(example.options.historyLength), { training: false, tap }),
      );
      expect(Object.keys(found).sort()).toEqual(Object.keys(example.taps).sort());
      for (const [name, value] of Object.entries(example.taps)) {
        expect([name, Math.abs(found[name]! - value) < 1e-4]).toEqual([name, true]);
      }
      expect(Object.keys(model.taps)).toEqual(expect.arrayContaining(Object.keys(found)));
      model.parameters.dispose();
    });

    it('gives the loss and the slopes of the reference', async () => {
      const model = modelOf(example);
      const { loss, slopes } = await slopesOf(model.parameters, () => lossOf(model, batch), example.weights);
      expect(Math.abs(loss - example.loss)).toBeLessThan(1e-5 * Math.max(1, example.loss));
      for (const [name, { slope }] of Object.entries(example.weights)) {
        expect([name, Math.abs(slopes.get(name)! - slope) < 2e-6 + 1e-4 * Math.abs(slope)]).toEqual([
          name,
          true,
        ]);
      }
      model.parameters.dispose();
    });
  });
});

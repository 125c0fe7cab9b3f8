/**
 * MTIN in every setting against an independent float64 forward pass, its intermediate results and the slopes of its loss
 * (mtin_reference.py).
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../../src/data/index.js';
import { type Model, mtinSchema } from '../../src/models/index.js';
import { batchOf, preparedOf } from '../support/batches.js';
import { blindSpots, type FidelityFixture } from '../support/blindSpots.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { slopesOf } from '../support/slopes.js';
import { forward, lossOf, trainable } from '../support/training.js';

type Options = Readonly<Record<string, unknown>> & {
  readonly historyLength: number;
  readonly l2Weight: number;
};

interface Reference {
  /** User, and lengths of both histories. */
  readonly contexts: readonly (readonly [user: number, positive: number, negative: number])[];
  readonly pairs: readonly (readonly [context: number, item: number, label: number])[];
  readonly categories: readonly number[];
  readonly cases: readonly Case[];
}
interface Case {
  readonly name: string;
  readonly options: Options;
  readonly weights: Readonly<Record<string, Weight>>;
  readonly logits: readonly number[];
  readonly loss: number;
  readonly taps: Readonly<Record<string, readonly number[]>>;
}
interface Weight {
  readonly shape: readonly number[];
  readonly v: number;
  readonly amplitude: number;
  readonly offset: number;
  readonly slope: number;
}

const reference: Reference = JSON.parse(readFileSync(new URL('./mtin.json', import.meta.url), 'utf8'));
const items = reference.categories.length;
const day = 86_400_000;

/** The formula of mtin_reference.py. */
const wave = (v: number, size: number, amplitude: number, offset = 0): Float32Array =>
  Float32Array.from(
    { length: size },
    (_, n) => amplitude * Math.sin(1 + v + 0.7 * n + 0.013 * n * n) + offset,
  );
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

const data = preparedOf({
  users: 3,
  items,
  vectors: {
    cover: { data: wave(101, items * 6, 1), width: 6 },
    colour: { data: wave(102, items * 2, 1), width: 2 },
  },
  categories: { category: { values: Int32Array.from(reference.categories), cardinality: 5 } },
});

/** Contexts of one user begin alike; with times, where the model asks for them. */
function batchFor({ historyLength, temporalUnit }: Options): Batch {
  const itemsOf = (user: number, which: number, length: number) =>
    Array.from({ length }, (_, t) => (5 * user + 3 * t + t * t + 4 * which) % items);
  const contexts = reference.contexts.map(([user, positive, negative], c) => ({
    user,
    history: itemsOf(user, 0, positive),
    others: [itemsOf(user, 1, negative)],
    candidates: reference.pairs
      .filter(([context]) => context === c)
      .map(([, item, label]) => [item, label] as const),
  }));
  const batch = batchOf(contexts, [historyLength, historyLength], 'shared');
  if (temporalUnit === 'rank') return batch;
  const histories = batch.histories.map((history, which) => {
    const { sequences } = history;
    const time = new Float64Array(sequences.item.length);
    for (let s = 0; s < sequences.count; s++) {
      const user = contexts[history.sequence.indexOf(s)]!.user;
      for (let t = 0; t < sequences.length[s]!; t++) {
        time[s * sequences.width + t] = 1e12 + day * (0.3 * t + 0.05 * t * t * (user + 1 + which));
      }
    }
    return { ...history, sequences: { ...sequences, time } };
  });
  return { ...batch, histories };
}

function modelOf({ options, weights }: Case): Model {
  const model = trainable({ name: 'mtin', ...options }, data);
  for (const { name, shape, exchange } of model.parameters.dense) {
    const { v, amplitude, offset, shape: expected } = weights[name]!;
    expect(shape).toEqual(expected);
    const values = wave(v, sizeOf(shape), amplitude, offset);
    const trained = exchange ? exchange.fromWeight(values) : values;
    tf.tidy(() => model.parameters.setDense(name, tf.tensor(trained, [...shape])));
  }
  for (const { name, data: rows } of model.parameters.tables) {
    rows.set(wave(weights[name]!.v, rows.length, weights[name]!.amplitude));
  }
  const named = [...model.parameters.dense, ...model.parameters.tables].map(({ name }) => name);
  expect(named.sort()).toEqual(Object.keys(weights).sort());
  return model;
}

/** Logits, and what is handed to taps. */
function outputsOf(model: Model, batch: Batch) {
  const taps = new Map<string, number[]>();
  const logits = tf.tidy(() => {
    const tap = (name: string, value: tf.Tensor) => taps.set(name, [...value.dataSync()]);
    return [...forward(model, batch, { training: false, tap }).logits.dataSync()];
  });
  return { logits, taps };
}

function expectNear(found: ArrayLike<number>, expected: readonly number[], what: string): void {
  expect([what, found.length]).toEqual([what, expected.length]);
  const furthest = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0);
  expect([what, furthest < 1e-5 ? 0 : furthest]).toEqual([what, 0]);
}

describe('the reference', () => {
  beforeAll(() => useEngine('cpu'));

  /** Logits and all that is tapped, of the reference and of a model, in one order. */
  const fixtureOf = (name: string, changes: FidelityFixture['changes']): FidelityFixture => {
    const example = reference.cases.find((candidate) => candidate.name === name)!;
    const model = modelOf(example);
    const { dense, tables } = model.parameters;
    const taps = Object.keys(example.taps).sort();
    return {
      build: (options) => trainable(options, data),
      options: { ...mtinSchema.parse({ name: 'mtin', ...example.options }) },
      weights: new Map([
        ...dense.map((weight) => [weight.name, [...weight.value().dataSync()]] as const),
        ...tables.map((table) => [table.name, [...table.data]] as const),
      ]),
      outputs: (changed, options) => {
        const found = outputsOf(changed, batchFor(options as Options));
        return [...found.logits, ...[...found.taps.keys()].sort().flatMap((tap) => found.taps.get(tap)!)];
      },
      expected: [...example.logits, ...taps.flatMap((tap) => example.taps[tap]!)],
      changes,
      elsewhere: [
        // That no gradient flows, the slopes show.
        ...['routing', 'l2Weight', 'memoryTrainable'],
        // What stands in histories and in the first memory: test/models/mtin.
        ...['historyLength', 'historyMode', 'chunk', 'memoryInit', 'memoryRate'],
      ],
    };
  };

  it('is blind to no weight and no option', () => {
    const fixtures = [
      fixtureOf('tuned', [
        { variant: 'MTIN-I', groups: 1 },
        { itemEmbedding: 'visual+category' },
        { visual: ['colour'] },
        { size: 6 },
        { groups: 2 },
        { masks: 3 },
        { activation: 'tanh' },
        { routingUpdate: 'parallel' },
        { routingIterations: 1 },
        { scoreSquash: 'sigmoid' },
        { logBase: 2 },
        { epsilon: 0 },
        { memoryUpdate: 'replace' },
        { temporalWeights: 'shared' },
        { includeDiagonal: true },
        { temporalNorm: 'pairs' },
        { temporalNorm: 'length' },
        { omega: 'fixed' },
        { interestMask: 'weighted' },
        { tau: 0.2 },
        { emptyGroups: 'mask' },
        { aggregation: 'concat' },
        { aggregation: 'sum' },
        { combine: 'trainable' },
        { positiveWeight: 0.5 },
        { negativeWeight: 0.5 },
      ]),
      fixtureOf('by time', [{ temporalUnit: 'rank' }, { timeScale: 1e8 }]),
      fixtureOf('several features a side', [{ category: ['id'] }]),
      fixtureOf('trained combination', []),
    ].map((fixture, i, all) => ({
      ...fixture,
      elsewhere: [
        ...(fixture.elsewhere ?? []),
        ...all.flatMap((other, o) => (o === i ? [] : other.changes.flatMap(Object.keys))),
      ],
    }));
    expect(blindSpots(fixtures)).toEqual({ weights: [], changes: [], untried: [] });
  });

  it('shows in a slope all that a gradient reaches', () => {
    const largest = new Map<string, number>();
    for (const { weights, options } of reference.cases) {
      if (options.l2Weight > 0) continue;
      for (const [name, { slope }] of Object.entries(weights)) {
        largest.set(name, Math.max(largest.get(name) ?? 0, Math.abs(slope)));
      }
    }
    const small = [...largest].filter(([, slope]) => slope < 1e-4).map(([name]) => name);
    // The same for all groups, it cancels in their softmax; only squashed scores let a little of it through.
    expect(small).toEqual(['positive.match.out.bias']);
  });
});

describeEngines('MTIN', (engine) => {
  beforeAll(() => useEngine(engine));

  describe.each(reference.cases)('$name', (example) => {
    const batch = batchFor(example.options);

    it('gives the logits and intermediate results of the reference', () => {
      const model = modelOf(example);
      const { logits, taps } = outputsOf(model, batch);
      expectNear(logits, example.logits, 'logits');
      expect([...taps.keys()].sort()).toEqual(Object.keys(example.taps).sort());
      expect([...taps.keys()].sort()).toEqual(Object.keys(model.taps!).sort());
      for (const [name, values] of Object.entries(example.taps)) expectNear(taps.get(name)!, values, name);
      model.parameters.dispose();
    });

    it('gives the loss and the slopes of the reference', async () => {
      const model = modelOf(example);
      const { loss, slopes } = await slopesOf(model.parameters, () => lossOf(model, batch), example.weights);
      expect(Math.abs(loss - example.loss)).toBeLessThan(1e-5 * Math.max(1, example.loss));
      for (const [name, { slope }] of Object.entries(example.weights)) {
        const found = slopes.get(name) ?? 0;
        const near = Math.abs(found - slope) < 5e-6 + 2e-4 * Math.abs(slope);
        expect([name, near ? slope : found]).toEqual([name, slope]);
      }
      model.parameters.dispose();
    });
  });
});

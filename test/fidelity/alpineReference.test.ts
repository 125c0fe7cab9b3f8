/**
 * ALPINE and SCAA with weights of ordinary size, in every setting, against an independent float64 forward pass, its
 * intermediate results and the slopes of its loss (alpine_reference.py).
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Batch, HistorySpec } from '../../src/data/index.js';
import type { Model } from '../../src/models/index.js';
import { batchOf, preparedOf } from '../support/batches.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { slopesOf } from '../support/slopes.js';
import { forward, lossOf, trainable } from '../support/training.js';

interface Reference {
  readonly pairs: readonly (readonly [context: number, item: number, label: number])[];
  /** Items of the positive and negative history, of likes and of follows. */
  readonly contexts: readonly (readonly [number[], number[], number[], number[]])[];
  readonly categories: readonly number[];
  readonly cases: readonly Case[];
}
interface Case {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>> & { readonly l2Weight: number };
  readonly weights: Readonly<Record<string, Weight>>;
  readonly logits: readonly number[];
  readonly loss: number;
  /** By name a row a context or pair, of rows as long as they are there. */
  readonly taps?: Readonly<Record<string, readonly Nested[]>>;
}
interface Weight {
  readonly shape: readonly number[];
  readonly v: number;
  readonly amplitude: number;
  readonly slope: number;
  readonly effect: number;
}
type Nested = number | readonly Nested[];

const reference: Reference = JSON.parse(readFileSync(new URL('./alpine.json', import.meta.url), 'utf8'));
const items = reference.categories.length;
const users = 5;

/** The formula of alpine_reference.py. */
const wave = (v: number, size: number, amplitude: number): Float32Array =>
  Float32Array.from({ length: size }, (_, n) => amplitude * Math.sin(1 + v + 0.7 * n + 0.013 * n * n));
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

const hand = preparedOf({
  users,
  items,
  vectors: {
    cover: { data: wave(101, items * 4, 1), width: 4 },
    colour: { data: wave(102, items * 2, 1), width: 2 },
  },
  categories: { category: { values: Int32Array.from(reference.categories), cardinality: 4 } },
});
const { interactions } = hand.store;
const columns = {
  is_like: new Float32Array(interactions.rows),
  is_follow: new Float32Array(interactions.rows),
};
const data = { ...hand, store: { ...hand.store, interactions: { ...interactions, columns } } };

const kindOf = ({ events }: HistorySpec): 0 | 1 | 2 | 3 => {
  if (events === 'positive') return 0;
  if (events === 'negative') return 1;
  return (events as { column: string }).column === 'is_like' ? 2 : 3;
};

function batchFor({ histories }: Model, prefixes: 'shared' | 'separate' = 'separate'): Batch {
  const contexts = reference.contexts.map((lists, c) => {
    const [history, ...others] = histories.map((spec) => lists[kindOf(spec)]);
    const candidates = reference.pairs
      .filter(([context]) => context === c)
      .map(([, item, label]) => [item, label] as const);
    return { user: c % users, history: history!, others, candidates };
  });
  return batchOf(
    contexts,
    histories.map(({ length }) => length),
    prefixes,
  );
}

function modelOf({ options, weights }: Case): Model {
  const { name, ...rest } = options;
  const other = name === 'alpine' ? { userInit: 'normal' } : {};
  const own = Object.entries(rest).filter(([key]) => name === 'scaa' || key !== 'cs');
  const model = trainable({ name, ...Object.fromEntries(own), ...other }, data);
  for (const { name, shape } of model.parameters.dense) {
    const { v, amplitude, shape: expected } = weights[name]!;
    expect([name, shape]).toEqual([name, expected]);
    tf.tidy(() => model.parameters.setDense(name, tf.tensor(wave(v, sizeOf(shape), amplitude), [...shape])));
  }
  for (const { name, data: rows } of model.parameters.tables) {
    rows.set(wave(weights[name]!.v, rows.length, weights[name]!.amplitude));
  }
  const named = [...model.parameters.dense, ...model.parameters.tables].map(({ name }) => name);
  expect(named.sort()).toEqual(Object.keys(weights).sort());
  return model;
}

/** Compares row by row with what is there in the reference; the rest is padding. */
function expectNested(name: string, found: unknown, expected: Nested): void {
  if (typeof expected === 'number') {
    expect([name, Math.abs((found as number) - expected) < 1e-5]).toEqual([name, true]);
    return;
  }
  expected.forEach((value, i) => {
    expectNested(name, (found as unknown[])[i], value);
  });
}

describe('the reference', () => {
  const largest = new Map<string, number>();
  for (const { weights, options } of reference.cases) {
    if (options.l2Weight > 0) continue;
    for (const [name, { effect }] of Object.entries(weights)) {
      largest.set(name, Math.max(largest.get(name) ?? 0, effect));
    }
  }
  // A bias of keys adds the same to every position of a softmax and cancels; everything else must show.
  const cancels = (name: string) => name.endsWith('key.bias');
  const names = [...largest.keys()];

  it.each(names.filter((name) => !cancels(name)))('is not blind to %s', (name) => {
    expect(largest.get(name)).toBeGreaterThan(1e-3);
  });
  it.each(names.filter(cancels))('shows that %s cancels', (name) => {
    expect(largest.get(name)).toBeLessThan(1e-8);
  });

  it('tells all settings apart but those that are one', () => {
    const one = [
      ['ALPINE', 'L2'], // in the loss alone
      ['ALPINE_Base', 'ALPINE_m'],
      ['ALPINE_Base', 'SCAA_cs without a third head'],
      ['ALPINE_m', 'SCAA_cs without a third head'],
    ];
    const alike: string[][] = [];
    reference.cases.forEach((a, i) => {
      for (const b of reference.cases.slice(i + 1)) {
        const difference = Math.max(...a.logits.map((logit, p) => Math.abs(logit - b.logits[p]!)));
        if (difference < 1e-3) alike.push([a.name, b.name]);
      }
    });
    expect(alike).toEqual(one);
  });
});

describeEngines('ALPINE and SCAA', (engine) => {
  beforeAll(() => useEngine(engine));

  describe.each(reference.cases)('$name', (example) => {
    it('give the logits, the loss and the slopes of the reference', async () => {
      const model = modelOf(example);
      const batch = batchFor(model);
      const logits = tf.tidy(() => forward(model, batch).logits.dataSync());
      expect(logits).toHaveLength(example.logits.length);
      example.logits.forEach((value, p) => {
        expect(Math.abs(logits[p]! - value)).toBeLessThan(1e-5);
      });
      const { loss, slopes } = await slopesOf(model.parameters, () => lossOf(model, batch), example.weights);
      expect(Math.abs(loss - example.loss)).toBeLessThan(1e-5);
      for (const [name, { slope }] of Object.entries(example.weights)) {
        const found = slopes.get(name) ?? 0;
        expect([name, Math.abs(found - slope) < 5e-6 + 1e-4 * Math.abs(slope)]).toEqual([name, true]);
      }
      model.parameters.dispose();
    });
  });

  describe.each(reference.cases.filter(({ taps }) => taps))('$name', (example) => {
    it('hand the intermediate results of the reference to a tap', () => {
      const model = modelOf(example);
      const found = new Map<string, unknown>();
      const tap = (name: string, value: tf.Tensor) => void found.set(name, value.arraySync());
      tf.tidy(() => {
        forward(model, batchFor(model), { training: false, tap });
      });
      expect([...found.keys()].sort()).toEqual(Object.keys(example.taps!).sort());
      expect([...found.keys()].sort()).toEqual(Object.keys(model.taps!).sort());
      for (const [name, rows] of Object.entries(example.taps!)) {
        expect(found.get(name)).toHaveLength(rows.length);
        expectNested(name, found.get(name), rows);
      }
      model.parameters.dispose();
    });
  });
});

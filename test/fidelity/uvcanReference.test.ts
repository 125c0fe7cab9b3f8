/**
 * UVCAN with weights of ordinary size, in every setting, against an independent float64 forward pass from scratch for each
 * pair, its intermediate results, and the slopes of its loss (uvcan_reference.py).
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Model } from '../../src/models/index.js';
import { dataWith, type FieldsOfAll } from '../models/uvcan/data.js';
import { batchOf } from '../support/batches.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { slopesOf } from '../support/slopes.js';
import { forward, lossOf, trainable } from '../support/training.js';

interface Reference extends FieldsOfAll {
  readonly pairs: readonly (readonly [user: number, video: number, label: number])[];
  readonly coverWidth: number;
  readonly withoutCover: readonly number[];
  readonly cases: readonly Case[];
}
interface Case {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>> & { readonly l2Weight: number };
  readonly weights: Readonly<Record<string, Weight>>;
  readonly logits: readonly number[];
  readonly loss: number;
  /** Of every fifth pair. */
  readonly taps: Readonly<Record<string, readonly (readonly number[])[]>>;
}
interface Weight {
  readonly shape: readonly number[];
  readonly v: number;
  readonly amplitude: number;
  readonly offset: number;
  readonly slope: number;
}

const reference: Reference = JSON.parse(readFileSync(new URL('./uvcan.json', import.meta.url), 'utf8'));
const { count, pairs, coverWidth, cases } = reference;

/** The formula of uvcan_reference.py. */
const wave = (v: number, size: number, amplitude: number, offset = 0): Float32Array =>
  Float32Array.from(
    { length: size },
    (_, n) => offset + amplitude * Math.sin(1 + v + 0.7 * n + 0.013 * n * n),
  );
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

const cover = wave(101, count.video * coverWidth, 1);
for (const video of reference.withoutCover) cover.fill(0, video * coverWidth, (video + 1) * coverWidth);
const data = dataWith(reference, cover, coverWidth);

const users = [...new Set(pairs.map(([user]) => user))];
const batch = batchOf(
  users.map((user) => ({
    user,
    history: [],
    candidates: pairs.filter(([u]) => u === user).map(([, video, label]) => [video, label] as const),
  })),
  0,
);
/** Where each pair of the batch is in the reference. */
const places = users.flatMap((user) => [...pairs.keys()].filter((p) => pairs[p]![0] === user));

function modelOf({ options, weights }: Case): Model {
  const model = trainable({ name: 'uvcan', ...options }, data);
  const valuesOf = (name: string) => {
    const { v, amplitude, offset, shape } = weights[name]!;
    return wave(v, sizeOf(shape), amplitude, offset);
  };
  for (const { name, shape } of model.parameters.dense) {
    expect([name, shape]).toEqual([name, weights[name]?.shape]);
    tf.tidy(() => model.parameters.setDense(name, tf.tensor(valuesOf(name), [...shape])));
  }
  for (const { name, data: rows, width, rows: many } of model.parameters.tables) {
    expect([name, many, width]).toEqual([name, ...(weights[name]?.shape ?? [])]);
    rows.set(valuesOf(name));
  }
  const named = [...model.parameters.dense, ...model.parameters.tables].map(({ name }) => name);
  expect(named.sort()).toEqual(Object.keys(weights).sort());
  return model;
}

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

describe('the reference', () => {
  const largest = new Map<string, number>();
  for (const { weights, options } of cases) {
    if (options.l2Weight > 0) continue;
    for (const [name, { slope }] of Object.entries(weights)) {
      largest.set(name, Math.max(largest.get(name) ?? 0, Math.abs(slope)));
    }
  }
  it.each([...largest.keys()])('is not blind to %s', (name) => {
    expect(largest.get(name)).toBeGreaterThan(2e-3);
  });

  const [plain, ...others] = cases as [Case, ...Case[]];
  const changed = ({ options }: Case) =>
    Object.keys(options).filter((key) => `${options[key]}` !== `${plain.options[key]}`);
  const single = others.filter((one) => changed(one).length === 1);
  it.each(single.map((one) => [changed(one)[0]!, one.name, one] as const))(
    'is not blind to %s (%s)',
    (_, __, one) => {
      if (one.options.l2Weight > 0) expect(Math.abs(one.loss - plain.loss)).toBeGreaterThan(1e-2);
      else expect(furthest(one.logits, plain.logits)).toBeGreaterThan(1e-2);
    },
  );

  it('varies every option', () => {
    expect(new Set(others.flatMap(changed))).toEqual(
      new Set([...Object.keys(plain.options).filter((key) => key !== 'name')]),
    );
  });
});

describeEngines('UVCAN', (engine) => {
  beforeAll(() => useEngine(engine));

  describe.each(cases)('$name', (example) => {
    it('gives the logits and the intermediate results of the reference', () => {
      const model = modelOf(example);
      tf.tidy(() => {
        const tapped = new Map<string, tf.Tensor>();
        const tap = (name: string, value: tf.Tensor) => tapped.set(name, value.clone());
        const logits = forward(model, batch, { training: false, tap }).logits.dataSync();
        expect(logits).toHaveLength(example.logits.length);
        places.forEach((place, p) => {
          expect(Math.abs(logits[p]! - example.logits[place]!)).toBeLessThan(1e-5);
        });
        expect([...tapped.keys()].sort()).toEqual(Object.keys(model.taps!).sort());
        for (const [name, ofPairs] of Object.entries(example.taps)) {
          const rows = tapped.get(name)!;
          const ofContext = rows.shape[0] === users.length;
          ofPairs.forEach((expected, i) => {
            const p = places.indexOf(5 * i);
            const row = ofContext ? batch.pairs.context[p]! : p;
            const found = rows.slice([row, 0], [1, -1]).dataSync();
            expect(furthest(found, expected)).toBeLessThan(1e-5);
          });
        }
      });
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

/**
 * FRAME in every setting against an independent float64 implementation with dense matrices (frame_reference.py): video
 * logits, loss, H_u, H_c, and the slope of the loss along a direction for each weight array.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { buildModel, type Frame, frameSchema } from '../../src/models/index.js';
import { batchOfRows, type View, viewsOf } from '../models/frame/log.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { slopesOf } from '../support/slopes.js';
import { forward } from '../support/training.js';

interface Case {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>> & { readonly clips: number };
  readonly weights: Readonly<Record<string, Weight>>;
  readonly logits: readonly number[];
  readonly loss: number;
  readonly positiveInterest: readonly number[];
  readonly negativeInterest: readonly number[] | null;
  readonly clips: readonly number[];
}
interface Weight {
  readonly shape: readonly number[];
  readonly v: number;
  readonly offset: number;
  readonly slope: number;
}
interface Reference {
  readonly users: number;
  readonly videos: number;
  readonly width: number;
  readonly hidden: number;
  readonly features: Readonly<Record<string, { clips: number; width: number; v: number }>>;
  readonly log: readonly View[];
  readonly cases: readonly Case[];
}

const reference: Reference = JSON.parse(readFileSync(new URL('./frame.json', import.meta.url), 'utf8'));
const { users, videos, log, cases, width, hidden } = reference;

/** The formula of frame_reference.py. */
const wave = (v: number, size: number, amplitude: number, offset: number): Float32Array =>
  Float32Array.from(
    { length: size },
    (_, n) => amplitude * Math.sin(1 + v + 0.7 * n + 0.013 * n * n) + offset,
  );

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

const data = viewsOf(
  log,
  { users, items: videos },
  Object.fromEntries(
    Object.entries(reference.features).map(([name, { clips, width: each, v }]) => [
      name,
      { data: wave(v, videos * clips * each, 1, 0.4), width: clips * each, clips },
    ]),
  ),
);
const batch = batchOfRows(log, [...log.keys()]);

function modelOf({ options, weights }: Case): Frame {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null));
  const model = buildModel(frameSchema.parse({ name: 'frame', width, hidden, ...given }), data, 1) as Frame;
  for (const { name, shape } of model.parameters.dense) {
    expect([name, shape]).toEqual([name, weights[name]?.shape]);
    if (name === 'alpha') continue; // starts as the option says
    const { v, offset } = weights[name]!;
    const values = wave(v, sizeOf(shape), 0.9, offset);
    tf.tidy(() => model.parameters.setDense(name, tf.tensor(values, [...shape])));
  }
  for (const { name, data: rows, rows: count, width: columns } of model.parameters.tables) {
    expect([name, [count, columns]]).toEqual([name, weights[name]?.shape]);
    rows.set(wave(weights[name]!.v, rows.length, 0.9, weights[name]!.offset));
  }
  const named = [...model.parameters.dense, ...model.parameters.tables].map(({ name }) => name);
  expect(named.sort()).toEqual(Object.keys(weights).sort());
  return model;
}

function expectNear(found: ArrayLike<number>, expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  const off = expected.map((value, i) => Math.abs(found[i]! - value) / Math.max(1, Math.abs(value)));
  expect(Math.max(...off)).toBeLessThan(1e-5);
}

function encoded(model: Frame) {
  const mode = { training: true, key: [1] } as const;
  const items = model.encodeItems(batch.items, mode);
  return { items, contexts: model.encodeContexts(batch, items, mode) };
}

describe('the reference', () => {
  const largest = new Map<string, number>();
  for (const { weights } of cases) {
    for (const [name, { slope }] of Object.entries(weights)) {
      largest.set(name, Math.max(largest.get(name) ?? 0, Math.abs(slope)));
    }
  }
  it.each([...largest])('is not blind to %s', (_, slope) => {
    expect(slope).toBeGreaterThan(2e-3);
  });

  const [defaults, ...others] = cases;
  // How it is computed, not what: the table holds other numbers in the reference, so the clips differ as well.
  it.each(others.map((example) => [example.name, example] as const))('is not blind to: %s', (_, example) => {
    const off = [
      ...example.logits.map((value, i) => Math.abs(value - defaults!.logits[i]!)),
      Math.abs(example.loss - defaults!.loss),
    ];
    expect(Math.max(...off)).toBeGreaterThan(1e-3);
  });
});

describeEngines('FRAME', (engine) => {
  beforeAll(() => useEngine(engine));

  describe.each(cases)('$name', (example) => {
    it('gives the logits and the vectors of the reference', () => {
      const model = modelOf(example);
      const taps = new Map<string, Float32Array>();
      const tap = (name: string, value: tf.Tensor) => taps.set(name, value.dataSync<'float32'>());
      const logits = tf.tidy(() => forward(model, batch, { training: false, tap }).logits.dataSync());
      expectNear(logits, example.logits);
      const rowsOf = (x: readonly number[], of: readonly number[], each: number) =>
        of.flatMap((row) => x.slice(row * each, (row + 1) * each));
      const contexts = [...batch.contexts.user];
      expectNear(taps.get('positiveInterest')!, rowsOf(example.positiveInterest, contexts, width));
      const { predictionHeads, hops } = example.options;
      expect(taps.has('negativeInterest')).toBe(predictionHeads === 'both' || hops === 2);
      if (taps.has('negativeInterest')) {
        expectNear(taps.get('negativeInterest')!, rowsOf(example.negativeInterest!, contexts, width));
      }
      expectNear(taps.get('clips')!, rowsOf(example.clips, [...batch.items], example.options.clips * width));
      model.parameters.dispose();
    });

    it('gives the loss and the slopes of the reference', async () => {
      const model = modelOf(example);
      const { loss, slopes } = await slopesOf(
        model.parameters,
        () => model.loss({ batch, ...encoded(model) }),
        example.weights,
      );
      expect(Math.abs(loss - example.loss)).toBeLessThan(1e-5 * Math.max(1, example.loss));
      for (const [name, { slope }] of Object.entries(example.weights)) {
        const close = Math.abs((slopes.get(name) ?? 0) - slope) < 3e-6 + 2e-4 * Math.abs(slope);
        expect([name, slopes.get(name), slope, close]).toEqual([name, slopes.get(name), slope, true]);
      }
      model.parameters.dispose();
    });
  });
});

import { expect } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Initializer, ParameterSet } from '../../src/engine/index.js';

/** amplitude * sin(phase + 0.7 n + 0.013 n^2): ordinary numbers without a pattern that a mistake could hide in. */
export function wave(shape: readonly number[], phase: number, amplitude = 1): Float32Array {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let n = 0; n < values.length; n++) values[n] = amplitude * Math.sin(phase + 0.7 * n + 0.013 * n * n);
  return values;
}

/**
 * Compares the gradient of every weight and trained table with central differences of the loss along two directions.
 * Inputs of a layer take part when they are added to the parameters. float32 leaves three digits or so.
 */
export async function expectGradients(parameters: ParameterSet, loss: () => tf.Scalar): Promise<void> {
  const found = await gradientsByName(parameters, loss);
  const value = (): number => tf.tidy(() => loss().dataSync()[0]!);
  for (const [name, gradient] of found) {
    for (const phase of [0.3, 2.1]) {
      const direction = wave([gradient.length], phase);
      const slope = gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0);
      const step = 2e-3;
      const up = at(parameters, name, direction, step, value);
      const down = at(parameters, name, direction, -step, value);
      const difference = (up - down) / (2 * step);
      if (Math.abs(slope - difference) > 2e-3 + 5e-3 * Math.abs(difference)) {
        throw new Error(`${name}: gradient ${slope}, central difference ${difference}`);
      }
    }
  }
}

/** `value()` with the named weight moved by `step * direction`; the weight is put back. */
function at(
  parameters: ParameterSet,
  name: string,
  direction: Float32Array,
  step: number,
  value: () => number,
): number {
  const move = (by: number): void => {
    const table = parameters.tables.find((candidate) => candidate.name === name);
    if (table) {
      direction.forEach((d, i) => {
        table.data[i]! += by * d;
      });
      return;
    }
    const weight = parameters.dense.find((candidate) => candidate.name === name)!.value();
    tf.tidy(() => parameters.setDense(name, weight.add(tf.tensor(direction, weight.shape).mul(by))));
  };
  move(step);
  const result = value();
  move(-step);
  return result;
}

async function gradientsByName(
  parameters: ParameterSet,
  loss: () => tf.Scalar,
): Promise<Map<string, Float32Array>> {
  const full = new Map<string, Float32Array>();
  const { dense, rows } = await parameters.gradients(loss);
  dense.forEach((gradient, i) => {
    full.set(parameters.dense[i]!.name, Float32Array.from(gradient.dataSync()));
  });
  tf.dispose(dense);
  for (const { name, data, trained } of parameters.tables) {
    if (trained) full.set(name, new Float32Array(data.length));
  }
  for (const { table, rows: ids, values } of rows) {
    const sum = full.get(table.name)!;
    ids.forEach((row, i) => {
      if (row < 0) return;
      for (let c = 0; c < table.width; c++) sum[row * table.width + c]! += values[i * table.width + c]!;
    });
  }
  return full;
}

/** An initialiser of ordinary numbers, others for every seed. */
export const waves =
  (seed: number): Initializer =>
  (shape) =>
    wave(shape, seed);

/** Replaces all weights, those that start at 0 or 1 among them, by ordinary numbers. */
export function fillWithWaves(parameters: ParameterSet, amplitude = 1): void {
  parameters.dense.forEach(({ name, shape }, i) => {
    tf.tidy(() => parameters.setDense(name, tf.tensor(wave(shape, 10 + i, amplitude), [...shape])));
  });
  parameters.tables.forEach(({ data }, i) => {
    data.set(wave([data.length], 100 + i, amplitude));
  });
}

/** A scalar that weighs every output differently. */
export const weigh = (y: tf.Tensor): tf.Scalar =>
  y.mul(tf.tensor(wave(y.shape, 5), y.shape)).sum() as tf.Scalar;

/** Compares a tensor's elements, row-major, to five decimals. */
export function expectValues(tensor: tf.Tensor, expected: readonly number[]): void {
  const found = tensor.dataSync();
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 5);
  });
}

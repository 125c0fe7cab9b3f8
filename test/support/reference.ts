import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../../src/data/index.js';
import type { Model } from '../../src/models/index.js';
import { lossOf } from './training.js';

/** A weight of a reference: what its values are, and the derivative of the loss along a direction. */
export interface ReferenceWeight {
  readonly shape: readonly number[];
  readonly v: number;
  readonly amplitude: number;
  readonly offset: number;
  readonly slope: number;
}

export type ReferenceWeights = Readonly<Record<string, ReferenceWeight>>;

/** offset + amplitude sin(1 + v + 0.7 n + 0.013 n^2), as the references have it. */
export const referenceWave = (v: number, size: number, amplitude: number, offset = 0): Float32Array =>
  Float32Array.from(
    { length: size },
    (_, n) => offset + amplitude * Math.sin(1 + v + 0.7 * n + 0.013 * n * n),
  );

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/**
 * Gives a model the weights of a reference.
 *
 * @throws Error when names or shapes differ; `without` names tables that the reference does not have
 */
export function setWeights(
  { parameters }: Model,
  weights: ReferenceWeights,
  without: readonly string[] = [],
): void {
  const valuesOf = (name: string, shape: readonly number[]): Float32Array => {
    const weight = weights[name];
    if (weight?.shape.join() !== shape.join()) {
      throw new Error(`${name} is [${shape}], of the reference [${weight?.shape}]`);
    }
    return referenceWave(weight.v, sizeOf(shape), weight.amplitude, weight.offset);
  };
  for (const { name, shape } of parameters.dense) {
    tf.tidy(() => parameters.setDense(name, tf.tensor(valuesOf(name, shape), [...shape])));
  }
  const tables = parameters.tables.filter(({ name }) => !without.includes(name));
  for (const { name, data, rows, width } of tables) data.set(valuesOf(name, [rows, width]));
  const own = [...parameters.dense, ...tables].map(({ name }) => name).sort();
  if (own.join() !== Object.keys(weights).sort().join()) throw new Error(`the model has ${own}`);
}

/** Loss and its derivative along the reference's direction for each weight. */
export async function slopesOf(
  model: Model,
  weights: ReferenceWeights,
  loss: () => tf.Scalar,
): Promise<{ loss: number; slopes: Map<string, number> }> {
  const slopes = new Map<string, number>();
  const along = (name: string, gradient: ArrayLike<number>, at: (i: number) => number): void => {
    const { v, shape } = weights[name]!;
    const direction = referenceWave(50 + v, sizeOf(shape), 1);
    let sum = slopes.get(name) ?? 0;
    for (let i = 0; i < gradient.length; i++) if (at(i) >= 0) sum += gradient[i]! * direction[at(i)]!;
    slopes.set(name, sum);
  };
  const gradients = await model.parameters.gradients(loss);
  gradients.dense.forEach((gradient, i) => {
    along(model.parameters.dense[i]!.name, gradient.dataSync(), (n) => n);
  });
  tf.dispose([gradients.flat, ...gradients.dense]);
  for (const { table, rows, values } of gradients.rows) {
    const { name, width } = table;
    along(name, values, (n) => {
      const row = rows[Math.floor(n / width)]!;
      return row < 0 ? -1 : row * width + (n % width);
    });
  }
  return { loss: gradients.loss, slopes };
}

/** The weights whose slopes are not the reference's, to 1e-4 of them and 2e-6. */
export async function wrongSlopes(
  model: Model,
  weights: ReferenceWeights,
  batch: Batch,
  loss = () => lossOf(model, batch),
): Promise<string[]> {
  const { slopes } = await slopesOf(model, weights, loss);
  return Object.entries(weights).flatMap(([name, { slope }]) => {
    const found = slopes.get(name) ?? 0;
    return Math.abs(found - slope) < 2e-6 + 1e-4 * Math.abs(slope) ? [] : [`${name} ${found}, not ${slope}`];
  });
}

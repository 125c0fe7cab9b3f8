import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../src/base/index.js';
import type { Batch } from '../../src/data/index.js';
import { Optimizer } from '../../src/engine/index.js';
import type { Model } from '../../src/models/index.js';
import { slopesOf } from './slopes.js';
import { gradientsOf, lossOf } from './training.js';

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

/** The values of a reference's weights, by name. */
export const valuesOfWeights = (
  weights: Readonly<Record<string, Omit<ReferenceWeight, 'slope'>>>,
): Map<string, Float32Array> =>
  new Map(
    Object.entries(weights).map(([name, { v, shape, amplitude, offset }]) => [
      name,
      referenceWave(v, sizeOf(shape), amplitude, offset),
    ]),
  );

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
  const values = valuesOfWeights(weights);
  const valuesOf = (name: string, shape: readonly number[]): Float32Array => {
    const of = weights[name]?.shape;
    if (of?.join() !== shape.join()) throw new Error(`${name} is [${shape}], of the reference [${of}]`);
    return values.get(name)!;
  };
  for (const { name, shape } of parameters.dense) {
    tf.tidy(() => parameters.setDense(name, tf.tensor(valuesOf(name, shape), [...shape])));
  }
  const tables = parameters.tables.filter(({ name }) => !without.includes(name));
  for (const { name, data, rows, width } of tables) data.set(valuesOf(name, [rows, width]));
  const own = [...parameters.dense, ...tables].map(({ name }) => name).sort();
  if (own.join() !== Object.keys(weights).sort().join()) throw new Error(`the model has ${own}`);
}

/** The weights whose slopes are not the reference's, to 1e-4 of them and 2e-6. */
export async function wrongSlopes(
  model: Model,
  weights: ReferenceWeights,
  batch: Batch,
  loss = () => lossOf(model, batch),
): Promise<string[]> {
  const { slopes } = await slopesOf(model.parameters, loss, weights);
  return Object.entries(weights).flatMap(([name, { slope }]) => {
    const found = slopes.get(name) ?? 0;
    return Math.abs(found - slope) < 2e-6 + 1e-4 * Math.abs(slope) ? [] : [`${name} ${found}, not ${slope}`];
  });
}

/** The loss before and after an SGD update of all weights. */
export async function sgdStep(
  model: Model,
  batch: Batch,
  rate: number,
): Promise<{ readonly before: number; readonly after: number }> {
  const rest = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: null };
  const optimizer = new Optimizer(model.parameters, { name: 'sgd', ...rest });
  const gradients = await gradientsOf(model, batch);
  await optimizer.apply(gradients, rate);
  const after = tf.tidy(() => lossOf(model, batch).dataSync()[0]!);
  optimizer.dispose();
  return { before: gradients.loss, after };
}

import * as tf from '@tensorflow/tfjs';
import type { ParameterSet } from '../../src/engine/index.js';
import { wave } from './gradients.js';

/** A weight as references of fidelity tests describe it: its shape, and the number of its wave. */
export interface WavyWeight {
  readonly shape: readonly number[];
  readonly v: number;
}

/**
 * The loss, and how steep it is along a direction of each weight, a wave that the references know by the same formula
 * (51 + v + 0.7 n + 0.013 n^2, its sine). Weights without a gradient are left out.
 */
export async function slopesOf(
  parameters: ParameterSet,
  loss: () => tf.Scalar,
  weights: Readonly<Record<string, WavyWeight>>,
): Promise<{ readonly loss: number; readonly slopes: ReadonlyMap<string, number> }> {
  const slopes = new Map<string, number>();
  /** @param at place of a number of the gradient in the weight; negative: in none */
  const along = (name: string, gradient: ArrayLike<number>, at: (i: number) => number): void => {
    const { shape, v } = weights[name]!;
    const direction = wave(shape, 51 + v);
    let sum = slopes.get(name) ?? 0;
    for (let i = 0; i < gradient.length; i++) {
      const place = at(i);
      if (place >= 0) sum += gradient[i]! * direction[place]!;
    }
    slopes.set(name, sum);
  };
  const gradients = await parameters.gradients(loss);
  gradients.dense.forEach((gradient, i) => {
    along(parameters.dense[i]!.name, gradient.dataSync(), (n) => n);
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

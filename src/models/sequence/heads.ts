import * as tf from '@tensorflow/tfjs';
import type { Pairs } from '../../data/index.js';
import { type DenseParameter, gatherRows, type ParameterSet } from '../../engine/index.js';
import { linear, type PairRows, pairLogits } from '../../layers/index.js';
import type { Interest } from './encoder.js';

export interface MlpHead {
  readonly matrices: readonly DenseParameter[];
  /**
   * relu([u ; x ; p] W1 + b1) w2 + b2. What depends on the item or on the context alone is worked out once for each. [P]
   *
   * @param x of the candidates. [N, d]
   * @param user p of each context, where the head takes one. [U, userSize]
   */
  logits(interest: Interest, x: tf.Tensor2D, pairs: Pairs, user?: tf.Tensor2D): tf.Tensor1D;
}

/** Weights `name.hidden` and `name.out`. Widths of u, x and p (or 0). */
export function mlpHead(
  parameters: ParameterSet,
  name: string,
  widths: readonly [interest: number, item: number, user: number],
  hidden: number,
): MlpHead {
  const inputs = widths[0] + widths[1] + widths[2];
  const inner = linear(parameters, `${name}.hidden`, { inputs, outputs: hidden, bias: true });
  const out = linear(parameters, `${name}.out`, { inputs: hidden, outputs: 1, bias: true });
  return {
    matrices: [inner.weight, out.weight],
    logits: ({ vectors, row }, x, pairs, user) => {
      const [ofInterest, ofItem, ofUser] = tf.split(
        inner.weight.value(),
        widths.filter((width) => width > 0),
      ) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
      const bias = inner.bias!.value<tf.Rank.R1>();
      const items = tf.fused.matMul({ a: x, b: ofItem, bias }) as tf.Tensor2D;
      const parts: PairRows[] = [{ values: items, row: pairs.item }];
      if (user) parts.push({ values: tf.matMul(user, ofUser), row: pairs.context });
      if (row === null) return pairLogits({ weight: ofInterest, out }, vectors, parts);
      return pairLogits({ out }, null, [...parts, { values: tf.matMul(vectors, ofInterest), row }]);
    },
  };
}

/**
 * u . x + b. [P]
 *
 * @param x of the candidates. [N, d]
 * @param bias of the candidates. [N, 1]
 */
export function dotLogits(
  { vectors, row }: Interest,
  x: tf.Tensor2D,
  bias: tf.Tensor2D,
  { item }: Pairs,
): tf.Tensor1D {
  const u = row ? gatherRows(vectors, row) : vectors;
  return u
    .mul(gatherRows(x, item))
    .sum<tf.Tensor1D>(1)
    .add(gatherRows(bias, item).reshape([-1]));
}

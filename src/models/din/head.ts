import * as tf from '@tensorflow/tfjs';
import { dropout, gatherRows, type Mode, type ParameterSet } from '../../engine/index.js';
import { type ActivationKind, activatedMlp, type LearnedActivation } from '../../layers/index.js';

/** Widths of the three parts of what goes into the MLP, in their order. */
export interface HeadParts {
  readonly user: number;
  readonly item: number;
  readonly interest: number;
}

export interface HeadOptions {
  readonly hidden: readonly number[];
  readonly activation: ActivationKind;
  /** Share of the hidden values that are kept in training. */
  readonly keep: number;
}

/** The prediction MLP on [user ; item ; interest]. The first layer acts on each part where that is known. */
export interface Head {
  readonly activations: readonly LearnedActivation[];
  /** [U, user] -> [U, h] */
  ofUser(users: tf.Tensor2D): tf.Tensor2D;
  /**
   * @param interest of each pair. [P, interest]
   * @param users what `ofUser` gave, and the row of each pair
   * @param items vectors of candidates [N, item], and the row of each pair
   * @returns [P]
   */
  logits(interest: tf.Tensor2D, users: Rows, items: Rows, mode: Mode): tf.Tensor1D;
}

interface Rows {
  readonly values: tf.Tensor2D;
  readonly row: Int32Array;
}

/** Weights `mlp.1`, `mlp.2`, .. and `out`. */
export function head(parameters: ParameterSet, parts: HeadParts, options: HeadOptions): Head {
  const { hidden, activation, keep } = options;
  const sizes = [parts.user, parts.item, parts.interest];
  const { first, activations, finish } = activatedMlp(parameters, 'mlp', 'out', {
    inputs: sizes.reduce((sum, size) => sum + size),
    hidden,
    activation,
  });
  const split = () =>
    tf.split(first.weight.value<tf.Rank.R2>(), sizes, 0) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
  return {
    activations,
    ofUser: (users) => tf.matMul(users, split()[0]),
    logits: (interest, users, items, mode) => {
      const [, ofItem, ofInterest] = split();
      const bias = first.bias!.value<tf.Rank.R1>();
      const fromItems = tf.matMul<tf.Tensor2D>(items.values, ofItem);
      const z = tf.addN([
        tf.fused.matMul({ a: interest, b: ofInterest, bias }),
        gatherRows(fromItems, items.row),
        gatherRows(users.values, users.row),
      ]) as tf.Tensor2D;
      const logits = finish(z, mode, (h, layer) => dropout(h, keep, mode, layer));
      return logits.reshape([interest.shape[0]]);
    },
  };
}

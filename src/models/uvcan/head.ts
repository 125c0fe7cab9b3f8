import * as tf from '@tensorflow/tfjs';
import {
  type DenseParameter,
  gatherRows,
  type Initializer,
  type ParameterSet,
  relu,
} from '../../engine/index.js';
import { linear, type PairRows } from '../../layers/index.js';

/** Parts of z, Eq. 3, in its order: K columns each. */
const order = ['q0', 'uhat', 'vhat', 'userId', 'videoId'] as const;
type Part = (typeof order)[number];
type Parts = { readonly [part in Part]?: tf.Tensor2D };

export interface PredictionParts {
  /** Parts that differ by pair, by context and by item. */
  readonly ofPair: readonly Part[];
  readonly ofContext: readonly Part[];
  readonly ofItem: readonly Part[];
  /** K */
  readonly width: number;
}

/** Eq. 4: hidden layers with ReLU and one output. The first layer acts on each part of z where that is known. */
export interface PredictionMlp {
  readonly matrices: readonly DenseParameter[];
  readonly ofContext: readonly Part[];
  /** What parts of z add to the first hidden layer; those that are no part of z add nothing. [.., K] each -> [.., h] */
  part(parts: Parts): tf.Tensor2D;
  /**
   * @param ofPair the parts that differ by pair. [P, K] each
   * @param added what `part` gave for the others, by rows
   * @returns [P]
   */
  logits(ofPair: Parts, added: readonly PairRows[]): tf.Tensor1D;
}

/** Weights `mlp.1`, `mlp.2`, .. of the hidden layers, the rows of the first in the order of z, and `out`. */
export function predictionMlp(
  parameters: ParameterSet,
  hidden: readonly number[],
  init: Initializer,
  { ofPair, ofContext, ofItem, width }: PredictionParts,
): PredictionMlp {
  const z = order.filter((part) => [...ofPair, ...ofContext, ...ofItem].includes(part));
  const widths = [z.length * width, ...hidden];
  const layers = hidden.map((outputs, i) =>
    linear(parameters, `mlp.${i + 1}`, { inputs: widths[i]!, outputs, bias: true, init }),
  );
  const out = linear(parameters, 'out', { inputs: hidden.at(-1)!, outputs: 1, bias: true, init });
  const [first, ...rest] = layers as [(typeof layers)[number], ...typeof layers];
  const rowsOf = (part: Part): tf.Tensor2D =>
    first.weight.value<tf.Rank.R2>().slice([z.indexOf(part) * width, 0], [width, -1]);
  const part = (parts: Parts): tf.Tensor2D => {
    const given = z.filter((name) => parts[name]);
    const joined = (all: tf.Tensor2D[], axis: 0 | 1) => (all.length === 1 ? all[0]! : tf.concat(all, axis));
    return tf.matMul<tf.Tensor2D>(
      joined(
        given.map((name) => parts[name]!),
        1,
      ),
      joined(given.map(rowsOf), 0),
    );
  };
  return {
    matrices: [...layers, out].map(({ weight }) => weight),
    ofContext,
    part,
    logits: (pairs, added) => {
      const sum = added.reduce<tf.Tensor2D>(
        (sum, { values, row }) => sum.add(gatherRows(values, row)),
        part(pairs).add(first.bias!.value()),
      );
      const last = rest.reduce((h, layer) => relu(layer.apply(h)), relu(sum));
      return out.apply(last).reshape([-1]);
    },
  };
}

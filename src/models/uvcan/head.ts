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
  /**
   * What the parts that differ by context add to the first hidden layer, null where there are none. Others that are given are
   * not looked at. [U, K] each -> [U, h]
   */
  ofContext(parts: Parts): tf.Tensor2D | null;
  /** The same of the parts that differ by item. [N, K] each -> [N, h] */
  ofItem(parts: Parts): tf.Tensor2D | null;
  /**
   * @param parts those that differ by pair. [P, K] each
   * @param added what `ofContext` and `ofItem` gave, by rows
   * @returns [P]
   */
  logits(parts: Parts, added: readonly PairRows[]): tf.Tensor1D;
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
  const joined = (all: tf.Tensor2D[], axis: 0 | 1) => (all.length === 1 ? all[0]! : tf.concat(all, axis));
  const partsOf =
    (names: readonly Part[]) =>
    (parts: Parts): tf.Tensor2D => {
      const columns = names.map((name) => parts[name]!);
      return tf.matMul(joined(columns, 1), joined(names.map(rowsOf), 0));
    };
  const orNull = (names: readonly Part[]) => (names.length > 0 ? partsOf(names) : () => null);
  return {
    matrices: [...layers, out].map(({ weight }) => weight),
    ofContext: orNull(ofContext),
    ofItem: orNull(ofItem),
    logits: (parts, added) => {
      const sum = added.reduce<tf.Tensor2D>(
        (sum, { values, row }) => sum.add(gatherRows(values, row)),
        partsOf(ofPair)(parts).add(first.bias!.value()),
      );
      const last = rest.reduce((h, layer) => relu(layer.apply(h)), relu(sum));
      return out.apply(last).reshape([-1]);
    },
  };
}

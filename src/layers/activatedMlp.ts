import type * as tf from '@tensorflow/tfjs';
import type { Mode, ParameterSet } from '../engine/index.js';
import { type ActivationKind, type LearnedActivation, learnedActivation } from './learnedActivation.js';
import { type Linear, linear } from './linear.js';

/** Layers with learned activations under one unit, of which whoever has them works out the first layer's sums. */
export interface ActivatedMlp {
  readonly first: Linear;
  readonly last: Linear;
  readonly activations: readonly LearnedActivation[];
  /**
   * @param sums of the first layer, its bias among them. [N, h_1]
   * @param afterwards what else is done to the values of a layer, by its name
   * @returns [N, 1]
   */
  finish(
    sums: tf.Tensor2D,
    mode: Mode,
    afterwards?: (h: tf.Tensor2D, layer: string) => tf.Tensor2D,
  ): tf.Tensor2D;
}

/** Weights `name.1`, `name.2`, .. with `.weight` and `.bias`, and `out`; what activations have under `name.1`, .. too. */
export function activatedMlp(
  parameters: ParameterSet,
  name: string,
  out: string,
  options: {
    readonly inputs: number;
    readonly hidden: readonly number[];
    readonly activation: ActivationKind;
  },
): ActivatedMlp {
  const { inputs, hidden, activation } = options;
  const names = hidden.map((_, i) => `${name}.${i + 1}`);
  const layers = hidden.map((outputs, i) =>
    linear(parameters, names[i]!, { inputs: hidden[i - 1] ?? inputs, outputs, bias: true }),
  );
  const activations = hidden.map((width, i) => learnedActivation(parameters, names[i]!, activation, width));
  const last = linear(parameters, out, { inputs: hidden.at(-1)!, outputs: 1, bias: true });
  const [first, ...rest] = layers as [Linear, ...Linear[]];
  return {
    first,
    last,
    activations,
    finish: (sums, mode, afterwards = (h) => h) => {
      const activate = (z: tf.Tensor2D, i: number) => afterwards(activations[i]!.apply(z, mode), names[i]!);
      return last.apply(rest.reduce((h, layer, i) => activate(layer.apply(h), i + 1), activate(sums, 0)));
    },
  };
}

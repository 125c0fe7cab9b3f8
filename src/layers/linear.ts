import * as tf from '@tensorflow/tfjs';
import {
  type DenseParameter,
  glorotUniform,
  type Initializer,
  type ParameterSet,
  relu,
  zeros,
} from '../engine/index.js';

/** A linear map of the last axis. */
export interface Linear {
  /** [inputs, outputs] */
  readonly weight: DenseParameter;
  /** [outputs] */
  readonly bias: DenseParameter | null;
  /** x W + b: [.., inputs] -> [.., outputs] */
  apply<T extends tf.Tensor>(x: T): T;
}

export interface LinearOptions {
  readonly inputs: number;
  readonly outputs: number;
  readonly bias: boolean;
  readonly init?: Initializer;
  readonly biasInit?: Initializer;
}

/** Weights `name.weight` and `name.bias`; unless said otherwise Glorot uniform and 0. */
export function linear(parameters: ParameterSet, name: string, options: LinearOptions): Linear {
  const { inputs, outputs, init = glorotUniform, biasInit = zeros } = options;
  const weight = parameters.addDense(`${name}.weight`, [inputs, outputs], init);
  const bias = options.bias ? parameters.addDense(`${name}.bias`, [outputs], biasInit) : null;
  return {
    weight,
    bias,
    apply: <T extends tf.Tensor>(x: T) => {
      const flat = x.reshape([-1, inputs]) as tf.Tensor2D;
      const kernel = weight.value<tf.Rank.R2>();
      // Not fused without a bias: the fused product would differentiate x even where x is data.
      const product = bias
        ? tf.fused.matMul({ a: flat, b: kernel, bias: bias.value<tf.Rank.R1>() })
        : tf.matMul(flat, kernel);
      return product.reshape([...x.shape.slice(0, -1), outputs]) as T;
    },
  };
}

/** Linear maps with a ReLU after each; `widths` are those of the input and of every layer. [.., widths[0]] -> [.., last] */
export function mlp(
  parameters: ParameterSet,
  name: string,
  widths: readonly number[],
): Pick<Linear, 'apply'> & { readonly layers: readonly Linear[] } {
  const layers = widths
    .slice(1)
    .map((outputs, i) => linear(parameters, `${name}.${i + 1}`, { inputs: widths[i]!, outputs, bias: true }));
  return {
    layers,
    apply: <T extends tf.Tensor>(x: T) => layers.reduce((h, layer) => relu(layer.apply(h)), x),
  };
}

import * as tf from '@tensorflow/tfjs';
import {
  type DenseParameter,
  glorotUniform,
  type Initializer,
  type ParameterSet,
  relu,
  zeros,
} from '../engine/index.js';

type Values = Pick<DenseParameter, 'shape' | 'value'>;

/** A linear map of the last axis. */
export interface LinearMap {
  /** [inputs, outputs] */
  readonly weight: Values;
  /** [outputs] */
  readonly bias: Values | null;
  /** x W + b: [.., inputs] -> [.., outputs] */
  apply<T extends tf.Tensor>(x: T): T;
}

/** With weights of its own. */
export interface Linear extends LinearMap {
  readonly weight: DenseParameter;
  readonly bias: DenseParameter | null;
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
  return { weight, bias, apply: (x) => apply(x, weight, bias) };
}

function apply<T extends tf.Tensor>(x: T, weight: Values, bias: Values | null): T {
  const [inputs, outputs] = weight.shape;
  const flat = x.reshape([-1, inputs!]) as tf.Tensor2D;
  const kernel = weight.value<tf.Rank.R2>();
  // Not fused without a bias: the fused product would differentiate x even where x is data.
  const product = bias
    ? tf.fused.matMul({ a: flat, b: kernel, bias: bias.value<tf.Rank.R1>() })
    : tf.matMul(flat, kernel);
  return product.reshape([...x.shape.slice(0, -1), outputs!]) as T;
}

/** A map whose weights are worked out from others. @param weight [inputs, outputs] @param bias [outputs] */
export function fixedMap(weight: tf.Tensor2D, bias: tf.Tensor1D): LinearMap {
  const valuesOf = (tensor: tf.Tensor): Values => ({
    shape: tensor.shape,
    value: <R extends tf.Rank>() => tensor as tf.Tensor<R>,
  });
  const [values, biases] = [valuesOf(weight), valuesOf(bias)];
  return { weight: values, bias: biases, apply: (x) => apply(x, values, biases) };
}

/** What a map makes of its inputs start..start+size-1 alone, of which one part at most takes its bias. */
export function linearPart(
  { weight, bias }: Linear,
  start: number,
  size: number,
  takesBias: boolean,
): LinearMap {
  const shape = [size, weight.shape[1]!];
  const part: Values = {
    shape,
    value: <R extends tf.Rank>() =>
      weight.value<tf.Rank.R2>().slice([start, 0], [size, -1]) as tf.Tensor as tf.Tensor<R>,
  };
  const own = takesBias ? bias : null;
  return { weight: part, bias: own, apply: (x) => apply(x, part, own) };
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

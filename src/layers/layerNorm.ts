import * as tf from '@tensorflow/tfjs';
import {
  type Floats,
  filledTensors,
  type Initializer,
  type Kernels,
  nativeKernels,
  ones,
  type ParameterSet,
  valuesInPlace,
  zeros,
} from '../engine/index.js';

const EPSILON = 1e-8;

export interface LayerNormInit {
  readonly gamma: Initializer;
  readonly beta: Initializer;
}

/**
 * Layer normalisation over the last axis (Ba et al. 2016): gamma (x - mean) / sqrt(variance + 1e-8) + beta, with the
 * biased variance. [.., width] -> [.., width]. Weights `name.gamma` and `name.beta`.
 */
export function layerNorm(
  parameters: ParameterSet,
  name: string,
  width: number,
  init: LayerNormInit = { gamma: ones, beta: zeros },
): <T extends tf.Tensor>(x: T) => T {
  const gamma = parameters.addDense(`${name}.gamma`, [width], init.gamma);
  const beta = parameters.addDense(`${name}.beta`, [width], init.beta);
  return <T extends tf.Tensor>(x: T) => {
    const kernels = nativeKernels();
    const weights = [gamma.value(), beta.value()] as const;
    if (kernels && x.size > 0) return normalised(kernels, x, ...weights) as T;
    return standardised(x).mul(weights[0]).add(weights[1]) as T;
  };
}

function normalised(kernels: Kernels, x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor {
  const { threads } = kernels;
  const width = gamma.size;
  const valuesOf = (tensors: readonly tf.Tensor[]) => tensors.map((tensor) => valuesInPlace(kernels, tensor));
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const given = inputs.slice(0, 3) as tf.Tensor[];
    const [unit, deviation, result] = filledTensors(
      kernels,
      [x.shape, [x.size / width], x.shape],
      (...filled) =>
        kernels.layerNormForward(threads, width, EPSILON, ...([...valuesOf(given), ...filled] as Six)),
    );
    (inputs[3] as tf.GradSaveFunc)([unit!, deviation!, gamma]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) =>
      filledTensors(kernels, [x.shape, gamma.shape, gamma.shape], (...filled) =>
        kernels.layerNormBackward(threads, width, ...([...valuesOf([...saved, dy]), ...filled] as Seven)),
      );
    return { value: result!, gradFunc };
  });
  return op(x, gamma, beta);
}

type Six = [Floats, Floats, Floats, Floats, Floats, Floats];
type Seven = [...Six, Floats];

/** y = (x - mean) / deviation, with dx = (dy - mean(dy) - y mean(dy y)) / deviation in one piece. */
function standardised(x: tf.Tensor): tf.Tensor {
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [given, save] = inputs as [tf.Tensor, tf.GradSaveFunc];
    const centred = given.sub(given.mean(-1, true));
    const deviation = centred.square().mean(-1, true).add(EPSILON).sqrt();
    const value = centred.div(deviation);
    save([value, deviation]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [y, scale] = saved as [tf.Tensor, tf.Tensor];
      return dy
        .sub(dy.mean(-1, true))
        .sub(y.mul(dy.mul(y).mean(-1, true)))
        .div(scale);
    };
    return { value, gradFunc };
  });
  return op(x);
}

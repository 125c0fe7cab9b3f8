import * as tf from '@tensorflow/tfjs';
import { type Initializer, ones, type ParameterSet, zeros } from '../engine/index.js';

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
  return <T extends tf.Tensor>(x: T) => standardised(x).mul(gamma.value()).add(beta.value()) as T;
}

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

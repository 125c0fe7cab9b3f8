import type * as tf from '@tensorflow/tfjs';
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
  return <T extends tf.Tensor>(x: T) => {
    const centred = x.sub(x.mean(-1, true));
    const deviation = centred.square().mean(-1, true).add(EPSILON).sqrt();
    return centred.div(deviation).mul(gamma.value()).add(beta.value()) as T;
  };
}

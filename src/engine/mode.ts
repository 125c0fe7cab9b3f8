import * as tf from '@tensorflow/tfjs';
import { randomStream, sizeOf } from '../base/index.js';

/** Receives an intermediate result of a forward pass, which stays the giver's: keep a clone to have it later. */
export type Tap = (name: string, value: tf.Tensor) => void;

/**
 * What a forward pass is for. In training it carries the step's key, from which dropout masks are drawn; else it may carry
 * a tap, for those who want to see attention weights and the like.
 */
export type Mode =
  | { readonly training: false; readonly tap?: Tap }
  | { readonly training: true; readonly key: readonly (string | number)[]; readonly tap?: undefined };

export const inference: Mode = { training: false };

/**
 * Inverted dropout: in training each element is kept with probability `keep` and scaled by 1 / keep, else 0.
 *
 * @param site name of the place, different for every call within a step
 */
export function dropout<T extends tf.Tensor>(x: T, keep: number, mode: Mode, site: string): T {
  if (!mode.training || keep === 1) return x;
  return tf.mul(x, dropoutMask(x.shape, keep, mode, site));
}

/**
 * What dropout multiplies with: 1 / keep or 0. A function of shape, the step's key and `site` alone, hence the same on
 * every engine and after a resume.
 */
export function dropoutMask(shape: readonly number[], keep: number, mode: Mode, site: string): tf.Tensor {
  if (!mode.training) return tf.ones([...shape]);
  const random = randomStream(...mode.key, 'dropout', site);
  const mask = new Float32Array(sizeOf(shape));
  const threshold = Math.round(keep * 65536);
  const scale = 1 / keep;
  for (let i = 0; i < mask.length; i += 2) {
    const bits = random.uint32();
    if (bits >>> 16 < threshold) mask[i] = scale;
    if ((bits & 0xffff) < threshold && i + 1 < mask.length) mask[i + 1] = scale;
  }
  return tf.tensor(mask, [...shape]);
}

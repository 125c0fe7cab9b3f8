import { type RandomStream, sizeOf } from '../base/index.js';

/** Fills a fresh array for a weight of the given shape. */
export type Initializer = (shape: readonly number[], random: RandomStream) => Float32Array;

export const constant =
  (value: number): Initializer =>
  (shape) =>
    new Float32Array(sizeOf(shape)).fill(value);

export const zeros = constant(0);
export const ones = constant(1);

/** Normal with mean 0 and the given standard deviation. */
export const normal =
  (std: number): Initializer =>
  (shape, random) =>
    Float32Array.from({ length: sizeOf(shape) }, () => std * random.normal());

/**
 * Glorot and Bengio 2010: uniform within ±sqrt(6 / (fan in + fan out)). As TensorFlow counts fans, a vector of
 * size s has fan in = fan out = s, hence the limit sqrt(3 / s); a stack [.., in, out] uses its last two sides.
 */
export const glorotUniform: Initializer = (shape, random) => {
  const fanOut = shape.at(-1) ?? 1;
  const fanIn = shape.at(-2) ?? fanOut;
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  return Float32Array.from({ length: sizeOf(shape) }, () => limit * (2 * random.uniform() - 1));
};

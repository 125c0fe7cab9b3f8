import { type RandomStream, sizeOf } from '../base/index.js';
import { tableValues } from './rows.js';

/** Fills a fresh array for a weight of the given shape. */
export type Initializer = (shape: readonly number[], random: RandomStream) => Float32Array;

export const constant =
  (value: number): Initializer =>
  (shape) =>
    tableValues(sizeOf(shape)).fill(value);

export const zeros = constant(0);
export const ones = constant(1);

/** Normal with mean 0 and the given standard deviation. */
export const normal =
  (std: number): Initializer =>
  (shape, random) =>
    draw(sizeOf(shape), () => std * random.normal());

/** The same, drawn anew where a value lies beyond two standard deviations (TensorFlow's truncated normal). */
export const truncatedNormal =
  (std: number): Initializer =>
  (shape, random) =>
    draw(sizeOf(shape), () => {
      let value = random.normal();
      while (Math.abs(value) > 2) value = random.normal();
      return std * value;
    });

/**
 * The same of a table whose other rows nothing is ever learned of: they are zero, as their lookups are, so that weights that are
 * exchanged say it.
 *
 * @param known 1 for the rows that are trained. [rows]
 */
export const ofKnown =
  (known: Uint8Array, init: Initializer): Initializer =>
  (shape, random) => {
    const values = init(shape, random);
    const width = values.length / known.length;
    known.forEach((isKnown, row) => {
      if (!isKnown) values.fill(0, row * width, (row + 1) * width);
    });
    return values;
  };

/**
 * Glorot and Bengio 2010: uniform within ±sqrt(6 / (fan in + fan out)). As TensorFlow counts fans, a vector of
 * size s has fan in = fan out = s, hence the limit sqrt(3 / s); a stack [.., in, out] uses its last two sides.
 */
export const glorotUniform: Initializer = (shape, random) => {
  const fanOut = shape.at(-1) ?? 1;
  const fanIn = shape.at(-2) ?? fanOut;
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  return draw(sizeOf(shape), () => limit * (2 * random.uniform() - 1));
};

/** Glorot and Bengio 2010 with normal numbers: variance 2 / (fan in + fan out) of a matrix [in, out]. */
export const glorotNormal: Initializer = (shape, random) => {
  const [fanIn, fanOut] = shape as [number, number];
  const std = Math.sqrt(2 / (fanIn + fanOut));
  return draw(sizeOf(shape), () => std * random.normal());
};

/**
 * Rows that are known beforehand, such as content vectors: [count, width]. They are asked for by chunks, so the table
 * is the only copy.
 *
 * @param vectors as wide as the weight that it fills
 */
export const fromVectors =
  (vectors: { readonly width: number; rows(ids: Int32Array): Float32Array }): Initializer =>
  (shape) => {
    const [count, width] = shape as readonly [number, number];
    if (width !== vectors.width) throw new RangeError(`vectors are ${vectors.width} wide, not ${width}`);
    const values = tableValues(count * width);
    for (let start = 0; start < count; start += VECTORS_AT_A_TIME) {
      const end = Math.min(count, start + VECTORS_AT_A_TIME);
      values.set(vectors.rows(Int32Array.from({ length: end - start }, (_, i) => start + i)), start * width);
    }
    return values;
  };
const VECTORS_AT_A_TIME = 4096;

/** A loop: a table has hundreds of millions of values, which `Float32Array.from` takes minutes for. */
function draw(size: number, next: () => number): Float32Array {
  const values = tableValues(size);
  for (let i = 0; i < size; i++) values[i] = next();
  return values;
}

/**
 * Saxe et al. 2014: of a matrix [rows, columns] the shorter side's vectors are orthonormal. Normal numbers made
 * orthogonal by modified Gram-Schmidt, uniform over all such matrices.
 */
export const orthogonal: Initializer = (shape, random) => {
  const [rows, columns] = shape as [number, number];
  const [count, length] = rows < columns ? [rows, columns] : [columns, rows];
  const vectors = Array.from({ length: count }, () => Float64Array.from({ length }, () => random.normal()));
  vectors.forEach((vector, k) => {
    for (const earlier of vectors.slice(0, k)) {
      const share = vector.reduce((sum, value, i) => sum + value * earlier[i]!, 0);
      for (let i = 0; i < length; i++) vector[i]! -= share * earlier[i]!;
    }
    const norm = Math.hypot(...vector);
    for (let i = 0; i < length; i++) vector[i]! /= norm;
  });
  return Float32Array.from({ length: rows * columns }, (_, n) => {
    const [r, c] = [Math.floor(n / columns), n % columns];
    return rows < columns ? vectors[r]![c]! : vectors[c]![r]!;
  });
};

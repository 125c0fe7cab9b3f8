import { didYouMean, UserError } from '../base/index.js';
import type { Features, VectorFeature } from './types.js';
import { HeldVectors, MappedVectors } from './vectors.js';

/** Items whose vectors are read at a time. */
const CHUNK = 4096;

/**
 * Features whose named vectors have mean 0 and standard deviation 1 in each dimension, over the items of the train part. A
 * vector of zeros is one that the source does not have: it stays so, and counts for nothing. A dimension that is the same
 * for all is 0.
 *
 * @param warm 1 for items of the train part. [items]
 * @throws UserError when there is no such vector
 */
export function standardized(features: Features, names: readonly string[], warm: Uint8Array): Features {
  const { vectors } = features;
  const scaled = names.map((name) => {
    const vector = Object.hasOwn(vectors, name) ? vectors[name]! : null;
    if (vector) return [name, scaledBy(vector, momentsOf(vector, warm))] as const;
    throw new UserError(
      `the data set has no item vector ${name} (data.standardize)`,
      didYouMean(name, Object.keys(vectors), 'Item vectors'),
    );
  });
  return { ...features, vectors: { ...vectors, ...Object.fromEntries(scaled) } };
}

/** Of each dimension. [width] each */
interface Moments {
  readonly mean: Float64Array;
  /** 1 / standard deviation; 0 where that is 0. */
  readonly scale: Float64Array;
}

function momentsOf(vector: VectorFeature, warm: Uint8Array): Moments {
  const { width } = vector;
  const items = Int32Array.from(warm.keys()).filter((item) => warm[item] === 1);
  const mean = new Float64Array(width);
  const squares = new Float64Array(width); // of the distance to the mean (Welford)
  let count = 0;
  for (let start = 0; start < items.length; start += CHUNK) {
    const rows = vector.rows(items.slice(start, start + CHUNK));
    for (let at = 0; at < rows.length; at += width) {
      if (!isKnown(rows, at, width)) continue;
      count++;
      for (let d = 0; d < width; d++) {
        const distance = rows[at + d]! - mean[d]!;
        mean[d]! += distance / count;
        squares[d]! += distance * (rows[at + d]! - mean[d]!);
      }
    }
  }
  return { mean, scale: squares.map((sum) => (sum > 0 ? 1 / Math.sqrt(sum / count) : 0)) };
}

function scaledBy(vector: VectorFeature, moments: Moments): VectorFeature {
  const { matrix, width } = vector;
  if (!matrix) return new MappedVectors(vector, (rows) => scaleRows(rows, width, moments));
  return new HeldVectors(scaleRows(matrix.slice(), width, moments), width, vector);
}

/** Scales vectors in place. */
function scaleRows(rows: Float32Array, width: number, { mean, scale }: Moments): Float32Array {
  for (let at = 0; at < rows.length; at += width) {
    if (!isKnown(rows, at, width)) continue;
    for (let d = 0; d < width; d++) rows[at + d] = (rows[at + d]! - mean[d]!) * scale[d]!;
  }
  return rows;
}

function isKnown(rows: Float32Array, at: number, width: number): boolean {
  for (let d = at; d < at + width; d++) if (rows[d] !== 0) return true;
  return false;
}

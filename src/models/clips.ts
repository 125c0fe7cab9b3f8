import type { VectorFeature } from '../data/index.js';

/** Vectors of clips: clip c of item v is row v N_c + c. */
export interface ClipVectors {
  /** d_v */
  readonly width: number;
  /** Row-major [N, d_v], a fresh array. */
  rows(clips: Int32Array): Float32Array;
}

/** N_c clips of a feature, of whose own N_c is a divisor or a multiple; of a multiple, neighbours have the same vector. */
export function cutInto(feature: VectorFeature, clips: number): ClipVectors {
  const has = feature.clips ?? 1;
  const width = feature.width / has;
  return { width, rows: (ids) => averaged(feature, ids, clips, has, width) };
}

/** Each of the given clips: the mean of those of the feature's `has` that it is made of. */
function averaged(
  feature: VectorFeature,
  ids: Int32Array,
  clips: number,
  has: number,
  width: number,
): Float32Array {
  const merged = Math.max(1, has / clips);
  const found = new Float32Array(ids.length * width);
  const items = ids.map((id) => Math.floor(id / clips));
  // Clips of an item follow each other, and so it is read once.
  const first = items.map((item, i) => (i > 0 && items[i - 1] === item ? 0 : 1));
  const vectors = feature.rows(items.filter((_, i) => first[i] === 1));
  let at = -1;
  ids.forEach((id, i) => {
    at += first[i]!;
    const start = at * feature.width + Math.floor(((id % clips) * has) / clips) * width;
    for (let c = 0; c < width; c++) {
      let sum = 0;
      for (let part = 0; part < merged; part++) sum += vectors[start + part * width + c]!;
      found[i * width + c] = sum / merged;
    }
  });
  return found;
}

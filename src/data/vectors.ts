import type { VectorFeature } from './types.js';

/** Vectors in memory, row-major [count, width]. */
export class HeldVectors implements VectorFeature {
  constructor(
    private readonly data: Float32Array,
    readonly width: number,
  ) {}

  rows(items: Int32Array): Float32Array {
    const { data, width } = this;
    const rows = new Float32Array(items.length * width);
    for (let i = 0; i < items.length; i++) {
      const start = items[i]! * width;
      rows.set(data.subarray(start, start + width), i * width);
    }
    return rows;
  }
}

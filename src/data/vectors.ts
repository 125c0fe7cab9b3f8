import { gather, type NpyData, type NpyRows, requireRows, UserError } from '../base/index.js';
import type { VectorFeature } from './types.js';

/** Vectors in memory, row-major [count, width]. */
export class HeldVectors implements VectorFeature {
  constructor(
    readonly matrix: Float32Array,
    readonly width: number,
    readonly clips?: number,
  ) {}

  rows(items: Int32Array): Float32Array {
    const { matrix, width } = this;
    requireRows(items, 0, matrix.length / width);
    const rows = new Float32Array(items.length * width);
    for (let i = 0; i < items.length; i++) {
      const start = items[i]! * width;
      rows.set(matrix.subarray(start, start + width), i * width);
    }
    return rows;
  }
}

/** Vectors of a store's file, read by rows. */
export class StreamedVectors implements VectorFeature {
  readonly width: number;

  constructor(
    private readonly file: NpyRows,
    readonly clips?: number,
  ) {
    this.width = file.width;
  }

  rows(items: Int32Array): Float32Array {
    return this.file.rows(items);
  }
}

/** Some vectors of a feature, under numbers of their own. */
export class PickedVectors implements VectorFeature {
  readonly width: number;
  readonly clips: number | undefined;

  /** @param kept the feature's number of each vector. [count] */
  constructor(
    private readonly all: VectorFeature,
    private readonly kept: Int32Array,
  ) {
    this.width = all.width;
    this.clips = all.clips;
  }

  rows(items: Int32Array): Float32Array {
    requireRows(items, 0, this.kept.length);
    return this.all.rows(gather(this.kept, items));
  }
}

/**
 * Vectors as a source's file has them, checked as they are read.
 *
 * `rows` throws a UserError naming the place of a value that is not finite as float32.
 */
export class SourceVectors implements VectorFeature {
  readonly width: number;

  /** @param rowOf where an item's vector lies in the file; -1: it has none, and gets zeros. [items] */
  constructor(
    private readonly source: NpyRows,
    private readonly rowOf: Int32Array,
    private readonly file: string,
  ) {
    this.width = source.width;
  }

  rows(items: Int32Array): Float32Array {
    const { source, width } = this;
    requireRows(items, 0, this.rowOf.length);
    const places = items.map((item) => this.rowOf[item]!);
    const known = places.filter((place) => place >= 0);
    const found = this.checked(source.values(known), known);
    if (known.length === items.length) return found;
    const rows = new Float32Array(items.length * width);
    for (let i = 0, next = 0; i < places.length; i++) {
      if (places[i]! < 0) continue;
      rows.set(found.subarray(next, next + width), i * width);
      next += width;
    }
    return rows;
  }

  private checked(values: NpyData, places: Int32Array): Float32Array {
    const rows = values instanceof Float32Array ? values : Float32Array.from(values);
    // A finite number less itself is zero, anything else is NaN: one addition a value.
    let sum = 0;
    for (let i = 0; i < rows.length; i++) sum += rows[i]! - rows[i]!;
    if (sum === 0) return rows;
    const bad = rows.findIndex((value) => !Number.isFinite(value));
    throw new UserError(
      `row ${places[Math.floor(bad / this.width)]}, column ${bad % this.width} is ${values[bad]}`,
      'Features must be finite numbers that float32 can hold (up to 3.4e38): replace it, or drop the row.',
      { file: this.file },
    );
  }
}

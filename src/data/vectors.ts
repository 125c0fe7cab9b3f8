import { gather, type NpyRows, requireRows } from '../base/index.js';
import type { ArraySource } from './readers/arrays.js';
import type { VectorFeature, VectorTraits } from './types.js';

abstract class Described implements VectorTraits {
  readonly clips: number | undefined;
  readonly fittedOn: VectorTraits['fittedOn'];

  constructor({ clips, fittedOn }: VectorTraits = {}) {
    this.clips = clips;
    this.fittedOn = fittedOn;
  }
}

/** Vectors in memory, row-major [count, width]. */
export class HeldVectors extends Described implements VectorFeature {
  constructor(
    readonly matrix: Float32Array,
    readonly width: number,
    traits?: VectorTraits,
  ) {
    super(traits);
  }

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
export class StreamedVectors extends Described implements VectorFeature {
  readonly width: number;

  constructor(
    private readonly file: NpyRows,
    traits?: VectorTraits,
  ) {
    super(traits);
    this.width = file.width;
  }

  rows(items: Int32Array): Float32Array {
    return this.file.rows(items);
  }
}

/** Some vectors of a feature, under numbers of their own. */
export class PickedVectors extends Described implements VectorFeature {
  readonly width: number;

  /** @param kept the feature's number of each vector. [count] */
  constructor(
    private readonly all: VectorFeature,
    private readonly kept: Int32Array,
  ) {
    super(all);
    this.width = all.width;
  }

  rows(items: Int32Array): Float32Array {
    requireRows(items, 0, this.kept.length);
    return this.all.rows(gather(this.kept, items));
  }
}

/** Vectors of a feature, changed as they are read. */
export class MappedVectors extends Described implements VectorFeature {
  readonly width: number;

  /** @param change of rows that nobody else holds */
  constructor(
    private readonly all: VectorFeature,
    private readonly change: (rows: Float32Array) => Float32Array,
  ) {
    super(all);
    this.width = all.width;
  }

  rows(items: Int32Array): Float32Array {
    return this.change(this.all.rows(items));
  }
}

/** Vectors as a source has them. `rows` throws a UserError where it does. */
export class SourceVectors extends Described implements VectorFeature {
  readonly width: number;

  /** @param rowOf where an item's vector lies in the source; -1: it has none, and gets zeros. [items] */
  constructor(
    private readonly source: ArraySource,
    private readonly rowOf: Int32Array,
    traits?: VectorTraits,
  ) {
    super(traits);
    this.width = source.width;
  }

  rows(items: Int32Array): Float32Array {
    const { source, width, rowOf } = this;
    requireRows(items, 0, rowOf.length);
    const places = items.map((item) => rowOf[item]!);
    const known = places.filter((place) => place >= 0);
    const found = source.values(known);
    if (known.length === items.length) return found;
    const rows = new Float32Array(items.length * width);
    for (let i = 0, next = 0; i < places.length; i++) {
      if (places[i]! < 0) continue;
      rows.set(found.subarray(next, next + width), i * width);
      next += width;
    }
    return rows;
  }
}

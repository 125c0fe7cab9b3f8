import * as tf from '@tensorflow/tfjs';
import type { PreparedData } from '../data/index.js';
import { inference, rowsTensor, takeValues } from '../engine/index.js';
import type { EncodedItems, Encoder } from '../models/index.js';

/**
 * Does `work` with what a model encodes of items. Of all tensors only those that it returns are left, for the caller to
 * dispose of.
 *
 * @param items distinct items of the store. [N]
 */
export type WithItems = <T extends tf.TensorContainer>(
  items: Int32Array,
  work: (encoded: EncodedItems) => T,
) => Promise<T>;

/** For one evaluation, throughout which the model stays as it is. */
export function itemEncoding(
  model: Pick<Encoder, 'encodeItems' | 'keepItems'>,
  { store }: PreparedData,
): WithItems {
  const encode = (items: Int32Array) => model.encodeItems(items, inference);
  if (!model.keepItems) return async (items, work) => tf.tidy(() => work(encode(items)));
  const vectors = new ItemVectors(encode, store.itemIds.length);
  return vectors.with;
}

/** Values that are kept, 1 GiB: more than two million items of 128. Memory is taken as they come. */
const KEPT = 2 ** 28;

/** One of the matrices of `EncodedItems`: row-major [kept, width]. */
interface Kept {
  readonly name: string;
  readonly width: number;
  readonly rows: Float32Array;
}

/**
 * Rows of `Model.encodeItems` on the host: an item is encoded when it is first asked for, and from then on known. Those that
 * come when the memory is full are encoded each time.
 */
export class ItemVectors {
  private matrices: readonly Kept[] = [];
  /** Of all matrices together. */
  private width = 0;
  private count = 0;
  /** Where each item's row is, or -1. */
  private readonly row: Int32Array;

  /**
   * @param encode distinct items of the store
   * @param items of the store
   * @param most values that may be kept
   */
  constructor(
    private readonly encode: (items: Int32Array) => EncodedItems,
    items: number,
    private readonly most = KEPT,
  ) {
    this.row = new Int32Array(items).fill(-1);
  }

  readonly with: WithItems = async (items, work) => {
    const unknown = items.filter((item) => this.row[item]! < 0);
    const fits = (this.count + unknown.length) * this.width <= this.most;
    if (fits && unknown.length > 0) await this.learn(unknown);
    return tf.tidy(() => work(fits ? this.known(items) : this.encode(items)));
  };

  private known(items: Int32Array): EncodedItems {
    const places = items.map((item) => this.row[item]!);
    return Object.fromEntries(
      this.matrices.map(({ name, width, rows }) => [name, rowsTensor(rows, width, places)]),
    );
  }

  private async learn(items: Int32Array): Promise<void> {
    const encoded = tf.tidy(() => this.encode(items));
    const values = await takeValues(Object.values(encoded));
    if (this.width === 0) this.reserve(encoded, items.length);
    this.matrices.forEach(({ width, rows }, m) => {
      rows.set(values[m]!, this.count * width);
    });
    for (const item of items) this.row[item] = this.count++;
  }

  /** Takes memory for matrices like these, for at least so many rows. */
  private reserve(encoded: EncodedItems, least: number): void {
    const widths = Object.entries(encoded).map(([name, { shape }]) => [name, shape[1]] as const);
    this.width = widths.reduce((sum, [, width]) => sum + width, 0);
    const kept = Math.max(least, Math.min(this.row.length, Math.floor(this.most / this.width)));
    this.matrices = widths.map(([name, width]) => ({ name, width, rows: new Float32Array(kept * width) }));
  }
}

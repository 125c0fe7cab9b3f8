import * as tf from '@tensorflow/tfjs';
import { rowsTensor, takeValues } from '../engine/index.js';

/** Values that are kept, 1 GiB: more than two million items of 128. Memory is taken as they come. */
const KEPT = 2 ** 28;

/**
 * Rows of `Model.encodeItems` on the host: an item is encoded when it is first asked for, and from then on known. Those that
 * come when the memory is full are encoded each time.
 */
export class ItemVectors {
  private rows = new Float32Array(0);
  private width = 0;
  private count = 0;
  /** Where each item's row is, or -1. */
  private readonly row: Int32Array;

  /**
   * @param encode distinct items of the store to [N, w]
   * @param items of the store
   * @param most values that may be kept
   */
  constructor(
    private readonly encode: (items: Int32Array) => tf.Tensor2D,
    items: number,
    private readonly most = KEPT,
  ) {
    this.row = new Int32Array(items).fill(-1);
  }

  /** Rows of distinct items, which the caller disposes of. [N] -> [N, w] */
  async of(items: Int32Array): Promise<tf.Tensor2D> {
    const { row } = this;
    const unknown = items.filter((item) => row[item]! < 0);
    if ((this.count + unknown.length) * this.width > this.most) return tf.tidy(() => this.encode(items));
    if (unknown.length > 0) await this.learn(unknown);
    return rowsTensor(
      this.rows,
      this.width,
      items.map((item) => row[item]!),
    );
  }

  private async learn(items: Int32Array): Promise<void> {
    const [values] = await takeValues([tf.tidy(() => this.encode(items))]);
    if (this.width === 0) {
      this.width = values!.length / items.length;
      const kept = Math.min(this.row.length, Math.floor(this.most / this.width));
      this.rows = new Float32Array(Math.max(kept, items.length) * this.width);
    }
    this.rows.set(values!, this.count * this.width);
    for (const item of items) this.row[item] = this.count++;
  }
}

import type { RandomStream } from '../base/index.js';

/**
 * Draws 0..n-1 in proportion to given weights, in constant time a draw: Walker's alias method, the table built as Vose
 * does (IEEE Trans. Software Engineering 17(9), 1991). Each slot is as likely as any other, and shared by at most two
 * values.
 */
export class AliasTable {
  /** Chance that a slot means its own number. [n] */
  readonly own: Float64Array;
  /** What it means otherwise. [n] */
  readonly other: Int32Array;

  /** @param weights finite and not negative, not all zero. [n] */
  constructor(weights: Float64Array) {
    const n = weights.length;
    let sum = 0;
    for (let i = 0; i < n; i++) sum += weights[i]!;
    if (!(sum > 0 && sum < Number.POSITIVE_INFINITY)) throw new RangeError(`weights add up to ${sum}`);
    this.own = weights.map((weight) => (weight / sum) * n);
    this.other = new Int32Array(n);
    const small: number[] = [];
    const large: number[] = [];
    for (let i = n - 1; i >= 0; i--) (this.own[i]! < 1 ? small : large).push(i);
    while (small.length > 0 && large.length > 0) {
      const less = small.pop()!;
      const more = large.at(-1)!;
      this.other[less] = more;
      this.own[more]! -= 1 - this.own[less]!;
      if (this.own[more]! < 1) small.push(large.pop()!);
    }
    // What is left differs from 1 by rounding alone.
    for (const i of [...small, ...large]) this.own[i] = 1;
  }

  draw(random: RandomStream): number {
    const slot = random.int(this.own.length);
    return random.uniform() < this.own[slot]! ? slot : this.other[slot]!;
  }
}

const BLOCK = 16;

/** Where the largest of a stretch of values lies. Make one and use it for many lists; memory grows to the longest. */
export class RangeMaximum {
  /** [n] */
  values = new Float64Array(0);
  private blocks = new Int32Array(0);
  private size = 0;

  /** Takes a list of n values; fill what is returned, then `build`. */
  reset(n: number): Float64Array {
    if (n > this.values.length) {
      this.values = new Float64Array(2 * n);
      this.blocks = new Int32Array(Math.ceil((2 * n) / BLOCK));
    }
    this.size = n;
    return this.values;
  }

  build(): void {
    for (let start = 0, b = 0; start < this.size; start += BLOCK, b++) {
      this.blocks[b] = this.scan(start, Math.min(start + BLOCK, this.size), start);
    }
  }

  /** Position of a largest value in begin..end-1, which is not empty. */
  at(begin: number, end: number): number {
    const { values, blocks } = this;
    const first = Math.ceil(begin / BLOCK);
    const last = Math.floor(end / BLOCK);
    if (first >= last) return this.scan(begin, end, begin);
    let best = this.scan(begin, first * BLOCK, begin);
    for (let b = first; b < last; b++) if (values[blocks[b]!]! > values[best]!) best = blocks[b]!;
    return this.scan(last * BLOCK, end, best);
  }

  private scan(begin: number, end: number, best: number): number {
    const { values } = this;
    let found = best;
    for (let i = begin; i < end; i++) if (values[i]! > values[found]!) found = i;
    return found;
  }
}

const CHUNK = 2 ** 16;

type Numbers = Int32Array | Float32Array | Float64Array;

/** A typed array whose length is known at its end: it grows by chunks, so no value is moved until then. */
export class Column<T extends Numbers> {
  private readonly full: T[] = [];
  private open: T;
  private filled = 0;

  constructor(private readonly kind: new (length: number) => T) {
    this.open = new kind(CHUNK);
  }

  get length(): number {
    return this.full.length * CHUNK + this.filled;
  }

  add(value: number): void {
    if (this.filled === CHUNK) {
      this.full.push(this.open);
      this.open = new this.kind(CHUNK);
      this.filled = 0;
    }
    this.open[this.filled++] = value;
  }

  /** All values in one array. Chunks are let go of as they are copied; nothing may be added after. */
  take(): T {
    const all = new this.kind(this.length);
    let at = 0;
    for (let chunk = this.full.shift(); chunk; chunk = this.full.shift()) {
      all.set(chunk, at);
      at += chunk.length;
    }
    all.set(this.open.subarray(0, this.filled), at);
    return all;
  }
}

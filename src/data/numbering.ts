/**
 * Numbers the distinct values of a batch 0, 1, 2, ... in the order in which they are first seen. Starting anew costs
 * nothing: a slot holds the number plus a base that has grown past all numbers given before.
 */
export class Numbering {
  /** How many numbers have been given. */
  count = 0;
  private base = 1;
  private readonly slots: Int32Array;

  /** @param size values are less than this */
  constructor(size: number) {
    this.slots = new Int32Array(size);
  }

  /** Forgets all numbers. */
  restart(): void {
    this.base += this.count;
    this.count = 0;
    if (this.base < 2 ** 30) return; // and no batch has as many values again
    this.slots.fill(0);
    this.base = 1;
  }

  /** The value's number; `count` grows by one where it is new. */
  of(value: number): number {
    const number = this.slots[value]! - this.base;
    return number >= 0 ? number : this.renew(value);
  }

  /** Replaces values[from..to-1] by their numbers, and writes each value to `valueAt` at its number. */
  replace(values: Int32Array, from: number, to: number, valueAt: Int32Array): void {
    const { slots, base } = this; // in locals, since this loop is most of what a batch costs
    let { count } = this;
    for (let i = from; i < to; i++) {
      const value = values[i]!;
      let number = slots[value]! - base;
      if (number < 0) {
        number = count++;
        slots[value] = base + number;
        valueAt[number] = value;
      }
      values[i] = number;
    }
    this.count = count;
  }

  /** Gives the value a new number, whether or not it has one. */
  renew(value: number): number {
    this.slots[value] = this.base + this.count;
    return this.count++;
  }

  /** A number that belongs to no value. */
  next(): number {
    return this.count++;
  }
}

/** Numbers the distinct tuples of a batch likewise. */
export class TupleNumbering {
  /** How many numbers have been given. */
  count = 0;
  private readonly first: Numbering;
  private readonly rest: readonly Map<number, number>[];

  /** @param sizes value i of a tuple is less than `sizes[i]`; at least one */
  constructor(private readonly sizes: readonly number[]) {
    this.first = new Numbering(sizes[0]!);
    this.rest = sizes.slice(1).map(() => new Map());
  }

  /** Forgets all numbers. */
  restart(): void {
    this.count = 0;
    this.first.restart();
    for (const map of this.rest) map.clear();
  }

  /**
   * The tuple's number; `count` grows by one where it is new.
   *
   * @param isNew gives the tuple a new number, whether or not it has one
   */
  of(tuple: readonly number[], isNew = false): number {
    const last = this.rest.length;
    if (last === 0) {
      const number = isNew ? this.first.renew(tuple[0]!) : this.first.of(tuple[0]!);
      this.count = this.first.count;
      return number;
    }
    let number = this.first.of(tuple[0]!);
    for (let i = 1; i < last; i++) number = this.numberIn(i, number, tuple[i]!);
    if (isNew) this.rest[last - 1]!.delete(number * this.sizes[last]! + tuple[last]!);
    return this.numberIn(last, number, tuple[last]!);
  }

  /** Number of the beginning of a tuple, by that of the beginning before it. */
  private numberIn(i: number, before: number, value: number): number {
    const map = this.rest[i - 1]!;
    const key = before * this.sizes[i]! + value;
    const known = map.get(key);
    if (known !== undefined) return known;
    const number = i === this.rest.length ? this.count++ : map.size;
    map.set(key, number);
    return number;
  }
}

/**
 * Numbers the distinct values of a batch 0, 1, 2, ... in the order in which they are first seen. Starting anew costs
 * nothing: a slot holds the number plus a base that grows past all numbers given before.
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

  /** Forgets all numbers. @param most numbers that will be given at most before the next call */
  restart(most: number): void {
    this.base += this.count;
    this.count = 0;
    if (this.base + most <= 0x7fffffff) return;
    this.slots.fill(0);
    this.base = 1;
  }

  /** The value's number; `count` grows by one where it is new. */
  of(value: number): number {
    const number = this.slots[value]! - this.base;
    return number >= 0 ? number : this.renew(value);
  }

  /** A number that belongs to no value. */
  next(): number {
    return this.count++;
  }

  /** Gives the value a new number, whether or not it has one. */
  renew(value: number): number {
    this.slots[value] = this.base + this.count;
    return this.next();
  }
}

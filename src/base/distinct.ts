/**
 * Numbers distinct values 0, 1, 2, ... in the order in which they are first met. For any number of values without a bound; those
 * below one that fits an array, batch after batch, are `Numbering`'s.
 */
export class Distinct {
  private readonly numbers = new Map<number, number>();

  get count(): number {
    return this.numbers.size;
  }

  /** The value's number; `count` grows by one where it is new. */
  of(value: number): number {
    const known = this.numbers.get(value);
    if (known !== undefined) return known;
    const number = this.numbers.size;
    this.numbers.set(value, number);
    return number;
  }

  /** By their numbers. [count] */
  values(): Int32Array {
    return Int32Array.from(this.numbers.keys());
  }
}

/** The distinct values [M], in the order in which they are first met, and where each of the given ones is among them. [N] */
export function distinct(values: Int32Array): { readonly values: Int32Array; readonly at: Int32Array } {
  const numbers = new DistinctInts(values.length);
  const at = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) at[i] = numbers.of(values[i]!);
  return { values: numbers.values(), at };
}

/** `Distinct` of 32-bit integers of which it is known how many there can be: several times as fast. */
export class DistinctInts {
  count = 0;
  private readonly met: Int32Array;
  /** Hash table with open addressing: 1 + the number of a value, 0 where nothing is. At most half full. */
  private readonly slots: Int32Array;
  private readonly shift: number;

  /** @param most distinct values */
  constructor(most: number) {
    const bits = Math.max(1, 33 - Math.clz32(most));
    this.met = new Int32Array(most);
    this.slots = new Int32Array(2 ** bits);
    this.shift = 32 - bits;
  }

  of(value: number): number {
    // Multiplying by 2^32 / golden ratio spreads neighbours over the upper bits.
    let slot = Math.imul(value, 0x9e3779b9) >>> this.shift;
    for (; this.slots[slot] !== 0; slot = (slot + 1) & (this.slots.length - 1)) {
      const number = this.slots[slot]! - 1;
      if (this.met[number] === value) return number;
    }
    this.met[this.count] = value;
    this.slots[slot] = ++this.count;
    return this.count - 1;
  }

  /** By their numbers. [count] */
  values(): Int32Array {
    return this.met.slice(0, this.count);
  }
}

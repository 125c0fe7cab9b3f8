/**
 * Numbers distinct values 0, 1, 2, ... in the order in which they are first met. For values without a bound; those below one
 * that fits an array, batch after batch, are `Numbering`'s.
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
  const numbers = new Distinct();
  const at = values.map((value) => numbers.of(value));
  return { values: numbers.values(), at };
}

/**
 * Arrays that kernels are done with. They never reach the engine, so they can be used again: the system clears fresh
 * memory page by page, which takes up to a third of a pass.
 */
export class SpareArrays {
  readonly #arrays: Float32Array[] = [];

  /** @param most how many are kept */
  constructor(private readonly most: number) {}

  /** An array of `size` or more numbers, whatever they are. */
  take(size: number): Float32Array {
    const at = this.#arrays.findIndex(({ length }) => length >= size);
    return at < 0 ? new Float32Array(size) : this.#arrays.splice(at, 1)[0]!;
  }

  /** Of too many, the largest stay. */
  keep(...arrays: readonly Float32Array[]): void {
    this.#arrays.push(...arrays);
    this.#arrays.sort((a, b) => a.length - b.length);
    this.#arrays.splice(0, this.#arrays.length - this.most);
  }
}

/** Memory of a tensor that is no engine's, for as many tensors as share its values. */
export interface HostArray {
  readonly values: Float32Array;
  /** Tensors that have it. */
  refs: number;
  /** Whether somebody else may have it too, so that it cannot be used again. */
  shared: boolean;
}

/**
 * Arrays for results of kernels, used again when their tensors are gone: the system clears fresh memory page by page, and
 * JavaScript collects garbage by the bytes that it hears of.
 */
export class HostArrays {
  /** By the power of 2 that their buffers hold; the last one is the next to be taken. */
  readonly #free: HostArray[][] = [];
  #kept = 0;

  /** @param most numbers that are kept for later */
  constructor(private readonly most: number) {}

  /** An array of so many numbers, whatever they are, for one tensor. */
  take(size: number): HostArray {
    const found = this.#free[powerFor(size)]?.pop();
    if (!found) return ofBuffer(new ArrayBuffer(4 * 2 ** powerFor(size)), size);
    this.#kept -= capacity(found);
    if (found.values.length !== size) return ofBuffer(found.values.buffer as ArrayBuffer, size);
    found.refs = 1;
    return found;
  }

  /** One tensor less has it. */
  leave(array: HostArray): void {
    array.refs--;
    if (array.refs > 0 || array.shared || this.#kept + capacity(array) > this.most) return;
    const power = powerFor(array.values.length);
    const free = this.#free[power];
    if (free) free.push(array);
    else this.#free[power] = [array];
    this.#kept += capacity(array);
  }
}

/** Arrays on V8's heap would be moved before a kernel can see them: small ones get a buffer too. */
const SMALLEST = 6;
const powerFor = (size: number): number => Math.max(SMALLEST, 32 - Math.clz32(Math.max(1, size) - 1));
const capacity = ({ values }: HostArray): number => values.buffer.byteLength / 4;
const ofBuffer = (buffer: ArrayBuffer, size: number): HostArray => ({
  values: new Float32Array(buffer, 0, size),
  refs: 1,
  shared: false,
});

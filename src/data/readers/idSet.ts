/** Larger identifiers are never in the set; Python numbers what it stores in a pickle from 0. */
const MAX_ID = 2 ** 28;

/** A set of small whole numbers: a bit each, up to the largest. */
export class IdSet {
  private bits = new Uint8Array(0);

  add(id: number): void {
    if (id < 0 || id >= MAX_ID) return;
    const at = id >> 3;
    if (at >= this.bits.length) {
      const larger = new Uint8Array(Math.max(64, at + 1, this.bits.length * 2));
      larger.set(this.bits);
      this.bits = larger;
    }
    this.bits[at]! |= 1 << (id & 7);
  }

  has(id: number): boolean {
    return id < MAX_ID && ((this.bits[id >> 3] ?? 0) & (1 << (id & 7))) !== 0;
  }
}

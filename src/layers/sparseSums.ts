/** Sums that are read and emptied again and again, few of them not 0 at a time. No term is below 0. */
export class SparseSums {
  /** 0 where nothing was added. [size] */
  private readonly sums: Float64Array;
  /** Places that something was added to, the first `count`. [size] */
  private readonly touched: Int32Array;
  private count = 0;

  constructor(size: number) {
    this.sums = new Float64Array(size);
    this.touched = new Int32Array(size);
  }

  add(place: number, term: number): void {
    if (this.sums[place] === 0 && term > 0) this.touched[this.count++] = place;
    this.sums[place]! += term;
  }

  /** Distinct places in the order in which they were added to, and the sums there, which are 0 from now on. */
  take(): { readonly places: Int32Array; readonly sums: Float64Array } {
    const places = this.touched.slice(0, this.count);
    const sums = new Float64Array(this.count);
    for (let i = 0; i < places.length; i++) {
      sums[i] = this.sums[places[i]!]!;
      this.sums[places[i]!] = 0;
    }
    this.count = 0;
    return { places, sums };
  }
}

/** Below this a topic counts as forgotten: too little to change any sum that it enters. */
const FORGOTTEN = 1e-30;

/** How much a user has had of each topic lately: 1 for a click, less with every further video and hour. */
export class Satiation {
  private readonly level: Float64Array;
  /** Topics with a level above zero, in no order; the first `fed`. */
  private readonly list: Int32Array;
  private fed = 0;

  constructor(topics: number) {
    this.level = new Float64Array(topics);
    this.list = new Int32Array(topics);
  }

  of(topic: number): number {
    return this.level[topic]!;
  }

  feed(topic: number): void {
    if (this.level[topic] === 0) this.list[this.fed++] = topic;
    this.level[topic]! += 1;
  }

  fade(factor: number): void {
    for (let i = this.fed - 1; i >= 0; i--) {
      const topic = this.list[i]!;
      this.level[topic]! *= factor;
      if (this.level[topic]! > FORGOTTEN) continue;
      this.level[topic] = 0;
      this.list[i] = this.list[--this.fed]!;
    }
  }
}

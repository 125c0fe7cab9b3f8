import type { RandomStream } from '../../base/index.js';

/** An integer of [0, n) of which small ones are likelier: about n^(-2/3) of the draws are 0, 1 / (1.5 n) the last. */
export function skewed(n: number, random: RandomStream): number {
  return Math.floor(n * random.uniform() ** 1.5);
}

/** Independent normal numbers. [count] */
export function normals(count: number, random: RandomStream, std: number): Float64Array {
  return Float64Array.from({ length: count }, () => std * random.normal());
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Inner product of a vector and a row of a matrix that begins at `offset`. */
export function dot(vector: Float64Array, matrix: Float64Array, offset: number): number {
  let sum = 0;
  for (let d = 0; d < vector.length; d++) sum += vector[d]! * matrix[offset + d]!;
  return sum;
}

/** People or things that videos have one of, each at home in one topic: authors, pieces of music. */
export class Roster {
  /** [count] */
  readonly topicOf: Int32Array;
  private readonly home: readonly Int32Array[];

  constructor(
    private readonly count: number,
    topics: number,
    random: RandomStream,
  ) {
    const lists = Array.from({ length: topics }, (): number[] => []);
    this.topicOf = Int32Array.from({ length: count }, () => skewed(topics, random));
    this.topicOf.forEach((topic, i) => {
      lists[topic]!.push(i);
    });
    this.home = lists.map((list) => Int32Array.from(list));
  }

  /** One for a video of a topic: of those at home there, but for a share `noise` and where there are none. */
  pick(topic: number, noise: number, random: RandomStream): number {
    const home = this.home[topic]!;
    const fits = home.length > 0 && random.uniform() < 1 - noise;
    return fits ? home[random.int(home.length)]! : random.int(this.count);
  }
}

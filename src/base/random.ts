/**
 * Stateless random streams. A stream is a pure function of its key, for example
 * `randomStream(seed, 'dropout', epoch, step)`, so that a resumed run needs no generator state, results do not
 * depend on who draws first, and a new consumer does not shift the others.
 *
 * The key is hashed to 128 bits (four lanes of MurmurHash3's 32-bit mixer) that seed `sfc32`, a small fast
 * counter-based generator of Chris Doty-Humphrey's PractRand suite (period at least 2^32, expected 2^127).
 */
export interface RandomStream {
  /** Uniform 32 bits as an unsigned integer. */
  uint32(): number;
  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number;
  /** Standard normal (Box-Muller, one value a call). */
  normal(): number;
  /** Uniform integer in [0, n). Unbiased. Throws a RangeError unless 1 <= n <= 2^32. */
  int(n: number): number;
  /** Shuffles in place (Fisher-Yates) and returns its argument. */
  shuffle<T extends Int32Array | Uint32Array | Float64Array | unknown[]>(values: T): T;
  /** `k` distinct integers of [0, n), ascending. All of them when k >= n. */
  sample(n: number, k: number): Int32Array;
}

// Looked up once: in the contexts that tests run in, each look-up of a global costs as much as a draw.
const { clz32, cos, floor, imul, log, PI, sqrt } = Math;

/** The stream that belongs to `key`. Equal keys give equal streams; parts are told apart (`[1, 23]` is not `[12, 3]`). */
export function randomStream(...key: readonly (string | number)[]): RandomStream {
  return new Sfc32(hashKey(key.map((part) => `${typeof part}:${part}`).join('\u0000')));
}

class Sfc32 implements RandomStream {
  /** a, b, c and the counter, where JavaScript keeps 32-bit integers without boxing any. */
  private readonly state: Int32Array;

  constructor(seed: readonly number[]) {
    this.state = Int32Array.from(seed);
    for (let i = 0; i < 12; i++) this.uint32(); // the recommended warm-up
  }

  uint32(): number {
    const { state } = this;
    const b = state[1]!;
    const c = state[2]!;
    const counter = state[3]!;
    const sum = (((state[0]! + b) | 0) + counter) | 0;
    state[0] = b ^ (b >>> 9);
    state[1] = (c + (c << 3)) | 0;
    state[2] = (((c << 21) | (c >>> 11)) + sum) | 0;
    state[3] = (counter + 1) | 0;
    return sum >>> 0;
  }

  uniform(): number {
    return ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
  }

  normal(): number {
    return sqrt(-2 * log(1 - this.uniform())) * cos(2 * PI * this.uniform());
  }

  int(n: number): number {
    if (!(n >= 1 && n <= 4294967296)) throw new RangeError(`int(${n}): n must lie in 1..2^32`);
    let value = this.uint32();
    // Values past the last multiple of n are drawn anew; the remainder that finds it is rarely needed.
    if (value >= 4294967296 - n) {
      const limit = 4294967296 - (4294967296 % n);
      while (value >= limit) value = this.uint32();
    }
    return value - n * floor(value / n); // exact below 2^32, and cheaper than % of doubles
  }

  shuffle<T extends Int32Array | Uint32Array | Float64Array | unknown[]>(values: T): T {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const kept = values[i]!;
      values[i] = values[j]!;
      values[j] = kept;
    }
    return values;
  }

  sample(n: number, k: number): Int32Array {
    if (k >= n) return Int32Array.from({ length: n }, (_, i) => i);
    // Floyd's algorithm: k draws. Marks of all n are the faster way to keep the chosen in order, unless few are chosen.
    return n <= 1024 * k ? this.sampleMarked(n, k) : this.sampleSorted(n, k);
  }

  private sampleMarked(n: number, k: number): Int32Array {
    const marks = new Uint32Array((n + 31) >>> 5); // a bit each
    for (let j = n - k; j < n; j++) {
      const candidate = this.int(j + 1);
      const isTaken = (marks[candidate >>> 5]! >>> (candidate & 31)) & 1;
      const next = isTaken ? j : candidate;
      marks[next >>> 5]! |= 1 << (next & 31);
    }
    const chosen = new Int32Array(k);
    let filled = 0;
    for (let word = 0; word < marks.length; word++) {
      for (let bits = marks[word]!; bits !== 0; bits &= bits - 1)
        chosen[filled++] = word * 32 + 31 - clz32(bits & -bits);
    }
    return chosen;
  }

  private sampleSorted(n: number, k: number): Int32Array {
    const chosen = new Set<number>();
    for (let j = n - k; j < n; j++) {
      const candidate = this.int(j + 1);
      chosen.add(chosen.has(candidate) ? j : candidate);
    }
    return Int32Array.from(chosen).sort();
  }
}

function hashKey(text: string): [number, number, number, number] {
  const lanes = [0x9e3779b9, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    for (let lane = 0; lane < 4; lane++) {
      let h = lanes[lane]! ^ imul(code + lane, 0xcc9e2d51);
      h = (h << 13) | (h >>> 19);
      lanes[lane] = (imul(h, 5) + 0xe6546b64) | 0;
    }
  }
  return lanes.map((lane) => {
    let h = lane ^ text.length;
    h = imul(h ^ (h >>> 16), 0x85ebca6b);
    h = imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) | 0;
  }) as [number, number, number, number];
}

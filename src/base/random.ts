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

/** The stream that belongs to `key`. Equal keys give equal streams; parts are told apart (`[1, 23]` is not `[12, 3]`). */
export function randomStream(...key: readonly (string | number)[]): RandomStream {
  const [s0, s1, s2, s3] = hashKey(key.map((part) => `${typeof part}:${part}`).join('\u0000'));
  let a = s0;
  let b = s1;
  let c = s2;
  let counter = s3;
  const uint32 = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) uint32(); // sfc32's recommended warm-up

  const uniform = (): number => ((uint32() >>> 5) * 67108864 + (uint32() >>> 6)) / 9007199254740992;
  const int = (n: number): number => {
    if (!(n >= 1 && n <= 4294967296)) throw new RangeError(`int(${n}): n must lie in 1..2^32`);
    const limit = 4294967296 - (4294967296 % n);
    let value = uint32();
    while (value >= limit) value = uint32();
    return value % n;
  };
  return {
    uint32,
    uniform,
    int,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    shuffle: (values) => {
      for (let i = values.length - 1; i > 0; i--) {
        const j = int(i + 1);
        const kept = values[i]!;
        values[i] = values[j]!;
        values[j] = kept;
      }
      return values;
    },
    sample: (n, k) => {
      if (k >= n) return Int32Array.from({ length: n }, (_, i) => i);
      // Floyd's algorithm: k draws, no table of size n.
      const chosen = new Set<number>();
      for (let j = n - k; j < n; j++) {
        const candidate = int(j + 1);
        chosen.add(chosen.has(candidate) ? j : candidate);
      }
      return Int32Array.from(chosen).sort();
    },
  };
}

function hashKey(text: string): [number, number, number, number] {
  const lanes = [0x9e3779b9, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    for (let lane = 0; lane < 4; lane++) {
      let h = lanes[lane]! ^ Math.imul(code + lane, 0xcc9e2d51);
      h = (h << 13) | (h >>> 19);
      lanes[lane] = (Math.imul(h, 5) + 0xe6546b64) | 0;
    }
  }
  return lanes.map((lane) => {
    let h = lane ^ text.length;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) | 0;
  }) as [number, number, number, number];
}

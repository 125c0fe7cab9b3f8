import { nativeKernels } from './kernels.js';
import type { NativeFunctions } from './nativeFunctions.js';

/** Vectors that inner products are taken of, in host memory; all are changed where they are. */
export interface FactorTables {
  readonly width: number;
  /** [users, width] */
  readonly users: Float32Array;
  /** [items, width] */
  readonly items: Float32Array;
  /** Added to an item's scores: [items]; empty: none. */
  readonly bias: Float32Array;
}

/** A user, an item that the user chose and one that was not chosen: columns of equal length. */
export interface Couples {
  readonly user: Int32Array;
  readonly positive: Int32Array;
  readonly negative: Int32Array;
}

/**
 * Stochastic gradient descent on BPR-Opt, couple after couple (Rendle et al. 2009, figure 4). With the score
 * s_ui = p_u . q_i + b_i, x = s_ui - s_uj and g = sigmoid(-x), each couple at once changes
 *
 *     p_u += rate (g (q_i - q_j) - l2 p_u),  q_i += rate (g p_u - l2 q_i),  q_j += rate (-g p_u - l2 q_j)
 *
 * and the biases likewise, all from the values before. A couple of an item with itself is left out. The results are
 * the same bits on every engine, with the native kernel or without.
 *
 * @returns the sum over couples of -log sigmoid(x) before their own change, without the L2 term
 */
export function bprSgd(
  { width, users, items, bias }: FactorTables,
  { user, positive, negative }: Couples,
  { learningRate, l2 }: { readonly learningRate: number; readonly l2: number },
): number {
  const run = nativeKernels()?.bprSgd ?? bprSgdPortably;
  const loss = new Float64Array(2);
  const decay = learningRate * l2;
  run(width, users, items, bias, user, positive, negative, learningRate, decay, loss);
  return Math.log(loss[0]!) + 512 * Math.LN2 * loss[1]!;
}

/** Twin of the kernel `bprSgd`. */
export const bprSgdPortably: NativeFunctions['bprSgd'] = (
  width,
  users,
  items,
  bias,
  user,
  positive,
  negative,
  learningRate,
  decay,
  loss,
) => {
  let product = 1;
  let scaled = 0;
  for (let k = 0; k < user.length; k++) {
    if (positive[k] === negative[k]) continue;
    const p = user[k]! * width;
    const i = positive[k]! * width;
    const j = negative[k]! * width;
    let x = difference(users, p, items, i, j, width);
    if (bias.length > 0) x += bias[positive[k]!]! - bias[negative[k]!]!;
    // The sum of the losses is the logarithm of the product of 1 + exp(-x).
    const t = exp(-x);
    product *= 1 + t;
    if (product > 2 ** 512) {
      product *= 2 ** -512;
      scaled++;
    }
    const g = learningRate * (t / (1 + t));
    for (let c = 0; c < width; c++) {
      const pc = users[p + c]!;
      const ic = items[i + c]!;
      const jc = items[j + c]!;
      users[p + c] = pc + (g * (ic - jc) - decay * pc);
      items[i + c] = ic + (g * pc - decay * ic);
      items[j + c] = jc - (g * pc + decay * jc);
    }
    if (bias.length > 0) {
      bias[positive[k]!]! += g - decay * bias[positive[k]!]!;
      bias[negative[k]!]! -= g + decay * bias[negative[k]!]!;
    }
  }
  loss[0] = product;
  loss[1] = scaled;
};

/** p . (q_i - q_j) in eight partial sums, as the kernel's lanes take it. */
function difference(
  users: Float32Array,
  p: number,
  items: Float32Array,
  i: number,
  j: number,
  width: number,
): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let s4 = 0;
  let s5 = 0;
  let s6 = 0;
  let s7 = 0;
  let c = 0;
  for (; c + 8 <= width; c += 8) {
    s0 += users[p + c]! * (items[i + c]! - items[j + c]!);
    s1 += users[p + c + 1]! * (items[i + c + 1]! - items[j + c + 1]!);
    s2 += users[p + c + 2]! * (items[i + c + 2]! - items[j + c + 2]!);
    s3 += users[p + c + 3]! * (items[i + c + 3]! - items[j + c + 3]!);
    s4 += users[p + c + 4]! * (items[i + c + 4]! - items[j + c + 4]!);
    s5 += users[p + c + 5]! * (items[i + c + 5]! - items[j + c + 5]!);
    s6 += users[p + c + 6]! * (items[i + c + 6]! - items[j + c + 6]!);
    s7 += users[p + c + 7]! * (items[i + c + 7]! - items[j + c + 7]!);
  }
  for (; c < width; c++) s0 += users[p + c]! * (items[i + c]! - items[j + c]!);
  return s0 + s1 + (s2 + s3) + (s4 + s5 + (s6 + s7));
}

/**
 * exp(y) for y in -300..300, beyond that the value there, to about 1e-8 of itself, which is more than float32 weights
 * can tell. Written out because processors and libraries differ in the last bits of theirs: 2^k times a Taylor
 * polynomial of the rest, at most ln(2) / 2. NaN goes through.
 */
function exp(y: number): number {
  const clipped = Math.max(-300, Math.min(300, y));
  const k = Math.floor(clipped * Math.LOG2E + 0.5);
  const r = clipped - k * Math.LN2;
  const r2 = r * r;
  const low = 1 + r + r2 * (1 / 2 + r * (1 / 6));
  const high = 1 / 24 + r * (1 / 120) + r2 * (1 / 720 + r * (1 / 5040));
  return (low + r2 * r2 * high) * (powersOfTwo[k + 512] ?? Number.NaN);
}
const powersOfTwo = Float64Array.from({ length: 1024 }, (_, k) => 2 ** (k - 512));

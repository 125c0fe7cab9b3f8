import { describe, expect, it } from '@jest/globals';
import { randomStream } from '../../src/base/index.js';
import { bprSgdPortably } from '../../src/engine/bprSgd.js';
import { bprSgd, type Couples, type FactorTables, nativeKernels } from '../../src/engine/index.js';
import { useEngine } from '../support/engines.js';
import { wave } from '../support/gradients.js';
import { describeKernels } from '../support/kernels.js';

function factors(width: number, bias: 'bias' | 'no bias'): FactorTables {
  return {
    width,
    users: wave([7, width], 1),
    items: wave([9, width], 2),
    bias: wave([bias === 'bias' ? 9 : 0], 3),
  };
}

/** Couples of 7 users and 9 items, none of an item with itself. */
function couples(count: number): Couples {
  const random = randomStream('couples');
  const positive = Int32Array.from({ length: count }, () => random.int(9));
  return {
    user: Int32Array.from({ length: count }, () => random.int(7)),
    positive,
    negative: positive.map((item) => (item + 1 + random.int(8)) % 9),
  };
}

const rates = { learningRate: 0.05, l2: 0.02 };

/** Figure 4 of the paper with plain numbers: rows of numbers, one scalar loop, the library's exponential. */
function byDefinition({ width, users, items, bias }: FactorTables, { user, positive, negative }: Couples) {
  const rowsOf = (data: Float32Array) =>
    Array.from({ length: data.length / width }, (_, row) => [
      ...data.subarray(row * width, (row + 1) * width),
    ]);
  const [p, q, b] = [
    rowsOf(users),
    rowsOf(items),
    bias.length > 0 ? [...bias] : new Array<number>(9).fill(0),
  ];
  let loss = 0;
  user.forEach((u, k) => {
    const [i, j] = [positive[k]!, negative[k]!];
    const [pu, qi, qj] = [[...p[u]!], [...q[i]!], [...q[j]!]];
    const dot = (x: number[], y: number[]) => x.reduce((sum, value, c) => sum + value * y[c]!, 0);
    const x = dot(pu, qi) + (bias.length > 0 ? b[i]! : 0) - dot(pu, qj) - (bias.length > 0 ? b[j]! : 0);
    loss += Math.log(1 + Math.exp(-x));
    const slope = Math.exp(-x) / (1 + Math.exp(-x));
    for (let c = 0; c < width; c++) {
      p[u]![c]! += rates.learningRate * (slope * (qi[c]! - qj[c]!) - rates.l2 * pu[c]!);
      q[i]![c]! += rates.learningRate * (slope * pu[c]! - rates.l2 * qi[c]!);
      q[j]![c]! += rates.learningRate * (-slope * pu[c]! - rates.l2 * qj[c]!);
    }
    b[i]! += rates.learningRate * (slope - rates.l2 * b[i]!);
    b[j]! += rates.learningRate * (-slope - rates.l2 * b[j]!);
  });
  return { loss, users: p.flat(), items: q.flat(), bias: b };
}

function expectNear(found: Float32Array, expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 5);
  });
}

describe('SGD on BPR-Opt', () => {
  it('changes what one couple names, as worked out by hand', () => {
    // x = (1, 2) . ((1, 0) - (0, 1)) = -1; g = 1 / (1 + exp(-1)) = 0.7310586; rate 0.1, L2 weight 0.5.
    const tables: FactorTables = {
      width: 2,
      users: Float32Array.of(1, 2, 8, 8),
      items: Float32Array.of(1, 0, 0, 1, 5, 5),
      bias: new Float32Array(0),
    };
    const one = { user: Int32Array.of(0), positive: Int32Array.of(0), negative: Int32Array.of(1) };
    const loss = bprSgd(tables, one, { learningRate: 0.1, l2: 0.5 });
    expect(loss).toBeCloseTo(1.3132617, 6);
    // p + 0.1 (g (1, -1) - 0.5 p); q_i + 0.1 (g p - 0.5 q_i); q_j + 0.1 (-g p - 0.5 q_j).
    expectNear(tables.users, [1.0231059, 1.8268941, 8, 8]);
    expectNear(tables.items, [1.0231059, 0.1462117, -0.0731059, 0.8037883, 5, 5]);
  });

  it.each([
    [2, 'no bias'],
    [8, 'bias'],
    [19, 'bias'],
  ] as const)('is the definition, couple after couple: width %d, %s', (width, bias) => {
    const tables = factors(width, bias);
    const many = couples(400);
    const expected = byDefinition(tables, many);
    expect(bprSgd(tables, many, rates) / 400).toBeCloseTo(expected.loss / 400, 5);
    expectNear(tables.users, expected.users);
    expectNear(tables.items, expected.items);
    if (bias === 'bias') expectNear(tables.bias, expected.bias);
  });

  it('leaves out a couple of an item with itself', () => {
    const tables = factors(3, 'bias');
    const same = { user: Int32Array.of(1), positive: Int32Array.of(2), negative: Int32Array.of(2) };
    expect(bprSgd(tables, same, rates)).toBe(0);
    expect(tables).toEqual(factors(3, 'bias'));
  });

  it('keeps long sums of large losses, and lets a number that is none show', () => {
    const one = (count: number): Couples => ({
      user: new Int32Array(count),
      positive: new Int32Array(count),
      negative: new Int32Array(count).fill(1),
    });
    const still = { learningRate: 0, l2: 0 };
    // x = -200 for each of 1000 couples: the loss is 200 each, and exp(200 * 1000) is beyond any number.
    const far = {
      width: 1,
      users: Float32Array.of(1),
      items: Float32Array.of(-200, 0),
      bias: new Float32Array(0),
    };
    expect(bprSgd(far, one(1000), still)).toBeCloseTo(200000, 3);
    const lost = { ...far, users: Float32Array.of(Number.NaN) };
    expect(bprSgd(lost, one(2), still)).toBeNaN();
  });
});

describeKernels('the kernel bprSgd', () => {
  it.each([1, 5, 8, 19, 64])('gives the same bits as its twin: width %d', async (width) => {
    await useEngine('tensorflow');
    const { bprSgd: native } = nativeKernels()!;
    const { user, positive, negative } = couples(1000);
    for (const bias of ['bias', 'no bias'] as const) {
      const [ours, theirs] = [factors(width, bias), factors(width, bias)];
      const [loss, expected] = [new Float64Array(2), new Float64Array(2)];
      native(width, ours.users, ours.items, ours.bias, user, positive, negative, 0.05, 0.001, loss);
      const { users, items } = theirs;
      bprSgdPortably(width, users, items, theirs.bias, user, positive, negative, 0.05, 0.001, expected);
      expect(ours).toEqual(theirs);
      expect(loss).toEqual(expected);
    }
  });

  it('refuses users and items that are not there', async () => {
    await useEngine('tensorflow');
    const { width, users, items, bias } = factors(4, 'no bias');
    const [user, item] = [Int32Array.of(7), Int32Array.of(0)];
    const loss = new Float64Array(2);
    const { bprSgd: native } = nativeKernels()!;
    expect(() => native(width, users, items, bias, user, item, item, 0.1, 0, loss)).toThrow(
      'bprSgd: user holds 7, which is not in 0..6',
    );
    expect(() => native(width, users, items, bias, item, item, Int32Array.of(9), 0.1, 0, loss)).toThrow(
      'negative holds 9',
    );
  });
});

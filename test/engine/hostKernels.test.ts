import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { randomStream } from '../../src/base/index.js';
import { type Kernels, nativeKernels } from '../../src/engine/index.js';
import { nativeBackend } from '../../src/engine/nativeBackend.js';
import { useEngine } from '../support/engines.js';
import { describeKernels, expectEverywhere } from '../support/kernels.js';

const { add, sub, mul, div, maximum, minimum, squaredDifference } = tf;
const { neg, square, sqrt, abs, relu, reciprocal, exp, sigmoid, tanh } = tf;
const named = { add, sub, mul, div, maximum, minimum, squaredDifference };
const alone = { neg, square, sqrt, abs, relu, reciprocal, exp, sigmoid, tanh };
const { sum, mean, max, min } = tf;
const over = { sum, mean, max, min };
const special = [
  -200,
  -90,
  -80,
  80,
  88.7,
  1e-4,
  -1e-4,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0,
  -0,
  1.5,
  -2.5,
  3,
];

describeKernels('operations by kernels in the place of TensorFlow’s', () => {
  let kernels: Kernels;
  beforeAll(async () => {
    await useEngine('tensorflow');
    kernels = nativeKernels()!;
  });

  const stream = randomStream(7, 'operations');
  const values = () => stream.uniform();
  const some = (...shape: number[]): tf.Tensor =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 4 * values() - 2),
      shape,
    );

  /** The same by the plain JavaScript backend of tfjs. */
  const elsewhere = async (run: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: readonly tf.Tensor[]) => {
    const arrays = inputs.map((input) => [input.dataSync(), input.shape] as const);
    await useEngine('cpu');
    const result = tf.tidy(() => run(...arrays.map(([data, shape]) => tf.tensor(data, shape))));
    const found = { shape: result.shape, values: [...result.dataSync()] };
    await useEngine('tensorflow');
    return found;
  };

  const same = async (run: (...inputs: tf.Tensor[]) => tf.Tensor, ...inputs: tf.Tensor[]) => {
    const result = tf.tidy(() => run(...inputs));
    const expected = await elsewhere(run, inputs);
    expect(result.shape).toEqual(expected.shape);
    [...result.dataSync()].forEach((value, i) => {
      const wanted = expected.values[i]!;
      if (Number.isFinite(wanted))
        expect(Math.abs(value - wanted)).toBeLessThan(1e-5 * (1 + Math.abs(wanted)));
      else expect(value).toBe(wanted);
    });
    return result;
  };
  const isOnHost = (x: tf.Tensor) => nativeBackend().tensorMap.get(x.dataId).values !== null;

  const broadcast: [string, number[], number[]][] = [
    ['equal shapes', [3, 4, 5], [3, 4, 5]],
    ['a row', [6, 5], [5]],
    ['a column', [6, 5], [6, 1]],
    ['a number', [6, 5], []],
    ['both repeated', [6, 1], [1, 5]],
    ['in the middle', [2, 1, 3, 1], [4, 1, 5]],
    ['one element', [1, 1], [1]],
    ['a row of many columns', [3, 1000], [1000]],
  ];
  describe.each(broadcast)('of two tensors: %s', (_, a, b) => {
    it.each(Object.keys(named) as (keyof typeof named)[])('%s', async (name) => {
      expect(isOnHost(await same((x, y) => named[name](x, y), some(...a), some(...b)))).toBe(true);
      await same((x, y) => named[name](x, y), some(...b), some(...a));
    });
  });

  it.each(Object.keys(alone) as (keyof typeof alone)[])('%s, of NaN and infinities too', async (name) => {
    expect(isOnHost(await same((x) => alone[name](x), tf.tensor1d(special).div(1)))).toBe(true);
  });

  it('lets NaN through maxima, minima, clipping and ReLU, as TensorFlow does', () => {
    const nan = tf.tensor1d([Number.NaN, 1]);
    const one = tf.tensor1d([1, Number.NaN]);
    for (const result of [tf.maximum(nan, one), tf.minimum(nan, one)]) {
      expect([...result.dataSync()]).toEqual([Number.NaN, Number.NaN]);
    }
    expect(nan.clipByValue(0, 0.5).arraySync()).toEqual([Number.NaN, 0.5]);
    expect(nan.relu().arraySync()).toEqual([Number.NaN, 1]);
    expect(tf.tensor2d([1, Number.NaN, 3], [1, 3]).max(1).arraySync()).toEqual([Number.NaN]);
  });

  it.each([
    ['all', [3, 4, 5], undefined],
    ['the first', [30, 4], 0],
    ['the last', [4, 40], 1],
    ['the middle', [3, 5, 4], 1],
    ['the outer two', [30, 3, 20], [0, 2]],
    ['the first and last of four', [2, 3, 4, 5], [0, 3]],
    ['none but one', [3, 1], [1]],
  ] as const)('reductions over %s', async (_, shape, axis) => {
    const x = some(...shape);
    for (const name of Object.keys(over) as (keyof typeof over)[]) {
      for (const keep of [false, true]) {
        await same((y) => over[name](y, axis as number[] | undefined, keep), x);
      }
    }
  });

  it('sums of many keep what single precision would lose', () => {
    const x = tf.fill([300_000], 0.1).mul(1);
    const exact = 300_000 * Math.fround(0.1);
    expect(Math.abs(x.sum().dataSync()[0]! / exact - 1)).toBeLessThan(1e-6);
    expect(Math.abs(x.reshape([100_000, 3]).sum(0).dataSync()[1]! / (exact / 3) - 1)).toBeLessThan(5e-6);
  });

  it('exponentials to two units of the last place, nearly over all that float32 has', () => {
    const x = Float32Array.from({ length: 3000 }, (_, i) => (i - 1500) * 0.0591);
    const found = tf.tensor1d(x).exp().dataSync();
    for (const [i, value] of x.entries()) {
      const exact = Math.exp(value);
      const near = value > 88 ? 1e-6 : 2.5 * 2 ** -24;
      expect(Math.abs(found[i]! - exact)).toBeLessThanOrEqual(value < -87.3 ? 2 ** -125 : near * exact);
    }
  });

  it('softmax over the last axis', async () => {
    await same((x) => tf.softmax(x), some(3, 4, 17));
    await same((x) => tf.softmax(x), some(5, 1));
    await same((x) => tf.softmax(x.mul(60)), some(2, 40));
  });

  it('what moves elements', async () => {
    const x = some(3, 4, 5);
    await same((y) => y.slice([1, 0, 2], [2, 3, -1]), x);
    await same((y) => tf.split(y, [1, 3, 1], 2)[1]!, x);
    await same((y) => tf.split(y, 2, 1)[1]!, x);
    await same((y, z) => tf.concat([y, z], 1), x, some(3, 2, 5));
    await same((y, z) => tf.concat([y, z], -1), x, some(3, 4, 1));
    await same((y, z) => tf.stack([y, z], 1), x, some(3, 4, 5));
    await same((y) => y.transpose([2, 0, 1]), x);
    await same((y) => y.transpose(), some(6, 7));
    await same((y) => y.reshape([5, -1]).expandDims(1).squeeze([1]), x);
    await same((y, z, w) => tf.addN([y, z, w]), some(2, 3), some(2, 3), some(2, 3));
    await same((y) => tf.addN([tf.zerosLike(y), tf.onesLike(y), tf.fill([2, 3], 0.5)]), some(2, 3));
  });

  it('has the gradients of tfjs', async () => {
    const loss = (x: tf.Tensor, w: tf.Tensor) =>
      tf.fused
        .matMul({ a: x as tf.Tensor2D, b: w as tf.Tensor2D, bias: tf.tensor1d([1, -1]), activation: 'relu' })
        .concat(x.slice([0, 0], [-1, 1]), 1)
        .square()
        .mean(1)
        .sum();
    const inputs = [some(5, 3), some(3, 2)];
    for (const at of [0, 1]) await same((...both) => tf.grads((x, w) => loss(x!, w!))(both)[at]!, ...inputs);
  });

  describe('products of matrices', () => {
    const exact = (
      [a, b]: readonly Float32Array[],
      [batch, m, n, depth]: readonly number[],
      [ta, tb]: readonly number[],
    ): Float32Array =>
      Float32Array.from({ length: batch! * m! * n! }, (_, at) => {
        const [i, r, c] = [Math.floor(at / (m! * n!)), Math.floor(at / n!) % m!, at % n!];
        let sum = 0;
        for (let k = 0; k < depth!; k++) {
          const left = a![i * m! * depth! + (ta ? k * m! + r : r * depth! + k)]!;
          sum += left * b![i * depth! * n! + (tb ? c * depth! + k : k * n! + c)]!;
        }
        return sum;
      });

    const flags: readonly (readonly [0 | 1, 0 | 1])[] = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ];
    it.each<[number, number, number, number]>([
      [1, 1, 1, 1],
      [1, 17, 5, 3],
      [1, 40, 16, 33],
      [1, 13, 65, 7],
      [1, 25, 100, 2],
      [6, 5, 5, 8],
      [1, 300, 80, 64],
    ])('%d of [%d, .] x [., %d] over %d', (...sizes) => {
      const [batch, m, n, depth] = sizes;
      const [a, b] = [batch * m * depth, batch * depth * n].map((length) =>
        Float32Array.from({ length }, () => values() - 0.5),
      ) as [Float32Array, Float32Array];
      for (const transposed of flags) {
        expectEverywhere([exact([a, b], sizes, transposed)], (threads, lanes) => {
          const y = new Float32Array(batch * m * n);
          kernels.matMul(threads, lanes, batch, m, n, depth, ...transposed, a, b, y);
          return [y];
        });
      }
    });
  });

  it('refuse layouts that go beyond an array', () => {
    const [four, two] = [new Float32Array(4), new Float32Array(2)];
    const layout = Int32Array.of(1, 1, 2, 2, 0, 0, 2, 1, 0, 0, 2, 1);
    expect(() => kernels.copyElements(1, layout, two, 0, four, 0)).toThrow('layout goes beyond an array');
    expect(() => kernels.copyElements(1, layout, four, 0, four, 1)).toThrow('layout goes beyond an array');
    expect(() => kernels.copyElements(1, layout, four, 0, four, 4)).toThrow('layout begins beyond an array');
    const three = Int32Array.of(...layout, 0, 0, 2, 1);
    expect(() => kernels.binaryOperation(1, 0, three, four, two, four)).toThrow(
      'layout goes beyond an array',
    );
    expect(() => kernels.unaryOperation(1, 5, four, four, new Float32Array())).toThrow(
      'bounds are of clipping, two',
    );
  });
});

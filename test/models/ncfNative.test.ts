import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { randomStream } from '../../src/base/index.js';
import { type NcfArrays, nativeKernels } from '../../src/engine/index.js';
import { useEngine } from '../support/engines.js';
import { wave } from '../support/gradients.js';
import { describeKernels } from '../support/kernels.js';

const [users, items, count] = [31, 23, 230]; // pairs of several chunks, vectors that many of them share
const random = randomStream('ncf');
const context = Int32Array.from({ length: count }, () => random.int(users));
const item = Int32Array.from({ length: count }, () => random.int(items));

/** Inputs of the kernel for parts and layers of these widths, with shapes: four sorts of vectors, then the weights. */
function inputsOf(factors: number, widths: readonly number[]): tf.Tensor[] {
  const half = widths[0]! / 2;
  const layers = widths.slice(1).flatMap((outputs, l) => [[widths[l]!, outputs], [outputs]]);
  const out = [[factors + widths.at(-1)!, 1], [1]];
  const vectors = [
    [users, factors],
    [items, factors],
    [users, half],
    [items, half],
  ];
  return [...vectors, ...layers, ...out].map((shape, i) => tf.tensor(wave(shape, i + 1), shape));
}

/** Eq. 12 of the paper, by operations of the engine. */
function logitsOf([gmfUsers, gmfItems, mlpUsers, mlpItems, ...weights]: tf.Tensor[]): tf.Tensor1D {
  const take = (x: tf.Tensor, at: Int32Array) => tf.gather(x as tf.Tensor2D, tf.tensor1d(at, 'int32'));
  const [outWeight, outBias] = weights.splice(-2);
  let h: tf.Tensor2D = tf.concat([take(mlpUsers!, context), take(mlpItems!, item)], 1);
  for (let l = 0; l < weights.length; l += 2) h = tf.relu(h.matMul(weights[l]!).add(weights[l + 1]!));
  const hasProduct = gmfUsers!.size > 0;
  const product = hasProduct ? [take(gmfUsers!, context).mul(take(gmfItems!, item)) as tf.Tensor2D] : [];
  return tf
    .concat([...product, h], 1)
    .matMul(outWeight as tf.Tensor2D)
    .add(outBias!)
    .reshape([count]);
}

function join(tensors: readonly tf.Tensor[]): Float32Array {
  return Float32Array.from(tensors.flatMap((tensor) => [...tensor.dataSync()]));
}

describeKernels('the kernel of NCF', () => {
  beforeAll(() => useEngine('tensorflow'));

  it.each([
    [20, [38, 33, 70, 5], 0, 2],
    [3, [2, 1], 0, 3],
    [16, [64, 32], 8, 1],
    [0, [12, 7, 9], 4, 2],
  ])('with %d factors and layers of %j computes what the paper says (lanes %d, threads %d)', (...test) => {
    const [factors, widths, lanes, threads] = test;
    const inputs = inputsOf(factors, widths);
    const dy = tf.tensor1d(wave([count], 99));
    const none = factors === 0 ? inputs.slice(0, 2) : [];
    const { value, grads } = tf.valueAndGrads((...given: tf.Tensor[]) =>
      logitsOf([...none, ...given])
        .mul(dy)
        .sum(),
    )(inputs.slice(none.length));
    const slopes = [...none, ...grads];
    const arrays = [
      ...[factors, Int32Array.from(widths), users, items, context, item],
      ...inputs.slice(0, 4).map((vectors) => vectors.dataSync<'float32'>()),
      join(inputs.slice(4)),
      new Float32Array(count * widths.slice(1).reduce((a, b) => a + b)),
    ] as unknown as NcfArrays;
    const kernels = nativeKernels()!;
    const logits = new Float32Array(count);
    kernels.ncfForward(threads, lanes, ...arrays, logits);
    const sum = dy.dataSync<'float32'>().reduce((total, slope, i) => total + slope * logits[i]!, 0);
    expect(sum / value.dataSync()[0]!).toBeCloseTo(1, 4);

    const sizes = [...inputs.slice(0, 4).map(({ size }) => size), (arrays[10] as Float32Array).length];
    const ours = sizes.map((size) => new Float32Array(size));
    kernels.ncfBackward(threads, lanes, ...arrays, dy.dataSync<'float32'>(), ...ours);
    const theirs = [...slopes.slice(0, 4).map((slope) => join([slope])), join(slopes.slice(4))];
    ours.forEach((gradient, i) => {
      const scale = 1 + Math.max(0, ...theirs[i]!.map(Math.abs));
      gradient.forEach((slope, at) => {
        expect(slope / scale).toBeCloseTo(theirs[i]![at]! / scale, 5);
      });
    });
  });

  it('refuses pairs of vectors that are not there', () => {
    const arrays = [1, Int32Array.of(2, 1), 1, 1, Int32Array.of(1), Int32Array.of(0)] as unknown as NcfArrays;
    expect(() => nativeKernels()!.ncfForward(1, 0, ...arrays, new Float32Array(1))).toThrow(
      'ncfForward: context holds 1, which is not in 0..0',
    );
  });
});

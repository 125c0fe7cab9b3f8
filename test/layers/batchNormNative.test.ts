import { expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type Mode, ParameterSet } from '../../src/engine/index.js';
import { batchNorm } from '../../src/layers/index.js';
import { useEngine } from '../support/engines.js';
import { fillWithWaves, wave } from '../support/gradients.js';
import { describeKernels, largestDifference } from '../support/kernels.js';

/** Result, gradients of x, gamma and beta, and running statistics after a step. */
async function step(
  [rows, channels, width]: readonly [number, number, number],
  mode: Mode,
  counted: boolean,
): Promise<Float32Array[]> {
  const parameters = new ParameterSet(1);
  const layer = batchNorm(parameters, 'norm', channels);
  fillWithWaves(parameters);
  for (const { data } of parameters.tables)
    data.forEach((value, i) => {
      data[i] = 1 + value ** 2;
    });
  const size = rows * channels * width;
  const x = tf.tensor3d(wave([size], 3), [rows, channels, width]);
  const weights = tf.tensor3d(wave([size], 5), [rows, channels, width]);
  const what = counted
    ? {
        isKnown: tf.tensor2d(
          wave([rows * channels], 7).map((value) => (value > -0.3 ? 1 : 0)),
          [rows, channels],
        ),
        times: tf.tensor1d(Array.from({ length: rows }, (_, i) => i % 3)),
      }
    : undefined;
  let made: Float32Array | null = null;
  const all = [x, ...parameters.dense.map((parameter) => parameter.value())];
  const { grads } = tf.engine().gradients(() => {
    const y = layer.apply(x, mode, what);
    made = y.dataSync().slice() as Float32Array;
    return y.mul(weights).sum();
  }, all);
  const found = [made!, ...grads.map((gradient) => gradient.dataSync().slice() as Float32Array)];
  await layer.afterStep();
  return [...found, ...parameters.tables.map(({ data }) => data)];
}

describeKernels('batch normalisation by kernels', () => {
  it.each([
    ['of one column a channel', [7, 5, 1]],
    ['of several', [40, 3, 8]],
    ['of more rows than a block has', [1500, 2, 2]],
  ] as const)('does what its twin does: %s', async (_, shape) => {
    for (const training of [true, false]) {
      for (const counted of [true, false]) {
        const mode = { training, key: ['test'] } as Mode;
        await useEngine('cpu');
        const expected = await step(shape, mode, counted);
        await useEngine('tensorflow');
        const found = await step(shape, mode, counted);
        expect(expected).toHaveLength(5);
        expect(largestDifference(expected, found)).toBeLessThan(2e-5);
      }
    }
  });
});

import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { tensorflow, useEngine } from '../support/engines.js';
import { wave } from '../support/gradients.js';
import { describeIf } from '../support/index.js';

const [installed, reason] = tensorflow();

describeIf(installed, reason)('what TensorFlow is spared', () => {
  beforeAll(() => useEngine('tensorflow'));

  it('casts to the type that is there outlive what was cast, and others convert', () => {
    const before = tf.memory().numTensors;
    const x = tf.tensor1d([1.5, -2.5]);
    const [same, whole] = [x.cast('float32'), x.cast('int32')];
    x.dispose();
    expect([...same.dataSync()]).toEqual([1.5, -2.5]);
    expect([...whole.dataSync()]).toEqual([1, -2]);
    tf.dispose([same, whole]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([undefined, 0, 1, -1, [0, 2], [1, 2], [0, 1, 2]])(
    'gradients of sums and means over axes %p repeat the slope',
    (axes) => {
      const shape: [number, number, number] = [2, 3, 4];
      const summed = new Set((axes === undefined ? [0, 1, 2] : [axes].flat()).map((axis) => (axis + 3) % 3));
      const kept = shape.map((side, axis) => (summed.has(axis) ? 1 : side));
      const slopes = wave(kept, 2);
      const count = 24 / slopes.length;
      tf.tidy(() => {
        const x = tf.tensor3d(wave(shape, 1), shape);
        for (const [name, share] of [
          ['sum', 1],
          ['mean', 1 / count],
        ] as const) {
          const reduced = (y: tf.Tensor) => y[name](axes as number[] | undefined, true);
          const gradient = tf.grad(reduced)(x, tf.tensor(slopes, kept)).dataSync();
          gradient.forEach((found, i) => {
            const place = [Math.floor(i / 12), Math.floor(i / 4) % 3, i % 4];
            const at = place.reduce((sum, p, axis) => sum * kept[axis]! + (summed.has(axis) ? 0 : p), 0);
            expect(found).toBeCloseTo(share * slopes[at]!, 6);
          });
        }
      });
    },
  );

  it('gradients of sums of a scalar and of nothing are a scalar and nothing', () => {
    tf.tidy(() => {
      const slope = tf.scalar(3);
      expect([
        ...tf
          .grad((x) => x.sum())(tf.scalar(2), slope)
          .dataSync(),
      ]).toEqual([3]);
      const none = tf.grad((x) => x.sum())(tf.zeros([0, 2]), slope);
      expect(none.shape).toEqual([0, 2]);
      expect(none.dataSync()).toHaveLength(0);
    });
  });
});

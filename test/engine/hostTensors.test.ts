import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { emptyHostTensor } from '../../src/engine/hostTensors.js';
import { nativeBackend } from '../../src/engine/nativeBackend.js';
import { useEngine } from '../support/engines.js';
import { describeKernels } from '../support/kernels.js';

describeKernels('tensors in arrays of the host', () => {
  beforeAll(() => useEngine('tensorflow'));

  const made = (values: readonly number[]): tf.Tensor => {
    const { info, values: array } = emptyHostTensor([values.length]);
    array.set(values);
    return tf.engine().makeTensorFromTensorInfo(info);
  };
  const arrayOf = (x: tf.Tensor) => nativeBackend().tensorMap.get(x.dataId).values;

  it('are read as copies, which nothing changes afterwards', async () => {
    const x = made([1, 2, 3]);
    const [now, later] = [x.dataSync(), await x.data()];
    now[0] = 9;
    expect([...x.dataSync()]).toEqual([1, 2, 3]);
    x.dispose();
    made([7, 7, 7]).dispose();
    expect([...later]).toEqual([1, 2, 3]);
  });

  it('give their array to the next one when they are gone', () => {
    const x = made([1, 2, 3]);
    const array = arrayOf(x);
    x.dispose();
    const y = made([4, 5, 6]);
    expect(arrayOf(y)).toBe(array);
    y.dispose();
  });

  it('share it with other shapes of the same values, until the last of them is gone', () => {
    const x = made([1, 2, 3, 4]);
    const array = arrayOf(x);
    const y = x.reshape([2, 2]);
    expect(arrayOf(y)).toBe(array);
    x.dispose();
    const z = made([5, 6, 7, 8]);
    expect(arrayOf(z)).not.toBe(array);
    expect(y.arraySync()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    tf.dispose([y, z]);
  });

  it('leave it to TensorFlow once it had it', () => {
    const x = made([1, 2, 3]);
    const array = arrayOf(x);
    const y = tf.tan(x); // TensorFlow's
    expect(arrayOf(x)).toBeNull();
    x.dispose();
    const z = made([4, 5, 6]);
    expect(arrayOf(z)).not.toBe(array);
    expect(y.dataSync()[2]).toBeCloseTo(Math.tan(3), 5);
    tf.dispose([y, z]);
  });

  it('are counted as other tensors are', () => {
    const before = tf.memory();
    const x = made([1, 2]);
    expect(tf.memory().numTensors).toBe(before.numTensors + 1);
    tf.tidy(() => void x.add(1).reshape([2, 1]).square());
    x.dispose();
    expect(tf.memory()).toMatchObject({
      numTensors: before.numTensors,
      numDataBuffers: before.numDataBuffers,
    });
  });
});

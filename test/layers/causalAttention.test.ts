import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { inference, nativeKernels, ParameterSet } from '../../src/engine/index.js';
import { attendingSequences, causalAttention, packSequences } from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { fillWithWaves, wave } from '../support/gradients.js';
import { describeKernels, largestDifference } from '../support/kernels.js';

const lengths = Int32Array.of(3, 0, 1, 5, 2, 5);
const rows = lengths.reduce((a, b) => a + b, 0);

/** Of [rows, 4] with two heads. */
function attended(): Float32Array {
  const parameters = new ParameterSet(1);
  const attention = causalAttention(parameters, 'a', { width: 4, heads: 2, projects: true, keep: 1 });
  fillWithWaves(parameters);
  const values = tf.tidy(() => {
    const x = tf.tensor2d(wave([rows, 4], 2), [rows, 4]);
    const sequences = attendingSequences(packSequences(lengths), inference);
    return attention.apply(x, sequences, inference).dataSync<'float32'>().slice();
  });
  parameters.dispose();
  return values;
}

describeEngines('causal attention', (engine) => {
  beforeAll(() => useEngine(engine));

  it('of equal scores is the mean of the values so far', () => {
    const parameters = new ParameterSet(1);
    const attention = causalAttention(parameters, 'a', { width: 2, heads: 1, projects: false, keep: 1 });
    tf.tidy(() => {
      for (const { name, shape } of parameters.dense) parameters.setDense(name, tf.zeros([...shape]));
      parameters.setDense('a.value.weight', tf.tensor2d([1, 0, 0, 1], [2, 2]));
      // Sequences of 3 and 1: packed rows 0, 2, 3 and 1.
      const packed = packSequences(Int32Array.of(3, 1));
      const x = tf.tensor2d([3, 0, 7, 8, 6, 3, 0, 3], [4, 2]);
      const y = attention.apply(x, attendingSequences(packed, inference), inference);
      const expected = [3, 0, 7, 8, 4.5, 1.5, 3, 2];
      [...y.dataSync()].forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 5);
      });
    });
    parameters.dispose();
  });
});

describeKernels('causal attention by a kernel', () => {
  it('does what its twin does', async () => {
    await useEngine('cpu');
    const expected = attended();
    await useEngine('tensorflow');
    expect(largestDifference([expected], [attended()])).toBeLessThan(1e-5);
  });

  describe('with several threads', () => {
    it('gives the same bits', async () => {
      await useEngine('tensorflow');
      const kernels = nativeKernels()!;
      const [sequences, width] = [400, 16];
      const count = 10 * sequences;
      const [q, k, v] = [1, 2, 3].map((phase) => wave([count * width], phase)) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const offsets = Int32Array.from({ length: sequences + 1 }, (_, s) => 10 * s);
      const each = Int32Array.from({ length: count }, (_, row) => row);
      const found = [1, 3].map((threads) => {
        const to = new Float32Array(count * width);
        kernels.causalAttention(threads, width, 4, 0.5, offsets, each, q, k, v, to);
        return to;
      });
      expect(found[1]).toEqual(found[0]);
    });
  });
});

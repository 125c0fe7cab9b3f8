import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { inference, nativeKernels, ParameterSet } from '../../src/engine/index.js';
import {
  attendingSequences,
  causalAttention,
  type Positions,
  packedRows,
  packSequences,
} from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { fillWithWaves, wave } from '../support/gradients.js';
import { describeKernels, largestDifference } from '../support/kernels.js';

const lengths = Int32Array.of(3, 0, 1, 5, 2, 5);
const rows = lengths.reduce((a, b) => a + b, 0);

/** Of [rows, 4] with two heads. @param asked all positions, if not given */
function attended(asked?: Positions): Float32Array {
  const parameters = new ParameterSet(1);
  const attention = causalAttention(parameters, 'a', { width: 4, heads: 2, projects: true, keep: 1 });
  fillWithWaves(parameters);
  const values = tf.tidy(() => {
    const x = tf.tensor2d(wave([rows, 4], 2), [rows, 4]);
    const sequences = attendingSequences(packSequences(lengths), inference, asked);
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

/** In no order, one of them twice, none of the third sequence, and the second has none. */
const some: Positions = {
  sequence: Int32Array.of(5, 0, 3, 3, 4, 5, 3),
  step: Int32Array.of(4, 0, 2, 4, 1, 0, 2),
};

describeEngines('causal attention of some positions', (engine) => {
  beforeAll(() => useEngine(engine));

  it('is what all positions together have', () => {
    const all = attended();
    const expected = Array.from(packedRows(packSequences(lengths), some), (row) => [
      ...all.subarray(4 * row, 4 * row + 4),
    ]);
    expect(largestDifference([Float32Array.from(expected.flat())], [attended(some)])).toBeLessThan(1e-6);
  });
});

describeKernels('causal attention by a kernel', () => {
  it.each([[undefined], [some]])('does what its twin does', async (asked) => {
    await useEngine('cpu');
    const expected = attended(asked);
    await useEngine('tensorflow');
    expect(largestDifference([expected], [attended(asked)])).toBeLessThan(1e-5);
  });

  it('refuses steps that a sequence does not have', async () => {
    await useEngine('tensorflow');
    const x = new Float32Array(8);
    const attend = (sequence: number, step: number) =>
      nativeKernels()!.causalAttention(
        1,
        4,
        1,
        1,
        Int32Array.of(0, 2),
        Int32Array.of(0, 1),
        Int32Array.of(sequence),
        Int32Array.of(step),
        new Float32Array(4),
        x,
        x,
        new Float32Array(4),
      );
    expect(() => attend(0, 2)).toThrow('step is not of its sequence');
    expect(() => attend(1, 0)).toThrow('sequence');
    expect(() => attend(0, 1)).not.toThrow();
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
      const sequence = each.map((row) => Math.floor(row / 10));
      const step = each.map((row) => row % 10);
      const found = [1, 3].map((threads) => {
        const to = new Float32Array(count * width);
        kernels.causalAttention(threads, width, 4, 0.5, offsets, each, sequence, step, q, k, v, to);
        return to;
      });
      expect(found[1]).toEqual(found[0]);
    });
  });
});

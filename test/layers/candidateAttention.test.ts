import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { ParameterSet } from '../../src/engine/index.js';
import { candidateAttention, prefixAttention, prefixWeights } from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, expectValues, fillWithWaves, wave, waves, weigh } from '../support/gradients.js';

/** Softmax over each query's own prefix, by its definition in float64. */
function slowly(
  h: Float32Array,
  q: Float32Array,
  [steps, width]: readonly [number, number],
  sequence: Int32Array,
  length: Int32Array,
): number[] {
  return Array.from(sequence).flatMap((s, p) => {
    const state = (j: number, c: number): number => h[(s * steps + j) * width + c]!;
    const channels = [...Array(width).keys()];
    const weights = [...Array(length[p]).keys()].map((j) =>
      Math.exp(channels.reduce((sum, c) => sum + state(j, c) * q[p * width + c]!, 0)),
    );
    const total = weights.reduce((a, b) => a + b, 0);
    return channels.map((c) => weights.reduce((sum, w, j) => sum + (w / total) * state(j, c), 0));
  });
}

describeEngines('candidate attention', (engine) => {
  beforeAll(() => useEngine(engine));

  it('weighs the states of each own prefix, in any order, more than fit a group', () => {
    const [count, steps, width, pairs] = [3, 7, 4, 700];
    const sequence = Int32Array.from({ length: pairs }, (_, p) => (p * p) % 2);
    const length = Int32Array.from({ length: pairs }, (_, p) => (p * 5) % 8);
    const h = wave([count, steps, width], 1);
    const q = wave([pairs, width], 2, 2);
    tf.tidy(() =>
      expectValues(
        prefixAttention(tf.tensor3d(h, [count, steps, width]), tf.tensor2d(q, [pairs, width]), {
          sequence,
          length,
        }),
        slowly(h, q, [steps, width], sequence, length),
      ),
    );
  });

  it('tells the weights, 0 past each prefix', () => {
    tf.tidy(() => {
      // Scores 0 and ln 3 of sequence 1; ln 3 alone of sequence 0, whose second state is past the prefix; and no prefix.
      const states = tf.tensor3d([Math.log(3), 9, 0, Math.log(3)], [2, 2, 1]);
      const places = { sequence: Int32Array.of(1, 0, 0), length: Int32Array.of(2, 1, 0) };
      expectValues(prefixWeights(states, tf.ones([3, 1]), places), [0.25, 0.75, 1, 0, 0, 0]);
    });
  });

  it('is zero without any prefix', () => {
    tf.tidy(() => {
      const places = { sequence: Int32Array.of(0, 1), length: Int32Array.of(0, 0) };
      expectValues(prefixAttention(tf.ones([2, 3, 2]), tf.ones([2, 2]), places), [0, 0, 0, 0]);
    });
  });

  it.each(['scaledDot', 'bilinear'] as const)('%s: gradients of central differences', async (kind) => {
    const parameters = new ParameterSet(1);
    const states = parameters.addDense('states', [3, 4, 3], waves(7));
    const candidates = parameters.addDense('candidates', [6, 3], waves(8));
    const attention = candidateAttention(parameters, 'a', { width: 3, kind });
    fillWithWaves(parameters);
    // Sequence 1 has no candidate, the fourth candidate no prefix.
    const places = {
      sequence: Int32Array.of(2, 0, 2, 2, 0, 2),
      length: Int32Array.of(4, 1, 2, 0, 4, 2),
    };
    await expectGradients(parameters, () =>
      weigh(attention.apply(states.value(), candidates.value(), places)),
    );
  });
});

it('fixed queries leave the states their gradient, and have none', async () => {
  await useEngine('cpu');
  const parameters = new ParameterSet(1);
  const states = parameters.addDense('states', [2, 4, 3], waves(7));
  const queries = parameters.addDense('queries', [5, 3], waves(8));
  const places = { sequence: Int32Array.of(1, 0, 1, 1, 0), length: Int32Array.of(4, 1, 2, 0, 4) };
  const of = async (fixed: boolean) => {
    const loss = () => weigh(prefixAttention(states.value(), queries.value(), places, { fixed }));
    const { loss: value, dense } = await parameters.gradients(loss);
    return { value, gradients: dense.map((gradient) => [...gradient.dataSync()]) };
  };
  const [fixed, free] = [await of(true), await of(false)];
  expect(fixed.value).toBe(free.value);
  expect(fixed.gradients[0]).toEqual(free.gradients[0]);
  expect(fixed.gradients[1]!.every((value) => value === 0)).toBe(true);
  expect(free.gradients[1]!.some((value) => value !== 0)).toBe(true);
});

describe('the scores', () => {
  beforeAll(() => useEngine('cpu'));
  const places = { sequence: Int32Array.of(0), length: Int32Array.of(2) };
  const apply = (kind: 'scaledDot' | 'bilinear', h: number[], x: number[]): tf.Tensor2D => {
    const parameters = new ParameterSet(1);
    const attention = candidateAttention(parameters, 'a', { width: 4, kind });
    // W: the first element of x scores the second of h.
    const w = Array.from({ length: 16 }, (_, n) => (n === 1 ? Math.LN2 : 0));
    if (kind === 'bilinear') parameters.setDense('a.weight', tf.tensor2d(w, [4, 4]));
    return attention.apply(tf.tensor3d(h, [1, 2, 4]), tf.tensor2d(x, [1, 4]), places);
  };

  it('of scaledDot are h . x / sqrt(H)', () => {
    // Scores 2 ln 3 / sqrt(4) and 0, weights 3/4 and 1/4.
    expectValues(apply('scaledDot', [1, 0, 0, 0, 0, 0, 0, 8], [2 * Math.log(3), 0, 0, 0]), [0.75, 0, 0, 2]);
  });

  it('of bilinear are h times W x', () => {
    // Scores ln 2 and 0, weights 2/3 and 1/3.
    expectValues(apply('bilinear', [0, 1, 0, 0, 0, 0, 3, 0], [1, 0, 0, 0]), [0, 2 / 3, 1, 0]);
  });
});

it('refuses places that there are not', async () => {
  await useEngine('cpu');
  const call = (sequence: number, length: number) => () =>
    prefixAttention(tf.ones([2, 3, 1]), tf.ones([1, 1]), {
      sequence: Int32Array.of(sequence),
      length: Int32Array.of(length),
    });
  expect(call(2, 1)).toThrow('there is no sequence 2 of 2');
  expect(call(0, 4)).toThrow('no prefix has 4 states');
});

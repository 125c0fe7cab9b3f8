import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { ParameterSet } from '../../src/engine/index.js';
import { ListBuilder, type SelfOverCoOptions, selfOverCo, selfOverCoTaps } from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, expectValues, fillWithWaves, waves, weigh } from '../support/gradients.js';

const plain: SelfOverCoOptions = { width: 2, self: true, selfResidual: false, scale: false, bias: false };

/** par(v, [..]) of the model dossier's appendix B. */
const par = (v: number, size: number, amplitude = 0.5): number[] =>
  Array.from({ length: size }, (_, n) => amplitude * Math.sin(1 + v + 0.7 * n));

/** The weights of appendix B.4, v as it numbers them. */
const numbers = {
  'co.liked': [2, 3, 4],
  'co.followed': [5, 6, 7],
  'self.liked': [8, 9, 10],
  'self.followed': [11, 12, 13],
} as const;

function golden(options: Partial<SelfOverCoOptions>) {
  const parameters = new ParameterSet(1);
  const layer = selfOverCo(parameters, 'soc', { ...plain, ...options });
  for (const [set, values] of Object.entries(numbers)) {
    ['query', 'key', 'value'].forEach((role, i) => {
      const name = `soc.${set}.${role}.weight`;
      if (!parameters.dense.some((weight) => weight.name === name)) return;
      parameters.setDense(name, tf.tensor2d(par(values[i]!, 4), [2, 2]));
    });
  }
  return layer;
}

/** U_l, then U_f. [5, 2] */
const items = () => tf.tensor2d([...par(0, 6, 1), ...par(1, 4, 1)], [5, 2]);
const sets = (liked: number[][], followed: number[][]) => ({
  liked: ListBuilder.of(liked),
  followed: ListBuilder.of(followed),
});

describeEngines('Self-over-Co attention', (engine) => {
  beforeAll(() => useEngine(engine));

  // Appendix B.4; the others by its formulas in numpy.
  it.each([
    [{}, [-0.1519698, -0.0322078]],
    [{ self: false }, [0.3393726, 0.0075894]],
    [{ selfResidual: true }, [0.1874028, -0.0246184]],
    [{ scale: true }, [-0.1468443, -0.0305998]],
    [{ scale: true, self: false }, [0.3417281, 0.0066566]],
    [{ scale: true, selfResidual: true }, [0.1948838, -0.0239432]],
  ])('gives the numbers of the dossier: %j', (options, v) => {
    tf.tidy(() => {
      expectValues(golden(options).apply(items(), sets([[0, 1, 2]], [[3, 4]])), v);
    });
  });

  it('leaves a set as it is beside an empty one, is 0 of two, and does not mix users', () => {
    const given = sets([[0, 1, 2], [], [], [0, 1, 2]], [[], [3, 4], [], [3, 4]]);
    tf.tidy(() => {
      expectValues(
        golden({}).apply(items(), given),
        [-0.1400435, -0.1065916, 0.0949495, 0.1631524, 0, 0, -0.1519698, -0.0322078],
      );
    });
  });

  it('has nothing to do without any like or follow', async () => {
    const parameters = new ParameterSet(1);
    const layer = selfOverCo(parameters, 'soc', { ...plain, bias: true });
    const v = () => layer.apply(items(), sets([[], []], [[], []]));
    tf.tidy(() => expectValues(v(), [0, 0, 0, 0]));
    const { dense } = await parameters.gradients(() => weigh(v()));
    for (const gradient of dense) expect(gradient.abs().sum().dataSync()[0]).toBe(0);
  });

  it.each([{}, { self: false }, { selfResidual: true, scale: true, bias: true }])(
    'has the gradients of central differences: %j',
    async (options) => {
      const parameters = new ParameterSet(1);
      const x = parameters.addDense('x', [7, 3], waves(3));
      const layer = selfOverCo(parameters, 'soc', { ...plain, ...options, width: 3 });
      fillWithWaves(parameters);
      const given = sets([[0, 1, 2], [], [5], [6, 6]], [[3, 4], [2, 1], [], [0]]);
      await expectGradients(parameters, () => weigh(layer.apply(x.value(), given)));
    },
  );
});

describe('the weights and taps of Self-over-Co attention', () => {
  beforeAll(() => useEngine('cpu'));

  it('are 12 matrices, 6 without self-attention, each with a bias if wanted', () => {
    const sizeOf = (options: Partial<SelfOverCoOptions>) => {
      const parameters = new ParameterSet(1);
      selfOverCo(parameters, 'soc', { ...plain, width: 64, ...options });
      return parameters.size;
    };
    expect(sizeOf({})).toBe(49_152);
    expect(sizeOf({ self: false })).toBe(24_576);
    expect(sizeOf({ bias: true })).toBe(49_152 + 12 * 64);
  });

  it.each([true, false])('tell what they said they would, with self-attention: %s', (self) => {
    const found = new Map<string, tf.Tensor>();
    tf.tidy(() => {
      const given = sets([[0, 1, 2], [0]], [[3], [3, 4]]);
      golden({ self }).apply(items(), given, (name, value) => found.set(name, tf.keep(value.clone())));
    });
    expect([...found.keys()].sort()).toEqual(Object.keys(selfOverCoTaps('soc', self)).sort());
    // Rows over the one item that user 0 follows, and over both of user 1.
    const co = found.get('soc.co.liked')!;
    expect(co.shape).toEqual([2, 3, 2]);
    expectValues(co.slice([0, 0, 0], [1, 3, 2]), [1, 0, 1, 0, 1, 0]);
    expectValues(co.slice([1, 0, 0], [1, 1, 2]).sum(), [1]);
    tf.dispose([...found.values()]);
  });
});

import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { nativeKernels, ParameterSet, zeros } from '../../src/engine/index.js';
import { attentionStack, guidedAttention, weighSlots } from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, expectValues, fillWithWaves, wave, waves, weigh } from '../support/gradients.js';
import { describeKernels, expectEverywhere } from '../support/kernels.js';

/** par(v) and par1(v) of appendix B of the dossier: amplitude * sin(1 + v + 0.7 n). */
const par = (v: number, size: number, amplitude = 0.5): number[] =>
  Array.from({ length: size }, (_, n) => amplitude * Math.sin(1 + v + 0.7 * n));

/** An attention with base v: W_x = par(v), W_g = par(v+1), w = par(v+2), slot bias par(v+3). */
function setBase(parameters: ParameterSet, name: string, v: number): void {
  for (const [part, by] of Object.entries({
    'x.weight': 0,
    'guidance.weight': 1,
    'out.weight': 2,
    slotBias: 3,
  })) {
    const found = parameters.dense.find((one) => one.name === `${name}.${part}`);
    if (!found) continue;
    const size = found.shape.reduce((a, b) => a * b, 1);
    parameters.setDense(found.name, tf.tensor(par(v + by, size), [...found.shape]));
  }
}

const options = { width: 2, slotBias: true, init: zeros } as const;

describeEngines('guided attention', (engine) => {
  beforeAll(() => useEngine(engine));

  const one = Int32Array.of(0);
  const qu = () => tf.tensor2d(par(0, 6, 1), [1, 6]);
  const qv = () => tf.tensor2d(par(1, 8, 1), [1, 8]);

  it('gives the values of two independent references (dossier, B.5)', () => {
    const parameters = new ParameterSet(1);
    const self = guidedAttention(parameters, 'self', { ...options, slots: 3, guided: false });
    setBase(parameters, 'self', 10);
    const q0 = weighSlots(self.weights(self.keys(qu()), null), qu());
    expectValues(q0, [0.3308123, 0.0664504]);

    const stacks = (layers: number, output: 'attended' | 'query') => {
      const name = `video.${layers}.${output}`;
      const stack = attentionStack(parameters, name, {
        ...options,
        slots: 4,
        layers,
        shareLayers: false,
        output,
      });
      for (let m = 1; m <= layers; m++) setBase(parameters, `${name}.${m}`, 10 + 10 * m);
      return stack.apply({ keys: stack.keys(qv()), slots: qv(), row: one, guide: { values: q0, row: one } });
    };
    const first = stacks(1, 'attended');
    const last = stacks(2, 'attended');
    expectValues(first, [-0.2274061, -0.0187024]);
    expectValues(last, [0.157302, 0.0327533]); // by NumPy: of the layers over videos the dossier gives the first
    // g_2 = v_1 + g_1 and g_3 = v_2 + g_2.
    const second = first.add(q0);
    expectValues(stacks(1, 'query'), [...second.dataSync()]);
    expectValues(stacks(2, 'query'), [...second.add(last).dataSync()]);
    parameters.dispose();
  });

  it('is the formula, by hand', () => {
    const parameters = new ParameterSet(1);
    const one = guidedAttention(parameters, 'a', {
      slots: 2,
      width: 1,
      guided: true,
      slotBias: true,
      init: zeros,
    });
    parameters.setDense('a.x.weight', tf.tensor2d([2], [1, 1]));
    parameters.setDense('a.guidance.weight', tf.tensor2d([3], [1, 1]));
    parameters.setDense('a.out.weight', tf.tensor2d([1], [1, 1]));
    parameters.setDense('a.slotBias', tf.tensor1d([0.5, 0]));
    const slots = tf.tensor2d([0.25, -0.5, 1, 0], [2, 2]);
    const g = tf.tensor2d([0.1, -0.2], [2, 1]);
    const a = one.weights(one.keys(slots), one.guidance(g));
    // tanh(.5 + .3) + .5 = 1.164037, tanh(-1 + .3) = -.604368: the first weighs 1 / (1 + e^-1.768405)
    const first = 1 / (1 + Math.exp(-(Math.tanh(0.8) + 0.5 - Math.tanh(-0.7))));
    const second = 1 / (1 + Math.exp(-(Math.tanh(1.4) + 0.5 - Math.tanh(-0.6))));
    expectValues(a, [first, 1 - first, second, 1 - second]);
    expectValues(weighSlots(a, slots), [0.25 * first - 0.5 * (1 - first), second]);
    parameters.dispose();
  });

  it.each([
    [1, false, 'attended'],
    [2, false, 'query'],
    [3, true, 'attended'],
  ] as const)(
    'has the gradients of its values: %d layers, shared: %p, %s',
    async (layers, shareLayers, output) => {
      const parameters = new ParameterSet(1);
      const spec = { slots: 3, width: 2, slotBias: true, init: waves(1), layers, shareLayers, output };
      const stack = attentionStack(parameters, 'stack', spec);
      const slots = parameters.addDense('slots', [4, 6], waves(2));
      const guide = parameters.addDense('guide', [4, 2], waves(3));
      fillWithWaves(parameters, 0.9);
      await expectGradients(parameters, () => {
        const of = slots.value<tf.Rank.R2>();
        const by = { values: guide.value<tf.Rank.R2>(), row: Int32Array.of(1, 2, 2, 0, 3) };
        const row = Int32Array.of(0, 3, 1, 1, 2);
        return weigh(stack.apply({ keys: stack.keys(of), slots: of, row, guide: by }));
      });
      expect(stack.matrices).toHaveLength(shareLayers ? 3 : 3 * layers);
      parameters.dispose();
    },
  );
});

describeKernels('attention over slots by kernels', () => {
  beforeAll(() => useEngine('tensorflow'));

  const row = Int32Array.from({ length: 700 }, (_, p) => (p * 3) % 5);
  const guide = Int32Array.from({ length: 700 }, (_, p) => (p * p) % 7);

  /** The formula, pair by pair in float64. */
  function slowly(slots: number, width: number, biased: boolean) {
    const [keys, values, guidance, out, bias] = arraysOf(slots, width);
    const weights = new Float32Array(row.length * slots);
    const attended = new Float32Array(row.length * width);
    row.forEach((at, p) => {
      const scores = Array.from({ length: slots }, (_, j) => {
        let score = biased ? bias[j]! : 0;
        for (let c = 0; c < width; c++) {
          const z = keys[(at * slots + j) * width + c]! + guidance[guide[p]! * width + c]!;
          score += out[c]! * Math.tanh(z);
        }
        return Math.exp(score);
      });
      const norm = scores.reduce((a, b) => a + b, 0);
      scores.forEach((score, j) => {
        weights[p * slots + j] = score / norm;
      });
      for (let c = 0; c < width; c++) {
        attended[p * width + c] = scores.reduce(
          (sum, score, j) => sum + (score / norm) * values[(at * slots + j) * width + c]!,
          0,
        );
      }
    });
    return [weights, attended];
  }

  const arraysOf = (slots: number, width: number) =>
    [
      wave([5, slots, width], 1),
      wave([5, slots, width], 2),
      wave([7, width], 3),
      wave([width], 4),
      wave([slots], 5),
    ] as const;

  it.each([
    [1, 1, true],
    [3, 16, true],
    [5, 32, false],
    [4, 21, true],
    [19, 7, false],
    [2, 64, true],
  ])('is what the formula says: %d slots of %d, biases: %p', (slots, width, biased) => {
    const [keys, values, guidance, out, bias] = arraysOf(slots, width);
    expectEverywhere(slowly(slots, width, biased), (threads, lanes) => {
      const weights = new Float32Array(row.length * slots).fill(7);
      const attended = new Float32Array(row.length * width).fill(7);
      const biases = biased ? bias : new Float32Array();
      const given = [slots, width, keys, values, guidance, out, biases, row, guide] as const;
      nativeKernels()!.attendSlots(threads, lanes, ...given, weights, attended);
      return [weights, attended];
    });
  });

  it('is the same with a gradient, which the kernel has not', () => {
    const parameters = new ParameterSet(1);
    const spec = { slots: 3, width: 2, slotBias: true, init: waves(1), layers: 2, shareLayers: false };
    const stack = attentionStack(parameters, 'stack', { ...spec, output: 'query' });
    fillWithWaves(parameters);
    const kernel = jest.spyOn(nativeKernels()!, 'attendSlots');
    const slots = tf.tensor2d(wave([5, 6], 3), [5, 6]);
    const g = tf.tensor2d(wave([7, 2], 4), [7, 2]);
    const apply = (of: tf.Tensor) =>
      stack.apply({
        keys: stack.keys(of as tf.Tensor2D),
        slots: of as tf.Tensor2D,
        row,
        guide: { values: g, row: guide },
      });
    const differentiated = tf.valueAndGrad(apply)(slots, tf.ones([700, 2])).value;
    expect(kernel).not.toHaveBeenCalled();
    const found = apply(slots);
    expect(kernel).toHaveBeenCalledTimes(2);
    expectValues(found, [...differentiated.dataSync()]);
    kernel.mockRestore();
    parameters.dispose();
  });

  it('refuses rows that are not there', () => {
    const few = [new Float32Array(4), new Float32Array(4), new Float32Array(2), new Float32Array(2)] as const;
    const results = [new Float32Array(1), new Float32Array(2)] as const;
    const call = (at: number, by: number) => () =>
      nativeKernels()!.attendSlots(
        1,
        0,
        1,
        2,
        ...few,
        new Float32Array(),
        Int32Array.of(at),
        Int32Array.of(by),
        ...results,
      );
    expect(call(2, 0)).toThrow('attendSlots: row of each pair holds 2, which is not in 0..1');
    expect(call(0, 1)).toThrow('attendSlots: guide of each pair holds 1, which is not in 0..0');
  });
});

describe('slot biases', () => {
  beforeAll(() => useEngine('cpu'));

  it('cancel where they are alike, and without them the order of the slots makes no difference', () => {
    const parameters = new ParameterSet(1);
    const biased = guidedAttention(parameters, 'a', { ...options, slots: 3, guided: false, slotBias: true });
    const free = guidedAttention(parameters, 'b', { ...options, slots: 3, guided: false, slotBias: false });
    for (const name of ['a', 'b']) setBase(parameters, name, 4);
    expect(parameters.dense.map(({ name }) => name)).not.toContain('b.slotBias');
    const weightsOf = (one: typeof free, slots: readonly number[]): number[] => {
      const of = tf.tensor2d([...slots], [1, 6]);
      return [...one.weights(one.keys(of), null).dataSync()];
    };
    const slots = par(7, 6, 1);
    const turned = [...slots.slice(2), ...slots.slice(0, 2)];
    const [a, b, c] = weightsOf(free, slots);
    weightsOf(free, turned).forEach((weight, i) => {
      expect(weight).toBeCloseTo([b!, c!, a!][i]!, 6);
    });
    expect(Math.abs(weightsOf(biased, slots)[0]! - a!)).toBeGreaterThan(1e-3);
    parameters.setDense('a.slotBias', tf.tensor1d([2, 2, 2]));
    weightsOf(biased, slots).forEach((weight, i) => {
      expect(weight).toBeCloseTo([a!, b!, c!][i]!, 6);
    });
    parameters.dispose();
  });
});

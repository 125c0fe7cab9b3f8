import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { ParameterSet } from '../../src/engine/index.js';
import type { EdgeCell } from '../../src/layers/index.js';
import { type CellWeights, recurrence } from '../../src/layers/recurrence.js';
import { runInSteps } from '../../src/layers/recurrenceSteps.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, wave, waves, weigh } from '../support/gradients.js';
import { describeKernels } from '../support/kernels.js';

/** By PyTorch: see recurrence.py. */
interface Golden {
  readonly name: string;
  readonly inputs: number;
  readonly units: number;
  readonly steps: number;
  readonly lengths: readonly number[];
  readonly edges: readonly (readonly number[])[] | null;
  readonly edgeCell: EdgeCell | null;
  readonly h: readonly number[];
  /** Of x, then of each cell's weights. */
  readonly gradients: readonly (readonly number[])[];
}
const goldens = readFileSync(new URL('recurrence.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Golden);

/** The layer on the golden case's inputs: states, and gradients of the states' weighted sum. */
function run(golden: Golden, op = recurrence): { h: Float32Array; gradients: Float32Array[] } {
  const { inputs, units, steps, lengths, edges, edgeCell } = golden;
  return tf.tidy(() => {
    const x = tf.tensor3d(wave([lengths.length * steps * inputs], 1), [lengths.length, steps, inputs]);
    const shapes = [[inputs, 4 * units], [units, 4 * units], [4 * units]];
    const weights = (edges ? [10, 20] : [10]).flatMap((phase) =>
      shapes.map((shape, k) => tf.tensor(wave(shape, phase + k), shape)),
    );
    const forward = (...tensors: tf.Tensor[]): tf.Tensor3D => {
      const [first, ...others] = tensors as [tf.Tensor3D, ...tf.Tensor[]];
      const cells = Array.from({ length: others.length / 3 }, (_, c) => {
        const [input, state, bias] = others.slice(3 * c, 3 * c + 3);
        return { input, state, bias } as CellWeights;
      });
      const links = edges ? { edges: Int32Array.from(edges.flat()), edgeCell: edgeCell! } : null;
      return op({ x: first, lengths: Int32Array.from(lengths), cells, links });
    };
    const { grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => weigh(forward(...tensors)))([
      x,
      ...weights,
    ]);
    return {
      h: forward(x, ...weights).dataSync<'float32'>(),
      gradients: grads.map((grad) => grad.dataSync<'float32'>()),
    };
  });
}

function expectGolden(golden: Golden, op = recurrence): void {
  const { h, gradients } = run(golden, op);
  expectClose(h, golden.h);
  expect(gradients).toHaveLength(golden.gradients.length);
  gradients.forEach((gradient, i) => {
    expectClose(gradient, golden.gradients[i]!);
  });
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found).toHaveLength(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(found[i]! - expected[i]!);
    if (!(error <= 2e-6 + 1e-5 * Math.abs(expected[i]!))) {
      throw new Error(`element ${i} is ${found[i]} instead of ${expected[i]}`);
    }
  }
}

describeEngines('recurrence', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each(goldens)('$name: states and gradients as by PyTorch', (golden) => {
    expectGolden(golden);
  });

  it('refuses lengths and edges that do not fit', () => {
    const call = (lengths: number[], edges: number[]) => () =>
      tf.tidy(() => {
        const cell = {
          input: tf.zeros<tf.Rank.R2>([1, 4]),
          state: tf.zeros<tf.Rank.R2>([1, 4]),
          bias: tf.zeros<tf.Rank.R1>([4]),
        };
        const links = { edges: Int32Array.from(edges), edgeCell: 'previous' as const };
        recurrence({ x: tf.zeros([1, 3, 1]), lengths: Int32Array.from(lengths), cells: [cell, cell], links });
      });
    expect(call([3], [5, 0, 1])).not.toThrow();
    expect(call([2], [0, 0, 9])).not.toThrow();
    expect(call([4], [0, 0, 0])).toThrow('the lengths do not fit 1 sequences of 3 steps');
    expect(call([3, 3], [0, 0, 0])).toThrow(RangeError);
    expect(call([3], [0, 1, 0])).toThrow('an edge leads from position 1 to 1');
    expect(call([3], [0, 0])).toThrow('there are 2 edges');
  });
});

describeKernels('recurrence in steps, where the kernel would run', () => {
  beforeAll(() => useEngine('tensorflow'));
  const inSteps: typeof recurrence = (problem) => {
    const weights = problem.cells.flatMap(({ input, state, bias }) => [input, state, bias]);
    const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
      const { states, saved, back } = runInSteps(problem);
      (inputs.at(-1) as tf.GradSaveFunc)(saved);
      const gradFunc = ((dy: tf.Tensor, kept: tf.Tensor[]) => back(dy as tf.Tensor3D, kept)) as never;
      return { value: states, gradFunc };
    });
    return op(problem.x, ...weights) as tf.Tensor3D;
  };

  it.each(goldens)('$name: states and gradients as by PyTorch', (golden) => {
    expectGolden(golden, inSteps);
  });

  // What an earlier pass kept is used again, where it is large enough.
  it('gives what the kernel gives for batches of changing sizes, one after the other', () => {
    const linked = goldens.find(({ edges }) => edges)!;
    for (const count of [10, 4, 12, 4]) {
      const lengths = Array.from({ length: count }, (_, s) => s % (linked.steps + 1));
      const edges = lengths.map(() => Array.from({ length: linked.steps }, (_, t) => t >> 1));
      const golden = { ...linked, lengths, edges };
      const [byKernel, bySteps] = [run(golden), run(golden, inSteps)];
      expectClose(byKernel.h, bySteps.h);
      byKernel.gradients.forEach((gradient, i) => {
        expectClose(gradient, bySteps.gradients[i]!);
      });
    }
  });
});

describe('gradients of central differences', () => {
  it.each(['previous', 'linkedMain', 'linkedStar'] as const)('%s', async (edgeCell) => {
    await useEngine('cpu');
    const parameters = new ParameterSet(1);
    const x = parameters.addDense('x', [2, 5, 3], waves(7));
    const cells = ['main', 'star'].map((name, c) => ({
      input: parameters.addDense(`${name}.input`, [3, 8], waves(10 * c)),
      state: parameters.addDense(`${name}.state`, [2, 8], waves(10 * c + 1)),
      bias: parameters.addDense(`${name}.bias`, [8], waves(10 * c + 2)),
    }));
    const links = { edges: Int32Array.of(0, 0, 0, 1, 1, 0, 0, 1, 0, 0), edgeCell };
    await expectGradients(parameters, () =>
      weigh(
        recurrence({
          x: x.value(),
          lengths: Int32Array.of(5, 3),
          cells: cells.map(({ input, state, bias }) => ({
            input: input.value(),
            state: state.value(),
            bias: bias.value(),
          })),
          links,
        }),
      ),
    );
  });
});

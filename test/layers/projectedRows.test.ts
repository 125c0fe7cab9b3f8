import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type Kernels, nativeKernels } from '../../src/engine/index.js';
import { projectedRows } from '../../src/layers/projectedRows.js';
import { useEngine } from '../support/engines.js';
import { wave } from '../support/gradients.js';
import { describeKernels, expectEverywhere, largestDifference } from '../support/kernels.js';

interface Case {
  readonly inputs: number;
  readonly outputs: number;
  readonly rows: Int32Array;
}

const VECTORS = 50;
/** Widths that vectors divide and do not; rows that come more than once; more of them than a chunk has. */
const cases: Readonly<Record<string, Case>> = {
  'wide vectors': {
    inputs: 512,
    outputs: 64,
    rows: Int32Array.from({ length: 300 }, (_, i) => (i * i) % VECTORS),
  },
  'odd widths': {
    inputs: 7,
    outputs: 83,
    rows: Int32Array.from({ length: 131 }, (_, i) => (i * 3) % VECTORS),
  },
  'one row': { inputs: 5, outputs: 3, rows: Int32Array.of(VECTORS - 1) },
  'no row': { inputs: 5, outputs: 3, rows: new Int32Array() },
};

const matrixOf = ({ inputs }: Case) => wave([VECTORS, inputs], 1);
const weightOf = ({ inputs, outputs }: Case) => wave([inputs, outputs], 2);
const gradientOf = ({ outputs, rows }: Case) => wave([rows.length, outputs], 3);

/** Result, then gradient, in double precision by the formula. */
function slowly(run: Case): Float32Array[] {
  const { inputs, outputs, rows } = run;
  const [matrix, weight, dy] = [matrixOf(run), weightOf(run), gradientOf(run)];
  const [out, dWeight] = [new Float64Array(rows.length * outputs), new Float64Array(inputs * outputs)];
  rows.forEach((row, i) => {
    for (let k = 0; k < inputs; k++) {
      for (let o = 0; o < outputs; o++) {
        out[i * outputs + o]! += matrix[row * inputs + k]! * weight[k * outputs + o]!;
        dWeight[k * outputs + o]! += matrix[row * inputs + k]! * dy[i * outputs + o]!;
      }
    }
  });
  return [Float32Array.from(out), Float32Array.from(dWeight)];
}

function byKernels(kernels: Kernels, run: Case, threads: number, lanes: number): Float32Array[] {
  const { inputs, outputs, rows } = run;
  const given = [threads, lanes, inputs, outputs, matrixOf(run), rows] as const;
  const [out, dWeight] = [rows.length * outputs, inputs * outputs].map((n) => new Float32Array(n).fill(7));
  kernels.projectRows(...given, weightOf(run), out!);
  kernels.projectRowsBackward(...given, gradientOf(run), dWeight!);
  return [out!, dWeight!];
}

describeKernels('projected rows', () => {
  let kernels: Kernels;
  beforeAll(async () => {
    await useEngine('tensorflow');
    kernels = nativeKernels()!;
  });

  it.each(Object.entries(cases))('are what the formula says, %s', (_, run) => {
    expectEverywhere(slowly(run), (threads, lanes) => byKernels(kernels, run, threads, lanes));
  });

  it('come to models as tensors with a gradient', () => {
    const run = cases['odd widths']!;
    const found = tf.tidy(() => {
      const weight = tf.tensor2d(weightOf(run), [run.inputs, run.outputs]);
      const dy = tf.tensor2d(gradientOf(run), [run.rows.length, run.outputs]);
      const project = (w: tf.Tensor) => projectedRows(kernels, matrixOf(run), run.rows, w as tf.Tensor2D);
      const { value, grad } = tf.valueAndGrad(project)(weight, dy);
      return [value, grad].map((tensor) => tensor.dataSync<'float32'>());
    });
    expect(largestDifference(slowly(run), found)).toBeLessThan(1e-5);
  });

  it('refuse rows and sizes that do not fit', () => {
    const run = cases['odd widths']!;
    expect(() => byKernels(kernels, { ...run, rows: Int32Array.of(VECTORS) }, 1, 0)).toThrow(/rows holds 50/);
    const given = [1, 0, run.inputs, run.outputs, new Float32Array(8), Int32Array.of(0)] as const;
    const out = new Float32Array(run.outputs);
    expect(() => kernels.projectRows(...given, weightOf(run), out)).toThrow(/matrix is not rows of 7/);
  });
});

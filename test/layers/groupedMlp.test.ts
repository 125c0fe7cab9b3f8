import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type Kernels, nativeKernels } from '../../src/engine/index.js';
import { applyGroupedMlp, applyInOperations, type GroupedMlp } from '../../src/layers/index.js';
import { useEngine } from '../support/engines.js';
import { wave } from '../support/gradients.js';
import { describeKernels, expectEverywhere, largestDifference } from '../support/kernels.js';

interface Case {
  readonly count: number;
  readonly inputs: number;
  readonly sizes: readonly number[];
}

/** Widths that vectors divide and do not, one group and three, more rows than a chunk has and none. */
const cases: Readonly<Record<string, Case>> = {
  'two groups of 64': { count: 300, inputs: 128, sizes: [64, 64] },
  'odd widths': { count: 131, inputs: 7, sizes: [5, 1, 21] },
  'one group, one row': { count: 1, inputs: 3, sizes: [4] },
  'no row': { count: 0, inputs: 3, sizes: [2, 2] },
};

const widthOf = ({ sizes }: Case) => sizes.reduce((sum, size) => sum + size, 0);

/** x, weight, bias, then the groups' matrices, with their shapes. */
function given(run: Case): (readonly [Float32Array, number[]])[] {
  const width = widthOf(run);
  const shapes = [
    [run.count, run.inputs],
    [run.inputs, width],
    [width],
    ...run.sizes.map((size) => [size, size]),
  ];
  return shapes.map((shape, i) => [wave(shape, i + 1), shape] as const);
}
const gradientOf = (run: Case) => wave([run.count, widthOf(run)], 9);

/** Result, then gradients in the order of `given`, in double precision by the formula. */
function slowly(run: Case): Float32Array[] {
  const { count, inputs, sizes } = run;
  const width = widthOf(run);
  const [x, weight, bias, ...groups] = given(run).map(([values]) => values) as [
    Float32Array,
    Float32Array,
    Float32Array,
    ...Float32Array[],
  ];
  const dy = gradientOf(run);
  const result = new Float64Array(count * width);
  const gradients = [x, weight, bias, ...groups].map(({ length }) => new Float64Array(length));
  const [dx, dWeight, dBias, ...dGroups] = gradients as [
    Float64Array,
    Float64Array,
    Float64Array,
    ...Float64Array[],
  ];
  for (let n = 0; n < count; n++) {
    const hidden = Array.from(bias, (b, c) => {
      let z = b;
      for (let k = 0; k < inputs; k++) z += x[n * inputs + k]! * weight[k * width + c]!;
      return Math.max(0, z);
    });
    let start = 0;
    sizes.forEach((size, g) => {
      for (let c = 0; c < size; c++) {
        let slope = 0;
        for (let o = 0; o < size; o++) {
          const at = c * size + o;
          const dOut = dy[n * width + start + o]!;
          result[n * width + start + o]! += hidden[start + c]! * groups[g]![at]!;
          dGroups[g]![at]! += hidden[start + c]! * dOut;
          slope += groups[g]![at]! * dOut;
        }
        if (hidden[start + c] === 0) continue;
        dBias[start + c]! += slope;
        for (let k = 0; k < inputs; k++) {
          dWeight[k * width + start + c]! += x[n * inputs + k]! * slope;
          dx[n * inputs + k]! += weight[k * width + start + c]! * slope;
        }
      }
      start += size;
    });
  }
  return [result, ...gradients].map((values) => Float32Array.from(values));
}

function byKernels(kernels: Kernels, run: Case, threads: number, lanes: number): Float32Array[] {
  const { count, inputs, sizes } = run;
  const width = widthOf(run);
  const [x, weight, bias, ...groups] = given(run).map(([values]) => values);
  const filled = (length: number) => new Float32Array(length).fill(7);
  const mlp = [threads, lanes, inputs, width, x!, weight!, bias!] as const;
  const kept = [filled(count * width), Int32Array.from(sizes)] as const;
  const result = filled(count * width);
  kernels.groupedMlpForward(...mlp, ...kept, result, ...groups);
  const unkept = filled(count * width);
  kernels.groupedMlpForward(...mlp, new Float32Array(), kept[1], unkept, ...groups);
  expect(largestDifference([unkept], [result])).toBe(0);
  const [dx, dWeight, dBias] = [x!, weight!, bias!].map(({ length }) => filled(length));
  const dGroups = groups.map(({ length }) => filled(length));
  const gradients = [dx!, dWeight!, dBias!, ...dGroups] as const;
  kernels.groupedMlpBackward(...mlp, ...kept, gradientOf(run), ...gradients, ...groups);
  return [result, ...gradients];
}

/** By a function of tensors. */
function byTensors(apply: (mlp: GroupedMlp, x: tf.Tensor2D) => tf.Tensor2D, run: Case): Float32Array[] {
  return tf.tidy(() => {
    const inputs = given(run).map(([values, shape]) => tf.tensor(values, shape));
    const dy = tf.tensor2d(gradientOf(run), [run.count, widthOf(run)]);
    const of = (...[x, weight, bias, ...groups]: tf.Tensor[]) =>
      apply(
        { weight: weight as tf.Tensor2D, bias: bias as tf.Tensor1D, groups: groups as tf.Tensor2D[] },
        x as tf.Tensor2D,
      );
    const { value, grads } = tf.valueAndGrads(of)(inputs, dy);
    expect(largestDifference([of(...inputs).dataSync<'float32'>()], [value.dataSync<'float32'>()])).toBe(0);
    return [value, ...grads].map((tensor) => tensor.dataSync<'float32'>());
  });
}

describe('a grouped MLP', () => {
  it('is what the formula says, gradients too', async () => {
    await useEngine('cpu');
    const run = cases['odd widths']!;
    expect(largestDifference(slowly(run), byTensors(applyInOperations, run))).toBeLessThan(1e-5);
  });
});

describeKernels('a grouped MLP by kernels', () => {
  let kernels: Kernels;
  beforeAll(async () => {
    await useEngine('tensorflow');
    kernels = nativeKernels()!;
  });

  it.each(Object.entries(cases))('is what the formula says, %s', (_, run) => {
    expectEverywhere(slowly(run), (threads, lanes) => byKernels(kernels, run, threads, lanes));
  });

  it('comes to models as tensors with gradients', () => {
    const run = cases['odd widths']!;
    expect(largestDifference(slowly(run), byTensors(applyGroupedMlp, run))).toBeLessThan(1e-5);
  });

  it('refuses sizes that do not fit', () => {
    const run = cases['odd widths']!;
    const broken = (change: Partial<Case>) => () => {
      const { inputs, sizes } = { ...run, ...change };
      const [x, weight, bias, ...groups] = given(run).map(([values]) => values);
      const result = new Float32Array(run.count * 27);
      const mlp = [1, 0, inputs, 27, x!, weight!, bias!, new Float32Array(), Int32Array.from(sizes)] as const;
      kernels.groupedMlpForward(...mlp, result, ...groups);
    };
    expect(broken({ inputs: 8 })).toThrow(/x is not rows of 8/);
    expect(broken({ sizes: [5, 1, 20] })).toThrow(/sizes do not add up to 27/);
    expect(broken({ sizes: [5, 0, 22] })).toThrow(/sizes holds 0/);
    expect(broken({})).not.toThrow();
  });
});

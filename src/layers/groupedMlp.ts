import * as tf from '@tensorflow/tfjs';
import { type Floats, type Kernels, kernelOp, type MlpArrays, nativeKernels, relu } from '../engine/index.js';
import { SpareArrays } from './spareArrays.js';

/** Weights of two layers without a bias in the second. */
export interface GroupedMlp {
  /** [I, d] */
  readonly weight: tf.Tensor2D;
  /** [d] */
  readonly bias: tf.Tensor1D;
  /** Matrices [d_g, d_g] of groups of channels, whose sizes add up to d. */
  readonly groups: readonly tf.Tensor2D[];
}

/** A linear layer with a ReLU, then a linear layer of each group of channels by itself: [N, I] -> [N, d]. */
export function applyGroupedMlp(mlp: GroupedMlp, x: tf.Tensor2D): tf.Tensor2D {
  const kernels = nativeKernels();
  return kernels ? applyNatively(kernels, mlp, x) : applyInOperations(mlp, x);
}

/** The same by operations of the engine: the groups are one product with a block-diagonal matrix. */
export function applyInOperations({ weight, bias, groups }: GroupedMlp, x: tf.Tensor2D): tf.Tensor2D {
  const width = bias.shape[0];
  let start = 0;
  const bands = groups.map((group) => {
    const [size] = group.shape;
    const band = group.pad([
      [0, 0],
      [start, width - start - size],
    ]);
    start += size;
    return band;
  });
  return relu(tf.fused.matMul({ a: x, b: weight, bias })).matMul(tf.concat(bands, 0)) as tf.Tensor2D;
}

const spare = new SpareArrays(1);

function applyNatively(kernels: Kernels, { weight, bias, groups }: GroupedMlp, x: tf.Tensor2D): tf.Tensor2D {
  const [inputs, width] = weight.shape;
  const sizes = Int32Array.from(groups, ({ shape }) => shape[0]);
  const hidden = tf.engine().isTapeOn() ? spare.take(x.shape[0] * width) : new Float32Array();
  const mlpOf = ([xs, w, b]: Floats[]) => {
    const mlp: MlpArrays = [inputs, width, xs!, w!, b!, hidden, sizes];
    return [kernels.threads, 0, ...mlp] as const;
  };
  return kernelOp(kernels, {
    inputs: [x, weight, bias, ...groups],
    shape: [x.shape[0], width],
    forward: (given, result) => kernels.groupedMlpForward(...mlpOf(given), result, ...given.slice(3)),
    backward: (given, dy, gradients) => {
      const [dx, dWeight, dBias, ...dGroups] = gradients as [Floats, Floats, Floats, ...Floats[]];
      const matrices = [...dGroups, ...given.slice(3)];
      kernels.groupedMlpBackward(...mlpOf(given), dy, dx, dWeight, dBias, ...matrices);
      spare.keep(hidden);
    },
  });
}

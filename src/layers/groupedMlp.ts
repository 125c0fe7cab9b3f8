import * as tf from '@tensorflow/tfjs';
import {
  type Floats,
  filledTensors,
  type Kernels,
  type MlpArrays,
  nativeKernels,
  relu,
  valuesInPlace,
} from '../engine/index.js';
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
  const given = [x, weight, bias, ...groups];
  const arrays = (tensors: readonly tf.Tensor[], hidden: Float32Array) => {
    const [xs, w, b, ...matrices] = tensors.map((tensor) => valuesInPlace(kernels, tensor));
    const mlp: MlpArrays = [inputs, width, xs!, w!, b!, hidden, sizes];
    return { mlp, matrices };
  };
  const forward = (hidden: Float32Array): tf.Tensor2D => {
    const { mlp, matrices } = arrays(given, hidden);
    const fill = (y: Floats) => kernels.groupedMlpForward(kernels.threads, 0, ...mlp, y, ...matrices);
    return filledTensors(kernels, [[x.shape[0], width]], fill)[0] as tf.Tensor2D;
  };
  if (!tf.engine().isTapeOn()) return forward(new Float32Array());

  const op = tf.customGrad((...inputsAndSave: (tf.Tensor | tf.GradSaveFunc)[]) => {
    (inputsAndSave.at(-1) as tf.GradSaveFunc)(given);
    const hidden = spare.take(x.shape[0] * width);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const fill = (...gradients: Floats[]) => {
        const { mlp, matrices } = arrays(saved, hidden);
        const [dx, dWeight, dBias, ...dGroups] = gradients as [Floats, Floats, Floats, ...Floats[]];
        const back = [valuesInPlace(kernels, dy), dx, dWeight, dBias, ...dGroups, ...matrices] as const;
        kernels.groupedMlpBackward(kernels.threads, 0, ...mlp, ...back);
      };
      const gradients = filledTensors(
        kernels,
        saved.map(({ shape }) => shape),
        fill,
      );
      spare.keep(hidden);
      return gradients;
    };
    return { value: forward(hidden), gradFunc };
  });
  return op(...given) as tf.Tensor2D;
}

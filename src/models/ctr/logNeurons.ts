import type * as tf from '@tensorflow/tfjs';
import { type Floats, filledTensors, type Kernels, valuesInPlace } from '../../engine/index.js';
import type { FixedNorm, PairRows } from '../../layers/index.js';

/** Logarithmic neurons whose statistics do not change any more. */
export interface FixedNeurons {
  readonly sizes: { readonly width: number; readonly neurons: number; readonly logFloor: number };
  /** Fields [R, F_side width], and which row of them each pair takes. */
  readonly sides: readonly PairRows[];
  /** [F, K] */
  readonly weight: tf.Tensor;
  /** Of the logarithms of fields. [F] */
  readonly logs: { readonly [K in keyof FixedNorm]: tf.Tensor };
  /** Of the neurons; null: none. [K] */
  readonly norm: Pick<FixedNorm, 'scale' | 'shift'> | null;
}

/** The neurons of pairs by a kernel, for weights that nobody differentiates. [P, K width] */
export function logNeuronsNatively(
  kernels: Kernels,
  { sizes: { width, neurons, logFloor }, sides, weight, logs, norm }: FixedNeurons,
): tf.Tensor2D {
  const pairs = sides[0]!.row.length;
  const valuesOf = (tensor: tf.Tensor): Floats => valuesInPlace(kernels, tensor);
  const fill = (result: Floats): void =>
    kernels.logNeurons(
      kernels.threads,
      0,
      width,
      neurons,
      logFloor,
      pairs,
      sides.length,
      ...sides.flatMap(({ values, row }) => [values.shape[1] / width, valuesOf(values), row]),
      valuesOf(weight),
      ...[logs.scale, logs.shift, logs.missing].map(valuesOf),
      norm ? valuesOf(norm.scale) : new Float32Array(neurons).fill(1),
      norm ? valuesOf(norm.shift) : new Float32Array(neurons),
      result,
    );
  return filledTensors(kernels, [[pairs, neurons * width]], fill)[0] as tf.Tensor2D;
}

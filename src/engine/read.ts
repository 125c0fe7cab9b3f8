import type * as tf from '@tensorflow/tfjs';

/**
 * The values of tensors of floats, which are disposed of, also when reading fails. All are asked for at once: a GPU
 * takes as long to answer for many as for one, and WebGPU answers only those who wait.
 */
export async function takeValues(tensors: readonly tf.Tensor[]): Promise<Float32Array[]> {
  try {
    return await Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
  } finally {
    for (const tensor of tensors) tensor.dispose();
  }
}

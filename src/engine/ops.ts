import * as tf from '@tensorflow/tfjs';

/**
 * Rows of a matrix by position, with a gradient that every engine can compute: [N, d], [M] -> [M, d].
 *
 * tfjs differentiates `gather` through UnsortedSegmentSum, which wasm lacks and the plain JavaScript backend does
 * in time proportional to rows x segments. Where the engine has no fast kernel the rows are added up on the host.
 *
 * @param positions within 0..N-1; not to be changed while the step lasts, because the engine may not copy it
 * @throws RangeError for a position outside, the same on every engine
 */
export function gatherRows(x: tf.Tensor2D, positions: Int32Array): tf.Tensor2D {
  const [rows, width] = x.shape;
  for (const position of positions) {
    if (!(position >= 0 && position < rows)) throw new RangeError(`there is no row ${position} of ${rows}`);
  }
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const value = take(inputs[0] as tf.Tensor2D, positions);
    return { value, gradFunc: (dy: tf.Tensor) => segmentSum(dy as tf.Tensor2D, positions, rows, width) };
  });
  return op(x) as tf.Tensor2D;
}

function take(x: tf.Tensor2D, positions: Int32Array): tf.Tensor2D {
  const [rows, width] = x.shape;
  // The kernel of wasm moves element by element: copying rows is several times faster, unless most are not wanted.
  if (tf.getBackend() !== 'wasm' || positions.length < rows)
    return tf.gather(x, tf.tensor1d(positions, 'int32'));
  const values = x.dataSync();
  const taken = new Float32Array(positions.length * width);
  for (let i = 0; i < positions.length; i++) {
    const from = positions[i]! * width;
    taken.set(values.subarray(from, from + width), i * width);
  }
  return tf.tensor2d(taken, [positions.length, width]);
}

/** Adds row i of `y` to row `segments[i]` of a zero matrix: [M, d] -> [rows, d]. */
function segmentSum(y: tf.Tensor2D, segments: Int32Array, rows: number, width: number): tf.Tensor2D {
  if (segments.length === 0) return tf.zeros([rows, width]);
  if (tf.getBackend() === 'tensorflow' || tf.getBackend() === 'webgpu') {
    return tf.unsortedSegmentSum(y, tf.tensor1d(segments, 'int32'), rows);
  }
  const values = y.dataSync();
  const sum = new Float32Array(rows * width);
  for (let i = 0; i < segments.length; i++) {
    const from = i * width;
    const to = segments[i]! * width;
    for (let c = 0; c < width; c++) sum[to + c]! += values[from + c]!;
  }
  return tf.tensor2d(sum, [rows, width]);
}

import * as tf from '@tensorflow/tfjs';

const BACKEND = 'tensorflow';

/**
 * Spares TensorFlow work that tfjs asks for and that changes nothing. Call it once the backend is registered.
 *
 * - Gradients of products cast factors to float32, which they are: TensorFlow copies them. They are handed on.
 * - Gradients of sums and means multiply by ones, which JavaScript fills and copies, as large as what was summed. They are
 *   repeated by one operation.
 */
export function spareTensorflow(): void {
  const cast = tf.getKernel('Cast', BACKEND);
  const identity = tf.getKernel('Identity', BACKEND);
  tf.unregisterKernel('Cast', BACKEND);
  tf.registerKernel({
    ...cast,
    kernelFunc: (params) => {
      const { x } = params.inputs as { x: tf.TensorInfo };
      const isSame = x.dtype === (params.attrs as { dtype?: tf.DataType }).dtype;
      return isSame ? identity.kernelFunc(params) : cast.kernelFunc(params);
    },
  });
  for (const kernelName of ['Sum', 'Mean']) {
    const usual = tf.getGradient(kernelName);
    tf.registerGradient({
      ...usual,
      gradFunc: (dy, saved, attrs) => {
        if (tf.getBackend() !== BACKEND) return usual.gradFunc(dy, saved, attrs);
        const [x] = saved as [tf.Tensor];
        const axes = tf.util.parseAxisParam((attrs as { axis: number | number[] }).axis, x.shape);
        const times = x.shape.map((side, axis) => (axes.includes(axis) ? side : 1));
        const count = times.reduce((product, side) => product * side, 1);
        const derX = (): tf.Tensor => {
          const one = (dy as tf.Tensor).reshape(
            x.shape.map((side, axis) => (axes.includes(axis) ? 1 : side)),
          );
          return (kernelName === 'Mean' ? one.div(count) : one).tile(times);
        };
        return { x: derX };
      },
    });
  }
}

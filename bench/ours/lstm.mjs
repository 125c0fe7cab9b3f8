/** Forward and backward of an LSTM layer: the gradient of the sum of all states with respect to weights and input. */
import * as tf from '@tensorflow/tfjs';
import { ParameterSet } from '../../dist/engine/index.js';
import { lstm } from '../../dist/layers/index.js';
import { serve, settings, startEngine } from './side.mjs';

const { batch, size, length, steps } = settings;

/** The numbers of theirs/lstm.py. */
const wave = (count) =>
  Float32Array.from({ length: count }, (_, n) => Math.sin(1 + 0.7 * n + 0.013 * (n % 1009)));

/** As torch lays a cell's matrix out, [4 size, size], here turned round. */
function matrix() {
  const rows = wave(4 * size * size);
  return Float32Array.from(rows, (_, i) => 0.1 * rows[(i % (4 * size)) * size + Math.floor(i / (4 * size))]);
}

await serve(async () => {
  const { device, version, threads } = await startEngine();
  const parameters = new ParameterSet(1);
  const x = parameters.addDense('x', [batch, length, size], () => wave(batch * length * size));
  const layer = lstm(parameters, 'layer', { inputs: size, units: size });
  const set = (name, values, shape) => tf.tidy(() => parameters.setDense(name, tf.tensor(values, shape)));
  set('layer.input', matrix(), [size, 4 * size]);
  set('layer.state', matrix(), [size, 4 * size]);
  set(
    'layer.bias',
    wave(4 * size).map((value) => 0.1 * value),
    [4 * size],
  );
  const lengths = new Int32Array(batch).fill(length);
  const bias = parameters.dense.findIndex(({ name }) => name === 'layer.bias');
  const both = tf.valueAndGrads(() => layer.apply(x.value(), lengths));
  const ones = tf.ones([batch, length, size]); // the gradient of a sum
  const step = () => {
    const { value, grads } = both(
      parameters.dense.map((parameter) => parameter.value()),
      ones,
    );
    const [total] = value.sum().dataSync();
    const gradient = grads[bias].dataSync().reduce((sum, slope) => sum + slope, 0); // nothing is left undone
    return { outputSum: total / batch, gradientSum: gradient / batch };
  };
  const run = async () => {
    let checks = {};
    for (let i = 0; i < steps; i++) checks = tf.tidy(step);
    return { examples: steps * batch, checks };
  };
  return { device, threads, versions: { engine: version }, run };
});

/** Programs that the tests run in a process of their own: ENGINE THREADS PROGRAM. */
import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs';
import {
  constant,
  gatherRows,
  normal,
  Optimizer,
  openEngine,
  ParameterSet,
} from '../../dist/engine/index.js';

const [name, threads, program] = process.argv.slice(2);
const engine = await openEngine({ name, threads: threads === 'auto' ? 'auto' : Number(threads) });

const programs = {
  speak: () => process.stderr.write('still here\n'),
  exit: () => process.exit(7),
  throw: () => {
    throw new Error('thrown on purpose');
  },
  reject: () => Promise.reject(new Error('rejected on purpose')),
  // What a GPU answers after it was asked for a buffer that may be used for nothing.
  misuse: async () => {
    tf.backend().device.createBuffer({ size: 16, usage: 0 });
    await tf.square(tf.scalar(2)).data();
  },
  train: async () => process.stdout.write(JSON.stringify({ threads: engine.threads, hash: await train() })),
};

programs[program]();

/** A table, attention-like products, dropout's kind of mask, Adam: the hash of the weights after 30 steps. */
async function train() {
  const parameters = new ParameterSet(5);
  const table = parameters.addTable('table', 200, 32, normal(0.1));
  const inner = parameters.addDense('inner', [32, 64], normal(0.1));
  const outer = parameters.addDense('outer', [64, 1], normal(0.1));
  const bias = parameters.addDense('bias', [1], constant(0));
  const adam = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: null };
  const optimizer = new Optimizer(parameters, adam);
  for (let step = 0; step < 30; step++) {
    const rows = Int32Array.from({ length: 50 }, (_, i) => (i * 7 + step * 3) % 200);
    const unique = Int32Array.from(new Set(rows));
    const positions = Int32Array.from({ length: 400 }, (_, i) => (i * i + step) % unique.length);
    const gradients = await parameters.gradients(() => {
      const x = gatherRows(table.lookup(unique), positions);
      const logits = tf.tanh(x.matMul(inner.value())).matMul(outer.value()).add(bias.value());
      return tf.softplus(logits).sub(logits.mul(0.3)).mean();
    });
    await optimizer.apply(gradients, 0.01);
  }
  const hash = createHash('sha256');
  for (const { data } of (await optimizer.state()).values()) hash.update(Buffer.from(data.buffer.slice(0)));
  return hash.digest('hex');
}

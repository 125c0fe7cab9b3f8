/** What a first step of given rows comes to, for both sides to agree on. */
import * as tf from '@tensorflow/tfjs';
import { BatchAssembler } from '../../dist/data/batch.js';

/**
 * @param model of pairs with labels
 * @param rows of the store [P]
 * @returns mean log loss of the rows, without L2, and the norm of its gradient, of all weights together
 */
export async function firstStep(model, data, rows) {
  const { item } = data.store.interactions;
  const pairs = {
    anchor: rows,
    item: rows.map((row) => item[row]),
    label: Float32Array.from(rows, (row) => data.label[row]),
    row: rows,
  };
  const batch = new BatchAssembler(data, model.history).assemble(pairs, { per: 'context' });
  const mode = { training: true, key: ['first'] };
  const gradients = await model.parameters.gradients(() => {
    const logits = model.logits(model.encode(batch, mode), batch, mode);
    return tf
      .softplus(logits)
      .sub(logits.mul(tf.tensor1d(pairs.label)))
      .mean();
  });
  const { loss, denseSquares } = gradients;
  tf.dispose([gradients.flat, ...gradients.dense]);
  return { firstLoss: loss, gradientNorm: Math.sqrt(denseSquares + squaresOf(gradients.rows)) };
}

/** Of the gradients of tables' rows, whichever lookup they come from. */
function squaresOf(lookups) {
  const sums = new Map();
  for (const { table, rows, values } of lookups) {
    rows.forEach((row, i) => {
      if (row < 0) return;
      for (let w = 0; w < table.width; w++) {
        const at = `${table.name} ${row} ${w}`;
        sums.set(at, (sums.get(at) ?? 0) + values[i * table.width + w]);
      }
    });
  }
  let squares = 0;
  for (const value of sums.values()) squares += value ** 2;
  return squares;
}

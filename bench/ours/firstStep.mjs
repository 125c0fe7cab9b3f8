/** What a first step comes to, for both sides to agree on. It is not taken. */
import * as tf from '@tensorflow/tfjs';
import { BatchAssembler } from '../../dist/data/batch.js';

/** Rows of the train part as pairs with their labels: `count` of them, evenly spread. */
export function checkedRows({ store, split, label }, count) {
  const rows = spread(split.train, count);
  return {
    anchor: rows,
    item: rows.map((row) => store.interactions.item[row]),
    label: Float32Array.from(rows, (row) => label[row]),
    row: rows,
  };
}

/** The same, each followed by its user with the item of the row half the train part further on, as a negative. */
export function checkedCouples({ store, split }, count) {
  const { train } = split;
  const rows = spread(train, count);
  const others = spread(train, count, Math.floor(train.length / 2));
  const { item } = store.interactions;
  const both = (of) => Int32Array.from({ length: 2 * count }, (_, p) => of(p >> 1, p % 2 === 0));
  return {
    anchor: both((i) => rows[i]),
    item: both((i, positive) => item[positive ? rows[i] : others[i]]),
    label: Float32Array.from({ length: 2 * count }, (_, p) => 1 - (p % 2)),
    row: both((i, positive) => (positive ? rows[i] : -1)),
  };
}

function spread(rows, count, from = 0) {
  const every = Math.floor(rows.length / count);
  return Int32Array.from({ length: count }, (_, i) => rows[(i * every + from) % rows.length]);
}

/** @returns mean loss of the pairs, without L2, and the norm of its gradient, of all weights together */
export async function firstStep(model, data, pairs) {
  const batch = new BatchAssembler(data, model).assemble(pairs, { per: 'context' });
  const mode = { training: true, key: ['first'] };
  const gradients = await model.parameters.gradients(() => {
    const items = model.encodeItems(batch.items, mode);
    const contexts = model.encodeContexts(batch, items, mode);
    if (model.loss) return model.loss({ batch, items, contexts }, mode);
    const logits = model.logits(contexts, items, batch.pairs, mode);
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

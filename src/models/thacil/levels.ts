import * as tf from '@tensorflow/tfjs';
import { gatherRows, type Mode } from '../../engine/index.js';
import { type AdditiveAttention, applyGroupedMlp, type RowLists } from '../../layers/index.js';

/** The two attentions within a block; null: switched off. */
export interface Levels {
  readonly item: AdditiveAttention | null;
  readonly category: AdditiveAttention | null;
  /** d_f and d_c. */
  readonly sizes: readonly [number, number];
}

/**
 * Eqs. 3 and 5: scores of both levels for x = [f ; c], item level first. A level that is off scores all alike: a mean.
 * [T, d] -> [T, d]
 */
export function levelScores(levels: Levels, x: tf.Tensor2D, mode: Mode): tf.Tensor2D {
  const { item, category, sizes } = levels;
  if (mode.training && [item, category].some((level) => level && level.keep < 1)) {
    const [f, c] = tf.split(x, [...sizes], 1) as [tf.Tensor2D, tf.Tensor2D];
    const scores = (level: AdditiveAttention | null, own: tf.Tensor2D, other: tf.Tensor2D) =>
      level ? level.scores(level.x.apply(own), level.q.apply(other), mode) : tf.zerosLike(own);
    return tf.concat([scores(item, f, c), scores(category, c, f)], 1) as tf.Tensor2D;
  }
  // The four maps of f and c are one product. The outer biases cancel in the softmax.
  const weight = (level: AdditiveAttention | null, which: 'x' | 'q', shape: [number, number]): tf.Tensor2D =>
    level ? level[which].weight.value<tf.Rank.R2>() : tf.zeros(shape);
  const [df, dc] = sizes;
  const inner = tf.concat(
    [
      tf.concat([weight(item, 'x', [df, df]), weight(category, 'q', [df, dc])], 1),
      tf.concat([weight(item, 'q', [dc, df]), weight(category, 'x', [dc, dc])], 1),
    ],
    0,
  ) as tf.Tensor2D;
  const bias = tf.concat(
    [item, category].map((level, at) =>
      level
        ? level.x.bias!.value<tf.Rank.R1>().add<tf.Tensor1D>(level.q.bias!.value())
        : tf.zeros<tf.Rank.R1>([sizes[at]!]),
    ),
  );
  const outer = (level: AdditiveAttention | null, size: number) =>
    level ? level.out.weight.value<tf.Rank.R2>() : tf.zeros<tf.Rank.R2>([size, size]);
  return applyGroupedMlp({ weight: inner, bias, groups: [outer(item, df), outer(category, dc)] }, x);
}

/** Rows and the lists of places among them. */
export interface Places {
  readonly x: tf.Tensor2D;
  readonly lists: RowLists;
}

/** The rows that occur in the lists, each once, unless most do. */
export function distinctRows(x: tf.Tensor2D, lists: RowLists): Places {
  const number = new Int32Array(x.shape[0]);
  const distinct: number[] = [];
  for (const row of lists.rows) if (number[row] === 0) number[row] = distinct.push(row);
  if (2 * distinct.length > x.shape[0]) return { x, lists };
  return {
    x: gatherRows(x, Int32Array.from(distinct)),
    lists: { offsets: lists.offsets, rows: lists.rows.map((row) => number[row]! - 1) },
  };
}

/** A row for every place. */
export function everyRow(x: tf.Tensor2D, { offsets, rows }: RowLists): Places {
  return { x: gatherRows(x, rows), lists: { offsets, rows: Int32Array.from(rows.keys()) } };
}

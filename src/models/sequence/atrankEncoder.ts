import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../base/index.js';
import { gatherRows, type ParameterSet } from '../../engine/index.js';
import {
  ListBuilder,
  multiHeadAttention,
  multiHeadWeights,
  paddedLists,
  type RowLists,
} from '../../layers/index.js';
import { itemsOfContexts } from '../histories.js';
import type { AtrankOptions } from '../options.js';
import { attentionBlock, rankEmbedding } from './atrankBlocks.js';
import type { EncoderSpec, InterestEncoder } from './encoder.js';

type Options = Pick<AtrankOptions, 'heads' | 'feedForward' | 'timeEncoding' | 'historyLength'>;

/**
 * ATRank's two attentions: the items of a history attend to each other, then the candidate attends to them; u is the
 * candidate's vector after this. An item attends to later ones too, so that every history is encoded for itself.
 * Weights `name.time`, `name.self.*` and `name.candidate.*`.
 *
 * @throws UserError where the heads do not divide the width of items
 */
export function atrankEncoder(
  parameters: ParameterSet,
  { name, width }: EncoderSpec,
  { heads, feedForward, timeEncoding, historyLength }: Options,
): InterestEncoder {
  if (width % heads !== 0) {
    throw new UserError(
      `model.heads: ${heads} does not divide the width of items, ${width}`,
      'Change model.heads, model.itemSize or model.categorySize.',
    );
  }
  const time = timeEncoding === 'rankBuckets' ? rankEmbedding(parameters, `${name}.time`, width) : null;
  const own = attentionBlock(parameters, `${name}.self`, { width, feedForward });
  const candidate = attentionBlock(parameters, `${name}.candidate`, { width, feedForward });
  return {
    width,
    perContext: false,
    prefixes: 'separate',
    matrices: [...(time ? [time.weight] : []), ...own.matrices, ...candidate.matrices],
    taps: {
      [`${name}.self`]: `Weights of the ${name} history, each item over all. [U, h, T, T]`,
      [`${name}.states`]: `The ${name} history after the self-attention, 0 past its end. [U, T, d]`,
      [`${name}.attention`]: `Weights of each candidate over the ${name} history. [P, h, T]`,
    },
    encode: (x, history, mode) => {
      const items = itemsOfContexts(history);
      const ofContext = { offsets: items.offsets, rows: Int32Array.from(items.rows.keys()) };
      // Without places every distinct item is mapped once, else every place.
      const [h, lists] = time ? [time.apply(x, items), ofContext] : [x, items];
      const [queries, keys, values] = [own.query(h), own.key(h), own.value(h)];
      const attending = { queries: lists, keys: lists };
      const read = () => {
        const attended = multiHeadAttention({ queries, keys, values }, attending, heads);
        return own.finish(attended, gatherRows(h, lists.rows));
      };
      // Not every engine has products of nothing: where all histories are empty there is a row that nobody reads.
      const states = items.rows.length > 0 ? read() : tf.zeros<tf.Rank.R2>([1, width]);
      if (mode.tap) {
        mode.tap(
          `${name}.self`,
          multiHeadWeights({ queries, keys }, attending, heads, [historyLength, historyLength]),
        );
        mode.tap(`${name}.states`, paddedLists(states, ofContext, historyLength));
      }
      // Keys and values of the candidates' attention do not depend on the candidate.
      return { rows: tf.concat([candidate.key(states), candidate.value(states)], 1), ofContext };
    },
    interest: ({ rows, ofContext }, x, { context, item }, mode) => {
      const [keys, values] = tf.split(rows, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
      const { lists, rank } = byContext(context, item, ofContext!);
      const attending = { queries: lists, keys: ofContext! };
      const queries = candidate.query(x);
      const attended = gatherRows(multiHeadAttention({ queries, keys, values }, attending, heads), rank);
      if (mode.tap) {
        const alone = onePerPair(context, item, ofContext!);
        const weights = multiHeadWeights({ queries, keys }, alone, heads, [1, historyLength]);
        mode.tap(`${name}.attention`, weights.squeeze([2]));
      }
      return { vectors: candidate.finish(attended, gatherRows(x, item)), row: null };
    },
  };
}

/** The candidates of each context, and where among them each pair is. */
function byContext(
  context: Int32Array,
  item: Int32Array,
  { offsets }: RowLists,
): { lists: RowLists; rank: Int32Array } {
  const starts = new Int32Array(offsets.length);
  for (const c of context) starts[c + 1]!++;
  for (let c = 1; c < starts.length; c++) starts[c]! += starts[c - 1]!;
  const next = starts.slice();
  const rank = context.map((c) => next[c]!++);
  const rows = new Int32Array(item.length);
  for (const [pair, at] of rank.entries()) rows[at] = item[pair]!;
  return { lists: { offsets: starts, rows }, rank };
}

/** A list a pair: its candidate, and the history of its context. */
function onePerPair(context: Int32Array, item: Int32Array, { offsets, rows }: RowLists) {
  const ends = Int32Array.from({ length: item.length + 1 }, (_, pair) => pair);
  const keys = Array.from(context, (c) => rows.subarray(offsets[c], offsets[c + 1]));
  return { queries: { offsets: ends, rows: item }, keys: ListBuilder.of(keys) };
}

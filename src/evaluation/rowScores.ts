import * as tf from '@tensorflow/tfjs';
import { gather, range } from '../base/index.js';
import {
  type Batch,
  CandidateBatches,
  type CatalogueLists,
  candidatePairs,
  neutralItem,
  type Pairs,
  type PreparedData,
  poolOf,
} from '../data/index.js';
import { takeValues } from '../engine/index.js';
import { contextSpecOf, type FittedModel, type Model } from '../models/index.js';
import { contextScorers } from './scorers.js';
import type { CatalogueVectors } from './vectors.js';

/** Scores of users with every candidate of a pool, some users at a time. */
export interface RowScores {
  /** Users to ask for at a time. */
  readonly step: number;
  /** Scores of the lists from..to-1: row-major [to - from, candidates], the caller's to change. */
  rows(from: number, to: number): Promise<Float32Array>;
  dispose(): void;
}

/** 32 MB of scores are held at a time: more does not make it faster, and at least some users share a product. */
const SCORES = 2 ** 23;
const LEAST_USERS = 16;
/** Items of one product. */
const ITEMS = 65_536;

/** By matrix products on the engine. The items' vectors stay there for as long as they are needed. */
export function productRows(vectors: CatalogueVectors, items: number): RowScores {
  const blocks: tf.Tensor2D[] = [];
  for (let from = 0; from < items; from += ITEMS) {
    blocks.push(tf.keep(vectors.items(from, Math.min(items, from + ITEMS))));
  }
  const width = blocks[0]!.shape[1];
  return {
    step: Math.max(LEAST_USERS, Math.min(256, Math.floor(SCORES / items))),
    rows: async (from, to) => {
      const values = await vectors.users(from, to);
      const products = tf.tidy(() => {
        const users = tf.tensor2d(values, [to - from, width]);
        return blocks.map((block) => tf.matMul(users, block, false, true));
      });
      return side(await takeValues(products), to - from);
    },
    dispose: () => tf.dispose(blocks),
  };
}

/** Pairs that are scored at a time. */
const PAIRS = 16_384;
/** Users that are encoded at a time. */
const USERS = 16;

/**
 * By scoring every (user, item) pair: for models whose scores are no inner products. Users are encoded once, items block
 * by block.
 */
export function pairRows(model: Model | FittedModel, data: PreparedData, lists: CatalogueLists): RowScores {
  const pool = poolOf(lists, data.store);
  const looksAt = contextSpecOf(model);
  const batches = new CandidateBatches(data, looksAt);
  const scorerOf = contextScorers(model, data);
  const rows = async (from: number, to: number): Promise<Float32Array> => {
    const batch = batches.batch(...contextsOf(lists, from, to, pool));
    const scorer = await scorerOf(batch);
    try {
      const block = Math.max(1, Math.floor(PAIRS / (to - from)));
      const blocks: Float32Array[] = [];
      for (let first = 0; first < pool.length; first += block) {
        const last = Math.min(pool.length, first + block);
        blocks.push(
          await scorer.score(pool.slice(first, last), blockOf(batch, lists, from, to, [first, last])),
        );
        await new Promise(setImmediate); // signals are heard between blocks
      }
      return side(blocks, to - from);
    } finally {
      scorer.dispose();
    }
  };
  if (looksAt.histories.every(({ target }) => target !== 'exclude'))
    return { step: USERS, rows, dispose: () => {} };
  // Each target that is an event of the history has a context of its own, and there may be hundreds.
  return { step: USERS, rows: byStretches(lists, pool.length, rows), dispose: () => {} };
}

/** Contexts that are encoded at a time where lists have many. */
const CONTEXTS = 256;

/** Asks for as many lists at a time as have so many contexts together, and at least one. */
function byStretches(
  { targetOffsets }: CatalogueLists,
  candidates: number,
  rows: RowScores['rows'],
): RowScores['rows'] {
  return async (from, to) => {
    const whole = new Float32Array((to - from) * candidates);
    for (let start = from; start < to; ) {
      let end = start + 1;
      while (end < to && end + 1 - start + targetOffsets[end + 1]! - targetOffsets[start]! <= CONTEXTS) end++;
      whole.set(await rows(start, end), (start - from) * candidates);
      start = end;
    }
    return whole;
  };
}

/**
 * Pairs that have all contexts of the lists from..to-1. The first ones are of each list with an item that it does not know,
 * the others with each of its targets: among candidates, only these can be events of the history, which may leave them out
 * (`historyTarget: exclude`).
 */
function contextsOf(
  lists: CatalogueLists,
  from: number,
  to: number,
  pool: Int32Array,
): [anchor: Int32Array, item: Int32Array] {
  const { targetOffsets, targets } = lists;
  const anchor = [...lists.anchor.subarray(from, to)];
  for (let list = from; list < to; list++) {
    for (let t = targetOffsets[list]!; t < targetOffsets[list + 1]!; t++) anchor.push(lists.anchor[list]!);
  }
  const neutral = range(from, to).map((list) => neutralItem(lists, list, pool.length));
  const places = [...neutral, ...targets.subarray(targetOffsets[from], targetOffsets[to])];
  return [Int32Array.from(anchor), gather(pool, Int32Array.from(places))];
}

/**
 * Pairs of the lists from..to-1 with each of a block of items, list after list.
 *
 * @param batch of `contextsOf`
 * @param block first candidate, and the one after the last
 */
function blockOf(
  batch: Batch,
  lists: CatalogueLists,
  from: number,
  to: number,
  [first, last]: readonly [number, number],
): Pairs {
  const { targetOffsets, targets } = lists;
  const length = last - first;
  const known = batch.pairs.context;
  const context = new Int32Array((to - from) * length);
  const item = new Int32Array(context.length);
  const positions = range(0, length);
  let pair = to - from;
  for (let list = from; list < to; list++) {
    const start = (list - from) * length;
    context.fill(known[list - from]!, start, start + length);
    item.set(positions, start);
    for (let t = targetOffsets[list]!; t < targetOffsets[list + 1]!; t++) {
      const at = targets[t]! - first;
      if (at >= 0 && at < length) context[start + at] = known[pair]!;
      pair++;
    }
  }
  return candidatePairs(context, item);
}

/** Puts matrices of `rows` rows side by side. */
function side(blocks: readonly Float32Array[], rows: number): Float32Array {
  if (blocks.length === 1) return blocks[0]!;
  const width = blocks.reduce((sum, block) => sum + block.length / rows, 0);
  const whole = new Float32Array(rows * width);
  let column = 0;
  for (const block of blocks) {
    const columns = block.length / rows;
    for (let row = 0; row < rows; row++) {
      whole.set(block.subarray(row * columns, (row + 1) * columns), row * width + column);
    }
    column += columns;
  }
  return whole;
}

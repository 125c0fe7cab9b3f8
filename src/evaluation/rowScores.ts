import * as tf from '@tensorflow/tfjs';
import { range } from '../base/index.js';
import { CandidateBatches, type CatalogueLists, type PreparedData } from '../data/index.js';
import { takeValues } from '../engine/index.js';
import type { FittedModel, Model } from '../models/index.js';
import { rankingScorer } from './scorers.js';
import type { CatalogueVectors } from './vectors.js';

/** Scores of users with every item of the catalogue, some users at a time. */
export interface RowScores {
  /** Users to ask for at a time. */
  readonly step: number;
  /** Scores of the lists from..to-1: row-major [to - from, items], the caller's to change. */
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
/** Users that are encoded at a time, once for each block of items. */
const USERS = 16;

/** By scoring every (user, item) pair: for models whose scores are no inner products. */
export function pairRows(model: Model | FittedModel, data: PreparedData, lists: CatalogueLists): RowScores {
  const items = data.store.itemIds.length;
  const batches = new CandidateBatches(data, 'history' in model ? model.history : null);
  const score = rankingScorer(model, data);
  return {
    step: USERS,
    rows: async (from, to) => {
      const count = to - from;
      const block = Math.max(1, Math.floor(PAIRS / count));
      const blocks: Float32Array[] = [];
      for (let first = 0; first < items; first += block) {
        const candidates = range(first, Math.min(items, first + block));
        const anchor = new Int32Array(count * candidates.length);
        const item = new Int32Array(anchor.length);
        for (let l = 0; l < count; l++) {
          anchor.fill(lists.anchor[from + l]!, l * candidates.length, (l + 1) * candidates.length);
          item.set(candidates, l * candidates.length);
        }
        blocks.push(await score(batches.batch(anchor, item)));
        await new Promise(setImmediate); // signals are heard between batches
      }
      return side(blocks, count);
    },
    dispose: () => {},
  };
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

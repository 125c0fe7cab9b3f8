import * as tf from '@tensorflow/tfjs';
import { gather } from '../base/index.js';
import {
  CandidateBatches,
  type CatalogueLists,
  neutralItem,
  type PreparedData,
  poolOf,
} from '../data/index.js';
import { inference, takeValues } from '../engine/index.js';
import { type Encoder, type FittedModel, isTrainable, type Model } from '../models/index.js';
import { itemEncoding } from './itemVectors.js';

/** The vectors whose inner products rank a catalogue, in pieces. */
export interface CatalogueVectors {
  /** Vectors of the candidates from..to-1 of the pool: [to - from, f]. The caller disposes of them. */
  items(from: number, to: number): tf.Tensor2D;
  /** Vectors of the users of the lists from..to-1, row-major [to - from, f]. */
  users(from: number, to: number): Promise<Float32Array>;
}

export interface VectorOptions {
  /** Contexts (users) with a history that are encoded at a time. */
  readonly contextsPerBatch: number;
}

/** Contexts without a history are a row of a table each, and need no sparing. */
const CONTEXTS_WITHOUT_HISTORY = 4096;

/** The vectors of a model, or null where its scores are no inner products. */
export async function catalogueVectors(
  model: Model | FittedModel,
  data: PreparedData,
  lists: CatalogueLists,
  { contextsPerBatch }: VectorOptions,
): Promise<CatalogueVectors | null> {
  const pool = poolOf(lists, data.store);
  if (!isTrainable(model)) return vectorsOfFitted(model, lists, pool);
  const { innerProduct, histories } = model;
  if (!innerProduct) return null;
  const batches = new CandidateBatches(data, model);
  const step = histories.length === 0 ? CONTEXTS_WITHOUT_HISTORY : contextsPerBatch;
  const encoder: Encoder = (await model.forEvaluation?.()) ?? model;
  const withItems = itemEncoding(encoder, data);
  const encode = async (from: number, to: number): Promise<Float32Array> => {
    const candidate = Int32Array.from(
      { length: to - from },
      (_, i) => pool[neutralItem(lists, from + i, pool.length)]!,
    );
    const batch = batches.batch(lists.anchor.slice(from, to), candidate);
    const vectors = await withItems(batch.items, (known) =>
      innerProduct.ofContexts(encoder.encodeContexts(batch, known, inference)),
    );
    const [values] = await takeValues([vectors]);
    return values!;
  };
  return {
    items: (from, to) =>
      tf.tidy(() => innerProduct.ofItems(encoder.encodeItems(pool.slice(from, to), inference))),
    users: async (from, to) => {
      const first = await encode(from, Math.min(to, from + step));
      if (to - from <= step) return first;
      const all = new Float32Array((first.length / step) * (to - from));
      all.set(first);
      for (let at = from + step; at < to; at += step) {
        all.set(await encode(at, Math.min(to, at + step)), (at - from) * (first.length / step));
      }
      return all;
    },
  };
}

function vectorsOfFitted(
  { itemScores, vectors }: FittedModel,
  { user }: CatalogueLists,
  pool: Int32Array,
): CatalogueVectors | null {
  if (itemScores) return vectorsOfScores(gather(itemScores, pool));
  if (!vectors) return null;
  return {
    items: (from, to) => {
      const rows = vectors.items(pool.slice(from, to));
      return tf.tensor2d(rows, [to - from, rows.length / (to - from)]);
    },
    users: async (from, to) => vectors.users(user.slice(from, to)),
  };
}

/** One score an item, the same for all: vectors of width 1. */
function vectorsOfScores(scores: Float32Array): CatalogueVectors {
  return {
    items: (from, to) => tf.tensor2d(scores.slice(from, to), [to - from, 1]),
    users: async (from, to) => new Float32Array(to - from).fill(1),
  };
}

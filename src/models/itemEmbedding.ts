import * as tf from '@tensorflow/tfjs';
import { UserError } from '../base/index.js';
import type { PreparedData } from '../data/index.js';
import {
  type DenseParameter,
  fromVectors,
  holdsLargeMatrices,
  nativeKernels,
  normal,
  type ParameterSet,
  takeRows,
} from '../engine/index.js';
import { type ItemFeature, itemEncoder, type VectorRows } from '../layers/index.js';
import type { AlpineOptions, ScaaOptions } from './options.js';

/** What the model sees of items. */
export interface ItemEmbedding {
  readonly width: number;
  /** Whether to keep a row costs less than to make it again. */
  readonly isCostly: boolean;
  /** Whether nothing of it is trained. */
  readonly isFixed: boolean;
  /** Dense weights, those of maps first. */
  readonly weights: readonly DenseParameter[];
  /** Rows of tables that the given items use: [N, width] each. */
  rows(items: Int32Array): tf.Tensor2D[];
  /** Distinct items of the store: [N] -> [N, width] */
  encode(items: Int32Array): tf.Tensor2D;
}

type ItemOptions = Pick<AlpineOptions | ScaaOptions, 'itemEmbedding' | 'itemSize'>;

/** Settings of the model's own, `model.key: value` each, without which it refuses other features than vectors. */
export interface ItemAdvice {
  /** With identifiers alone, which say nothing of similarity. */
  readonly ids: readonly string[];
  /** With categories. */
  readonly categories: readonly string[];
}

/**
 * Items as vectors: `frozen` as they are, `trainable` as a table that starts from them (or from noise, of `id` alone),
 * `projected` by trained maps without bias, a sum over features. Several vectors of an item are put one after the other.
 *
 * @throws UserError where the features do not allow it
 */
export function itemEmbedding(
  parameters: ParameterSet,
  features: readonly ItemFeature[],
  { itemEmbedding: kind, itemSize }: ItemOptions,
  { store }: PreparedData,
  advice: ItemAdvice = { ids: [], categories: [] },
): ItemEmbedding {
  const raw = rawVectors(features);
  if (kind === 'projected' || isIdAlone(features, kind)) {
    const width = itemSize ?? raw?.width;
    if (width === undefined) {
      throw new UserError(
        `model.itemSize must say how wide items are: model.item names no vector of ${store.name}`,
        `Set ${settings(withoutVectors(features, advice))}.`,
      );
    }
    const encoder = itemEncoder(parameters, 'item', { features, width, categoryInit: normal(0.1) });
    const { rows, encode, projections, embeddings } = encoder;
    return { width, isCostly: true, isFixed: false, weights: [...projections, ...embeddings], rows, encode };
  }
  const other = features.find((feature) => feature.kind !== 'vector');
  if (other || !raw) {
    throw new UserError(
      `model.itemEmbedding: ${kind} takes vectors of items, and ${other?.name} of ${store.name} is ${other?.kind === 'id' ? 'the item itself' : 'a category'}`,
      adviceOn(features, advice, Object.keys(store.items.vectors)),
    );
  }
  const { width } = raw;
  if (itemSize !== null && itemSize !== width) {
    throw new UserError(
      `model.itemSize: ${itemSize} is not the width of the vectors of ${store.name}, ${width}, which model.itemEmbedding: ${kind} keeps`,
      'Leave model.itemSize out, or use model.itemEmbedding: projected.',
    );
  }
  if (kind === 'frozen') {
    const encode = (items: Int32Array) => rowsOf(parameters, raw, items);
    return { width, isCostly: !raw.matrix, isFixed: true, weights: [], rows: () => [], encode };
  }
  const table = parameters.addTable('item', store.itemIds.length, width, fromVectors(raw));
  const encode = (items: Int32Array) => table.lookup(items);
  const rows = (items: Int32Array) => [encode(items)];
  return { width, isCostly: false, isFixed: false, weights: [], rows, encode };
}

const isIdAlone = (features: readonly ItemFeature[], kind: ItemOptions['itemEmbedding']): boolean =>
  kind === 'trainable' && features.every((feature) => feature.kind === 'id');

/** Settings that take the features as they are, and a vector that needs none. */
function adviceOn(features: readonly ItemFeature[], advice: ItemAdvice, vectors: readonly string[]): string {
  const given = features.some(({ kind }) => kind === 'vector');
  const others = given ? ['model.itemEmbedding: projected'] : withoutVectors(features, advice);
  const vector = vectors.length > 0 ? `Use model.item: [${vectors[0]}], or set` : 'Set';
  return `${vector} ${settings(others)}.`;
}

/** What goes with features none of which is a vector. */
function withoutVectors(features: readonly ItemFeature[], { ids, categories }: ItemAdvice): string[] {
  const onlyIds = features.every(({ kind }) => kind === 'id');
  return [
    `model.itemEmbedding: ${onlyIds ? 'trainable' : 'projected'}`,
    'model.itemSize: 64',
    ...(onlyIds ? ids : categories),
  ];
}

const settings = (list: readonly string[]): string =>
  list.length === 1 ? list[0]! : `${list.slice(0, -1).join(', ')} and ${list.at(-1)}`;

/** All vectors of an item one after the other; null where none of the features is a vector. */
export function rawVectors(features: readonly ItemFeature[]): VectorRows | null {
  const vectors = features.filter((feature) => feature.kind === 'vector');
  const [first] = vectors;
  if (!first || vectors.length === 1) return first ?? null;
  const width = vectors.reduce((sum, vector) => sum + vector.width, 0);
  const rows = (items: Int32Array): Float32Array => {
    const all = new Float32Array(items.length * width);
    let column = 0;
    for (const vector of vectors) {
      const part = vector.rows(items);
      for (let i = 0; i < items.length; i++) {
        all.set(part.subarray(i * vector.width, (i + 1) * vector.width), i * width + column);
      }
      column += vector.width;
    }
    return all;
  };
  return { kind: 'vector', name: vectors.map(({ name }) => name).join('+'), width, rows };
}

/** On a GPU vectors that are in memory stay on the engine, which saves the transfer. */
function rowsOf(
  parameters: ParameterSet,
  { matrix, width, rows }: VectorRows,
  items: Int32Array,
): tf.Tensor2D {
  if (!matrix || !holdsLargeMatrices() || nativeKernels())
    return tf.tensor2d(rows(items), [items.length, width]);
  return takeRows(parameters.hold(matrix, [matrix.length / width, width]), items);
}

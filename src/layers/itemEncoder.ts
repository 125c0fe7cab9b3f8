import * as tf from '@tensorflow/tfjs';
import {
  type DenseParameter,
  gatherRows,
  type Initializer,
  normal,
  ofKnown,
  type ParameterSet,
  type Table,
} from '../engine/index.js';
import { type VectorRows, vectorMap } from './vectorMap.js';

/** What is known of every item. */
export type ItemFeature =
  | VectorRows
  /** One value an item in 0..cardinality-1, or -1: unknown. */
  | {
      readonly kind: 'category';
      readonly name: string;
      readonly values: Int32Array;
      readonly cardinality: number;
    }
  /** The item itself. `warm` is 1 where an identifier embedding can be trained. */
  | { readonly kind: 'id'; readonly name: string; readonly warm: Uint8Array };

/** Turns items into vectors: the sum of what its features are embedded to. */
export interface ItemEncoder {
  /** Weights that L2 covers, by the kind of feature that they belong to. */
  readonly projections: readonly DenseParameter[];
  readonly embeddings: readonly DenseParameter[];
  /** Rows of the identifier tables that the given items use: [N, width] each. */
  rows(items: Int32Array): tf.Tensor2D[];
  /** [N] -> [N, width]. Unknown categories and cold identifiers add nothing. */
  encode(items: Int32Array): tf.Tensor2D;
}

export interface ItemEncoderOptions {
  readonly features: readonly ItemFeature[];
  readonly width: number;
  readonly categoryInit: Initializer;
  /** Default: normal with standard deviation 0.01. */
  readonly idInit?: Initializer;
}

/**
 * A vector goes through a linear map without bias, a category picks a row of a dense matrix, the identifier a row
 * of a row-sparse table. Weights under `name.<feature>`.
 */
export function itemEncoder(
  parameters: ParameterSet,
  name: string,
  { features, width, categoryInit, idInit = normal(0.01) }: ItemEncoderOptions,
): ItemEncoder {
  const projections: DenseParameter[] = [];
  const embeddings: DenseParameter[] = [];
  const lookups: ((items: Int32Array) => tf.Tensor2D)[] = [];
  const embed = (feature: ItemFeature): ((items: Int32Array) => tf.Tensor2D) => {
    const full = `${name}.${feature.name}`;
    switch (feature.kind) {
      case 'vector': {
        const map = vectorMap(parameters, full, feature, width);
        projections.push(map.weight);
        return map.apply;
      }
      case 'category': {
        const rows = parameters.addDense(`${full}.embedding`, [feature.cardinality, width], categoryInit);
        embeddings.push(rows);
        return (items) =>
          gatherKnown(
            rows.value(),
            items.map((item) => feature.values[item]!),
          );
      }
      case 'id': {
        const table = parameters.addTable(
          `${full}.table`,
          feature.warm.length,
          width,
          ofKnown(feature.warm, idInit),
        );
        const lookup = (items: Int32Array) => lookupWarm(table, items, feature.warm);
        lookups.push(lookup);
        return lookup;
      }
    }
  };
  const parts = features.map(embed);
  return {
    projections,
    embeddings,
    rows: (items) => lookups.map((lookup) => lookup(items)),
    encode: (items) => (parts.length === 1 ? parts[0]!(items) : tf.addN(parts.map((part) => part(items)))),
  };
}

/** Rows of a table; where `warm` is 0 the row is zero and is not trained. [N] -> [N, width] */
export function lookupWarm(table: Table, ids: Int32Array, warm: Uint8Array): tf.Tensor2D {
  return table.lookup(ids.map((id) => (warm[id] ? id : -1)));
}

/** Rows of a matrix; -1 gives zero. [R, d], [N] -> [N, d] */
function gatherKnown(x: tf.Tensor2D, positions: Int32Array): tf.Tensor2D {
  if (positions.every((position) => position >= 0)) return gatherRows(x, positions);
  const known = tf.tensor2d(
    Float32Array.from(positions, (position) => (position < 0 ? 0 : 1)),
    [positions.length, 1],
  );
  return gatherRows(
    x,
    positions.map((position) => Math.max(0, position)),
  ).mul(known);
}

import * as tf from '@tensorflow/tfjs';
import {
  type DenseParameter,
  gatherRows,
  type Initializer,
  type ParameterSet,
  relu,
  type Table,
  zeros,
} from '../engine/index.js';
import { meanOfLists } from './pooling.js';
import { type VectorRows, vectorMap } from './vectorMap.js';

/**
 * One thing that is known of every user, or of every item. Numbers that stand for nothing trained are -1: whoever makes
 * fields says what unknown and cold values become (`models/features.ts`).
 */
export type Field = ValueField | TagField | VectorRows;

/** One value each: a category, or the identifier, whose values are the users or items themselves. */
export interface ValueField {
  readonly kind: 'value';
  readonly name: string;
  /** In 0..rows-1, or -1: contributes nothing. [count] */
  readonly values: Int32Array;
  readonly rows: number;
}

/** Any number of values each: those of i are `values[offsets[i] .. offsets[i+1]-1]`, in 0..rows-1. */
export interface TagField {
  readonly kind: 'tags';
  readonly name: string;
  /** [count + 1] */
  readonly offsets: Int32Array;
  readonly values: Int32Array;
  readonly rows: number;
}

export const fieldActivations = {
  linear: (x: tf.Tensor2D): tf.Tensor2D => x,
  tanh: (x: tf.Tensor2D): tf.Tensor2D => x.tanh(),
  relu: (x: tf.Tensor2D): tf.Tensor2D => relu(x),
} as const;

export interface FieldEmbeddingOptions {
  readonly width: number;
  /** Of embeddings and of the map of vectors. */
  readonly init: Initializer;
  /** What vectors go through after their linear map. */
  readonly activation: keyof typeof fieldActivations;
}

/** Turns users or items into vectors by one of their fields. */
export interface FieldEmbedding {
  /**
   * A value gives its row, tags the mean of their rows, a vector act(x W + b). Zero for no value and for no tags.
   *
   * @param ids of users or items. [N]
   * @returns [N, width]
   */
  embed(ids: Int32Array): tf.Tensor2D;
  /** What the field learns besides rows, without biases: the W of vectors. */
  readonly matrices: readonly DenseParameter[];
  /** The rows that these users or items use, each once: [R, width], or nothing where the field has no rows. */
  usedRows(ids: Int32Array): tf.Tensor2D[];
}

/**
 * Weights: `name.embedding` for values and tags, a table of which a step touches the rows it uses; `name.weight` and
 * `name.bias` (0 at first) for vectors.
 */
export function fieldEmbedding(
  parameters: ParameterSet,
  name: string,
  field: Field,
  { width, init, activation }: FieldEmbeddingOptions,
): FieldEmbedding {
  if (field.kind === 'vector') {
    const map = vectorMap(parameters, name, field, width, init);
    const bias = parameters.addDense(`${name}.bias`, [width], zeros);
    return {
      embed: (ids) => fieldActivations[activation](map.apply(ids).add(bias.value())),
      matrices: [map.weight],
      usedRows: () => [],
    };
  }
  const table = parameters.addTable(`${name}.embedding`, field.rows, width, init);
  return {
    embed: (ids) => (field.kind === 'value' ? valueRows(table, field, ids) : tagMeans(table, field, ids)),
    matrices: [],
    usedRows: (ids) => {
      const { rows } = distinct(field.kind === 'value' ? valuesOf(field, ids) : tagsOf(field, ids).values);
      return [table.lookup(rows)];
    },
  };
}

/** Fields one beside another: [N] -> [N, fields * width], one slot a field. */
export function embedSlots(fields: readonly FieldEmbedding[], ids: Int32Array): tf.Tensor2D {
  const slots = fields.map(({ embed }) => embed(ids));
  return slots.length === 1 ? slots[0]! : tf.concat(slots, 1);
}

const valuesOf = ({ values }: ValueField, ids: Int32Array): Int32Array => ids.map((id) => values[id]!);

/** Many users or items share a value, so a row crosses to the engine, and its gradient back, once. */
function valueRows(table: Table, field: ValueField, ids: Int32Array): tf.Tensor2D {
  const { rows, at } = distinct(valuesOf(field, ids));
  const known = table.lookup(rows);
  return rows.length === ids.length ? known : gatherRows(known, at);
}

function tagMeans(table: Table, field: TagField, ids: Int32Array): tf.Tensor2D {
  const { offsets, values } = tagsOf(field, ids);
  if (values.length === 0) return tf.zeros([ids.length, table.width]);
  const { rows, at } = distinct(values);
  return meanOfLists(table.lookup(rows), { offsets, rows: at });
}

/** The tags of the given users or items alone, one after another. */
function tagsOf({ offsets, values }: TagField, ids: Int32Array): Pick<TagField, 'offsets' | 'values'> {
  const starts = new Int32Array(ids.length + 1);
  ids.forEach((id, i) => {
    starts[i + 1] = starts[i]! + offsets[id + 1]! - offsets[id]!;
  });
  const tags = new Int32Array(starts[ids.length]!);
  ids.forEach((id, i) => {
    tags.set(values.subarray(offsets[id]!, offsets[id + 1]!), starts[i]!);
  });
  return { offsets: starts, values: tags };
}

/** The distinct values, in the order in which they are met, and where each value is among them. */
function distinct(values: Int32Array): { rows: Int32Array; at: Int32Array } {
  const places = new Map<number, number>();
  const at = values.map((value) => {
    let place = places.get(value);
    if (place === undefined) {
      place = places.size;
      places.set(value, place);
    }
    return place;
  });
  return { rows: Int32Array.from(places.keys()), at };
}

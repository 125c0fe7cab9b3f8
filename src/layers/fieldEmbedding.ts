import * as tf from '@tensorflow/tfjs';
import { distinct, gather } from '../base/index.js';
import {
  type DenseParameter,
  gatherRows,
  type Initializer,
  ofKnown,
  type ParameterSet,
  relu,
  type Table,
  zeros,
} from '../engine/index.js';
import { meanOfLists } from './pooling.js';
import { type VectorRows, vectorMap } from './vectorMap.js';

/**
 * One thing that is known of every user, or of every item. Numbers that stand for nothing known are -1: whoever makes
 * fields says what of unknown and cold values becomes that (`models/features.ts`).
 */
export type Field = ValueField | TagField | VectorRows;

/** One value each: a category, or the identifier, whose values are the users or items themselves. */
export interface ValueField {
  readonly kind: 'value';
  readonly name: string;
  /** In 0..rows-1, or -1: unknown. [count] */
  readonly values: Int32Array;
  readonly rows: number;
  /**
   * What unknown gives: zero, or a row that is learned like those of the values. `idle`: a row that nothing trains here, so it is
   * zero, and is there for weights that come from elsewhere.
   */
  readonly unknown: 'zero' | 'learned' | 'idle';
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
  /** Whether that map has a bias. Default: yes. */
  readonly bias?: boolean;
}

/** Turns users or items into vectors by one of their fields. */
export interface FieldEmbedding {
  /**
   * A value gives its row, tags the mean of their rows, a vector act(x W + b). Zero for no tags, and for no value where
   * that is not learned.
   *
   * @param ids of users or items, not to be changed afterwards: what is found out about the array is remembered. [N]
   * @returns [N, width]
   */
  embed(ids: Int32Array): tf.Tensor2D;
  /** What the field learns besides rows, without biases: the W of vectors. */
  readonly matrices: readonly DenseParameter[];
  /** The rows that these users or items use, each once: [R, width], or nothing where the field has no rows. */
  usedRows(ids: Int32Array): tf.Tensor2D[];
}

/**
 * Weights: `name.embedding` for values and tags, a table of which a step touches the rows it uses, and `name.unknown`, a
 * table of one row, where unknown is learned; `name.weight` and `name.bias` (0 at first) for vectors.
 */
export function fieldEmbedding(
  parameters: ParameterSet,
  name: string,
  field: Field,
  { width, init, activation, bias = true }: FieldEmbeddingOptions,
): FieldEmbedding {
  if (field.kind === 'vector') {
    const map = vectorMap(parameters, name, field, width, init);
    const added = bias ? parameters.addDense(`${name}.bias`, [width], zeros) : null;
    return {
      embed: (ids) => {
        const mapped = map.apply(ids);
        return fieldActivations[activation](added ? mapped.add(added.value()) : mapped);
      },
      matrices: [map.weight],
      usedRows: () => [],
    };
  }
  const table = parameters.addTable(`${name}.embedding`, field.rows, width, ofKnown(rowsInUse(field), init));
  if (field.kind === 'tags') {
    return {
      embed: (ids) => tagMeans(table, field, ids),
      matrices: [],
      usedRows: (ids) => [table.lookup(distinct(tagsOf(field, ids).values).values)],
    };
  }
  const unknown =
    field.unknown === 'zero'
      ? null
      : parameters.addTable(`${name}.unknown`, 1, width, field.unknown === 'learned' ? init : zeros);
  return {
    // Many users or items share a value, so a row crosses to the engine, and its gradient back, once.
    embed: (ids) => {
      const { values: rows, at } = distinctValues(field, ids);
      const taken = valueRows(table, unknown, rows);
      return rows.length === ids.length ? taken : gatherRows(taken, at);
    },
    matrices: [],
    usedRows: (ids) => [valueRows(table, unknown, distinctValues(field, ids).values)],
  };
}

/** Fields one beside another: [N] -> [N, fields * width], one slot a field. */
export function embedSlots(fields: readonly FieldEmbedding[], ids: Int32Array): tf.Tensor2D {
  const slots = fields.map(({ embed }) => embed(ids));
  return slots.length === 1 ? slots[0]! : tf.concat(slots, 1);
}

/** 1 for the rows that some user or item has. [rows] */
function rowsInUse({ values, rows }: ValueField | TagField): Uint8Array {
  const used = new Uint8Array(rows);
  for (const value of values) if (value >= 0) used[value] = 1;
  return used;
}

const found = new WeakMap<ValueField, WeakMap<Int32Array, ReturnType<typeof distinct>>>();

/** Found once for the ids of a batch, whichever tables ask. */
function distinctValues(field: ValueField, ids: Int32Array): ReturnType<typeof distinct> {
  const ofField = found.get(field) ?? new WeakMap();
  found.set(field, ofField);
  const values = ofField.get(ids) ?? distinct(gather(field.values, ids));
  ofField.set(ids, values);
  return values;
}

/** The rows of the values, and for -1 the only row of `unknown`, or zero where there is none. [R, width] */
function valueRows(table: Table, unknown: Table | null, values: Int32Array): tf.Tensor2D {
  const known = table.lookup(values);
  if (!unknown || !values.includes(-1)) return known;
  return known.add(unknown.lookup(values.map((value) => (value < 0 ? 0 : -1))));
}

function tagMeans(table: Table, field: TagField, ids: Int32Array): tf.Tensor2D {
  const { offsets, values } = tagsOf(field, ids);
  if (values.length === 0) return tf.zeros([ids.length, table.width]);
  const { values: rows, at } = distinct(values);
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

/**
 * The cross-product features of Wide & Deep: Cheng et al., Wide & Deep Learning for Recommender Systems, DLRS 2016, Eq. 1. A weight
 * for each value of a user's field with each value of an item's field, of several tags their mean. All begin at 0, and those that
 * no train row has stay there. A row of the table is a value of the item, with a column for each value of the user, so that an item's
 * weights are worked out once for all users.
 */
import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../base/index.js';
import { gatherRows, type ParameterSet, zeros } from '../../engine/index.js';
import { type Field, type FieldEmbedding, fieldEmbedding, type ValueField } from '../../layers/index.js';
import { candidateCount } from '../candidates.js';
import type { ContextBatch } from '../types.js';
import type { InputFields } from './input.js';
import type { FieldContexts, FieldItems, Part } from './parts.js';

/** Values of a user's field that can be crossed: each is a column of the weights of every value of the item's. */
const MOST_VALUES = 4096;

/** A user's (or the row's) field, and an item's. */
type CrossNames = readonly [left: string, right: string];

interface Cross {
  /** Key of what is encoded. */
  readonly key: string;
  readonly columns: number;
  readonly rows: FieldEmbedding;
  /** Column of each context: 0 where the value is unknown. */
  columnsOf(batch: ContextBatch): Int32Array;
}

/**
 * Weights `cross.LEFT.RIGHT.embedding`.
 *
 * @throws UserError for a field that has no values, or too many to be crossed
 */
export function crossesPart(
  parameters: ParameterSet,
  fields: InputFields,
  crosses: readonly (readonly string[])[],
): Part {
  const all = (crosses as readonly CrossNames[]).map(([left, right]): Cross => {
    const { field, ids } = leftOf(fields, left);
    const columns = 1 + field.rows;
    const name = `cross.${left}.${right}`;
    return {
      key: name,
      columns,
      rows: fieldEmbedding(parameters, name, rightOf(fields, right), {
        width: columns,
        init: zeros,
        activation: 'linear',
      }),
      columnsOf: (batch) => ids(batch).map((id) => 1 + field.values[id]!),
    };
  });
  return {
    name: 'crosses',
    about: 'Weights of crossed values.',
    ofItems: (items): FieldItems => Object.fromEntries(all.map(({ key, rows }) => [key, rows.embed(items)])),
    ofContexts: (_, batch): FieldContexts =>
      Object.fromEntries(all.map(({ key, columnsOf }) => [key, columnsOf(batch)])),
    logits: (contexts, items, { context, item }) => {
      const weights = all.map(({ key, columns }) => {
        const column = contexts[key] as Int32Array;
        const cells = item.map((at, p) => at * columns + column[context[p]!]!);
        return gatherRows(items[key]!.reshape([-1, 1]), cells).reshape<tf.Tensor1D>([-1]);
      });
      return weights.length === 1 ? weights[0]! : tf.addN(weights);
    },
    usedRows: ({ items, pairs }) =>
      all.flatMap(({ rows }) => rows.usedRows(items.subarray(0, candidateCount(pairs)))),
  };
}

function leftOf(
  { users, context }: InputFields,
  name: string,
): { field: ValueField; ids(batch: ContextBatch): Int32Array } {
  const user = users.find((field) => field.name === name);
  const place = context.findIndex(({ field }) => field.name === name);
  const field = user ?? context[place]!.field;
  if (field.kind !== 'value') throw notCrossed(name, 'has no single value');
  if (field.rows > MOST_VALUES) throw notCrossed(name, `has ${field.rows} values, of ${MOST_VALUES} at most`);
  return { field, ids: ({ contexts }) => (user ? contexts.user : contexts.places[place]!) };
}

function rightOf({ items }: InputFields, name: string): Field {
  const field = items.find((one) => one.name === name)!;
  if (field.kind === 'vector') throw notCrossed(name, 'is a vector');
  return field;
}

const notCrossed = (name: string, why: string): UserError =>
  new UserError(
    `model.crosses: ${name} ${why}`,
    "Cross a user's category or a column of the log with an item's category or tags.",
  );

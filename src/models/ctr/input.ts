import * as tf from '@tensorflow/tfjs';
import type { HistorySpec, PreparedData, RowField } from '../../data/index.js';
import type { Initializer, ParameterSet } from '../../engine/index.js';
import {
  embedSlots,
  type Field,
  type FieldEmbedding,
  fieldEmbedding,
  ListBuilder,
  meanOfLists,
  type RowLists,
  type ValueField,
} from '../../layers/index.js';
import { type ContextField, contextFields } from '../contextFields.js';
import { itemFields, userFields } from '../fields.js';
import type { FieldOptions } from '../options/fields.js';
import type { ContextBatch } from '../types.js';

/**
 * The fields that a model of this family looks at. Those of a context come first: users' fields, fields of the row, history; then
 * those of the candidate.
 */
export interface InputFields {
  readonly users: readonly Field[];
  readonly context: readonly ContextField[];
  readonly items: readonly Field[];
  /** The item's own field where there is a history, which is embedded by it. */
  readonly history: { readonly id: ValueField; readonly spec: HistorySpec } | null;
  /** Number of fields of a context, and of an item. */
  readonly counts: { readonly contexts: number; readonly items: number };
  readonly rowFields: readonly RowField[];
}

/** @throws UserError when the data set lacks a named field */
export function inputFields(options: FieldOptions, data: PreparedData): InputFields {
  const users = userFields(options.userFields, data, 'model.userFields', options);
  const context = contextFields(options.contextFields, data, 'model.contextFields', options);
  const items = itemFields(options.itemFields, data, 'model.itemFields', options);
  const { historyLength: length } = options;
  const id = items[options.itemFields.indexOf('id')] as ValueField;
  const history =
    length > 0
      ? { id, spec: { length, sample: 'recent', target: 'causal', prefixes: 'shared' } as const }
      : null;
  return {
    users,
    context,
    items,
    history,
    counts: { contexts: users.length + context.length + (history ? 1 : 0), items: items.length },
    rowFields: context.map(({ row }) => row),
  };
}

export interface FieldTablesOptions {
  readonly width: number;
  readonly init: Initializer;
  /** Whether an item of the history is embedded as a candidate is, or by weights of its own. */
  readonly history: 'shared' | 'own';
}

/** One embedding of all fields. Weights `name.user.FIELD`, `name.context.FIELD`, `name.item.FIELD`, `name.history`. */
export class FieldTables {
  readonly width: number;
  private readonly users: readonly FieldEmbedding[];
  private readonly context: readonly FieldEmbedding[];
  private readonly items: readonly FieldEmbedding[];
  /** Of histories with weights of their own. */
  private readonly events: FieldEmbedding | null;

  constructor(
    parameters: ParameterSet,
    name: string,
    private readonly fields: InputFields,
    { width, init, history }: FieldTablesOptions,
  ) {
    // A bias of a first-order weight would say what the model's own bias says.
    const options = { width, init, activation: 'linear', bias: width > 1 } as const;
    const embed = (side: string, field: Field) =>
      fieldEmbedding(parameters, `${name}.${side}.${field.name}`, field, options);
    this.width = width;
    this.users = fields.users.map((field) => embed('user', field));
    this.context = fields.context.map(({ field }) => embed('context', field));
    this.items = fields.items.map((field) => embed('item', field));
    this.events =
      fields.history && history === 'own'
        ? fieldEmbedding(parameters, `${name}.history`, fields.history.id, options)
        : null;
  }

  /** [N] -> [N, fields * width] */
  ofItems(items: Int32Array): tf.Tensor2D {
    return embedSlots(this.items, items);
  }

  /** @param items what `ofItems` gave of the batch's. @returns [U, fields * width] */
  ofContexts(batch: ContextBatch, items: tf.Tensor2D): tf.Tensor2D {
    const { user, places } = batch.contexts;
    const slots = [
      ...this.users.map(({ embed }) => embed(user)),
      ...this.context.map(({ embed }, f) => embed(places[f]!)),
      ...(this.fields.history ? [this.historyMean(batch, items)] : []),
    ];
    return slots.length === 1 ? slots[0]! : tf.concat(slots, 1);
  }

  /** Rows of tables that the batch uses, for L2. */
  usedRows({ items, contexts, histories }: ContextBatch): tf.Tensor2D[] {
    const used = histories.length > 0 && this.events ? this.events.usedRows(items) : [];
    return [
      ...this.users.flatMap((field) => field.usedRows(contexts.user)),
      ...this.context.flatMap((field, f) => field.usedRows(contexts.places[f]!)),
      ...this.items.flatMap((field) => field.usedRows(items)),
      ...used,
    ];
  }

  private historyMean(batch: ContextBatch, items: tf.Tensor2D): tf.Tensor2D {
    const { width, events, fields } = this;
    const lists = knownEvents(batch, fields.history!.id);
    if (lists.rows.length === 0) return tf.zeros([batch.contexts.count, width]);
    const at = fields.items.indexOf(fields.history!.id) * width;
    const rows = events ? events.embed(batch.items) : items.slice<tf.Tensor2D>([0, at], [-1, width]);
    return meanOfLists(rows, lists);
  }
}

/** The events of each context's history of which anything is known, as positions in the batch's items. */
function knownEvents({ items, histories }: ContextBatch, { values, unknown }: ValueField): RowLists {
  const { sequences, sequence, length } = histories[0]!;
  const isKnown = (at: number): boolean => unknown === 'learned' || values[items[at]!]! >= 0;
  const lists = new ListBuilder();
  for (let c = 0; c < sequence.length; c++) {
    const start = sequence[c]! * sequences.width;
    lists.add(sequences.item.subarray(start, start + length[c]!).filter(isKnown));
  }
  return lists.done();
}

import * as tf from '@tensorflow/tfjs';
import { distinct, gather } from '../../base/index.js';
import type { Batch, ContextHistory, HistorySpec, PreparedData, RowField } from '../../data/index.js';
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
import { candidateCount } from '../candidates.js';
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
  /** Of items in histories. */
  private readonly events: FieldEmbedding | null;
  /** The item's field that histories share, or -1. */
  private readonly shared: number;

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
    this.shared = fields.history && history === 'shared' ? fields.items.indexOf(fields.history.id) : -1;
    this.events =
      fields.history && history === 'own'
        ? fieldEmbedding(parameters, `${name}.history`, fields.history.id, options)
        : (this.items[this.shared] ?? null);
  }

  /** [N] -> [N, fields * width] */
  ofItems(items: Int32Array): tf.Tensor2D {
    return embedSlots(this.items, items);
  }

  /** [U, fields * width] */
  ofContexts(batch: ContextBatch): tf.Tensor2D {
    const { user, places } = batch.contexts;
    const slots = [
      ...this.users.map(({ embed }) => embed(user)),
      ...this.context.map(({ embed }, f) => embed(places[f]!)),
      ...(this.fields.history ? [this.historyMean(batch)] : []),
    ];
    return slots.length === 1 ? slots[0]! : tf.concat(slots, 1);
  }

  /** Rows of tables that the batch uses, for L2. */
  usedRows({ items, contexts, histories, pairs }: Batch): tf.Tensor2D[] {
    const candidates = items.subarray(0, candidateCount(pairs));
    const { events, shared } = this;
    const past = events ? knownEvents(histories[0]!, items, this.fields.history!.id).items : new Int32Array();
    const itemsOf = (field: number) =>
      field === shared ? distinct(Int32Array.from([...candidates, ...past])).values : candidates;
    return [
      ...this.users.flatMap((field) => field.usedRows(contexts.user)),
      ...this.context.flatMap((field, f) => field.usedRows(contexts.places[f]!)),
      ...this.items.flatMap((field, f) => field.usedRows(itemsOf(f))),
      ...(events && shared < 0 ? events.usedRows(past) : []),
    ];
  }

  private historyMean({ contexts, histories, items }: ContextBatch): tf.Tensor2D {
    const { items: events, lists } = knownEvents(histories[0]!, items, this.fields.history!.id);
    if (events.length === 0) return tf.zeros([contexts.count, this.width]);
    return meanOfLists(this.events!.embed(events), lists);
  }
}

/** The events of each context's history of which anything is known: distinct items, and lists of their places. */
function knownEvents(
  { sequences, sequence, length }: ContextHistory,
  items: Int32Array,
  { values, unknown }: ValueField,
): { readonly items: Int32Array; readonly lists: RowLists } {
  const isKnown = (at: number): boolean => unknown === 'learned' || values[items[at]!]! >= 0;
  const lists = new ListBuilder();
  for (let c = 0; c < sequence.length; c++) {
    const start = sequence[c]! * sequences.width;
    lists.add(sequences.item.subarray(start, start + length[c]!).filter(isKnown));
  }
  const { offsets, rows } = lists.done();
  const { values: positions, at } = distinct(rows);
  return { items: gather(items, positions), lists: { offsets, rows: at } };
}

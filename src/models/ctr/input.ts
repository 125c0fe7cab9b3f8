import * as tf from '@tensorflow/tfjs';
import { distinct } from '../../base/index.js';
import type { Batch, ContextHistory, HistorySpec, PreparedData, RowField } from '../../data/index.js';
import type { Initializer, ParameterSet } from '../../engine/index.js';
import {
  embedSlots,
  type Field,
  type FieldEmbedding,
  fieldEmbedding,
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
  readonly history: {
    readonly id: ValueField;
    readonly spec: HistorySpec;
    readonly events: ReturnType<typeof eventsBy>;
  } | null;
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
      ? {
          id,
          spec: { length, sample: 'recent', target: 'causal', prefixes: 'shared' } as const,
          events: eventsBy(id),
        }
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
  usedRows(batch: Batch): tf.Tensor2D[] {
    const { items, contexts, pairs } = batch;
    const candidates = items.subarray(0, candidateCount(pairs));
    const { events, shared } = this;
    const past = events ? this.fields.history!.events(batch).items : new Int32Array();
    const itemsOf = (field: number) =>
      field === shared ? distinct(Int32Array.from([...candidates, ...past])).values : candidates;
    return [
      ...this.users.flatMap((field) => field.usedRows(contexts.user)),
      ...this.context.flatMap((field, f) => field.usedRows(contexts.places[f]!)),
      ...this.items.flatMap((field, f) => field.usedRows(itemsOf(f))),
      ...(events && shared < 0 ? events.usedRows(past) : []),
    ];
  }

  private historyMean(batch: ContextBatch): tf.Tensor2D {
    const { items: events, lists } = this.fields.history!.events(batch);
    if (events.length === 0) return tf.zeros([batch.contexts.count, this.width]);
    return meanOfLists(this.events!.embed(events), lists);
  }
}

/** The events of each context's history of which anything is known: distinct items, and lists of their places. */
interface KnownEvents {
  readonly items: Int32Array;
  readonly lists: RowLists;
}

/** Finds them once a batch, whichever tables ask. */
function eventsBy(id: ValueField): (batch: Pick<ContextBatch, 'histories' | 'items'>) => KnownEvents {
  const found = new WeakMap<ContextHistory, KnownEvents>();
  return ({ histories, items }) => {
    const history = histories[0]!;
    let events = found.get(history);
    if (!events) {
      events = knownEvents(history, items, id);
      found.set(history, events);
    }
    return events;
  };
}

/** A loop over plain arrays: this is gone through for every event of every context. */
function knownEvents(
  { sequences, sequence, length }: ContextHistory,
  items: Int32Array,
  { values, unknown }: ValueField,
): KnownEvents {
  const offsets = new Int32Array(sequence.length + 1);
  const places = new Int32Array(length.reduce((sum, events) => sum + events, 0));
  /** By number. */
  const distinctItems = new Int32Array(items.length);
  /** Of each item of the batch: 1 + its number, 0 before it is met, -1 where nothing is known of it. */
  const numbers = items.map((item) => (unknown === 'learned' || values[item]! >= 0 ? 0 : -1));
  let count = 0;
  let filled = 0;
  for (let c = 0; c < sequence.length; c++) {
    const start = sequence[c]! * sequences.width;
    for (let k = start; k < start + length[c]!; k++) {
      const item = sequences.item[k]!;
      if (numbers[item]! < 0) continue;
      if (numbers[item] === 0) {
        distinctItems[count] = items[item]!;
        numbers[item] = ++count;
      }
      places[filled++] = numbers[item]! - 1;
    }
    offsets[c + 1] = filled;
  }
  return { items: distinctItems.slice(0, count), lists: { offsets, rows: places.slice(0, filled) } };
}

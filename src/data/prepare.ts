import { didYouMean, range, UserError } from '../base/index.js';
import { type FilterSpec, filterStore } from './filter/index.js';
import { findColumn, requireBinary } from './labels.js';
import { pickHistories } from './sourceHistory.js';
import { cutsValidation, type SplitSpec, splitRows, visibleRows } from './split/index.js';
import { standardized } from './standardize.js';
import type { EventKind, Histories, Interactions, PreparedData, SourceHistory, Store } from './types.js';

/** Which question is asked of a store. */
export interface PrepareSpec {
  /** Column to predict; its values must be 0 or 1. */
  readonly label: string;
  /** Column whose positive rows make up the histories, or the name of histories that came with the log. Default: the label. */
  readonly history?: string | undefined;
  /**
   * The same for negative histories, of the models that ask for them. Default: the rows in which `history` is not positive.
   */
  readonly negativeHistory?: string | undefined;
  readonly filter?: FilterSpec | undefined;
  readonly split: SplitSpec;
  /** Item vectors that are brought to mean 0 and standard deviation 1, over the items of the train part. Default: none. */
  readonly standardize?: readonly string[] | undefined;
}

/**
 * Filters, chooses a label, splits, and indexes the histories. Nothing is copied per row but the label, and what a
 * filter leaves.
 *
 * @throws UserError when a column does not exist, a label is not 0 or 1, a filter leaves nothing, the source has no
 * published split or a part of the split is empty, histories that came with the log do not go with the split, or there is no
 * vector to standardize
 */
export function prepare(source: Store, spec: PrepareSpec): PreparedData {
  const { store, filtered } = filterStore(source, spec.filter, spec.label);
  const { interactions } = store;
  const items = store.itemIds.length;
  const label = findColumn(interactions, spec.label);
  requireBinary(label, spec.label, store);
  const split = splitRows(interactions, items, spec.split);
  const inTrain = new Uint8Array(interactions.rows);
  const warmItems = new Uint8Array(items);
  for (const row of split.train) {
    inTrain[row] = 1;
    warmItems[interactions.item[row]!] = 1;
  }
  const seen = { inTrain, warmItems, visible: visibleRows(interactions, items, spec.split, split) };
  const histories = remembered((kind) => {
    const events = eventRows({ store, label }, spec, kind);
    return typeof events === 'string'
      ? windowsOf(visibleEvents(events, store, spec, warmItems), interactions)
      : indexHistories(interactions, events, seen);
  });
  histories('positive'); // what is wrong with them is told before anything is built
  const scaled = { ...store, items: standardized(store.items, spec.standardize ?? [], warmItems) };
  return { store: scaled, filtered, label, split, histories, warmItems };
}

/**
 * Which rows are events of a kind: those with positive values, or the name of histories that came with the log. [rows]
 *
 * @throws UserError when there is no such column, or no negative events beside histories that came with the log
 */
export function eventRows(
  { store, label }: Pick<PreparedData, 'store' | 'label'>,
  spec: Pick<PrepareSpec, 'history' | 'negativeHistory'>,
  kind: EventKind,
): Float32Array | string {
  const name = nameOf(spec, kind);
  if (kind === 'negative' && name === undefined) return negativesOf(store, spec, label);
  if (name !== undefined && Object.hasOwn(store.histories, name)) return name;
  return eventsOf(store, name) ?? label;
}

function nameOf(
  { history, negativeHistory }: Pick<PrepareSpec, 'history' | 'negativeHistory'>,
  kind: EventKind,
): string | undefined {
  switch (kind) {
    case 'positive':
      return history;
    case 'negative':
      return negativeHistory;
    default:
      return kind.column;
  }
}

/** What histories may show. */
export interface Seen {
  /** 1 for rows of the train part. [rows] */
  readonly inTrain: Uint8Array;
  /** 1 for items with such a row. [items] */
  readonly warmItems: Uint8Array;
  /** 1 for rows that causal histories may show; null: all. [rows] */
  readonly visible: Uint8Array | null;
}

/** Answers each question once; events are told by their JSON. */
export function remembered(answer: (events: EventKind) => Histories): (events: EventKind) => Histories {
  const known = new Map<string, Histories>();
  return (events) => {
    const key = JSON.stringify(events);
    const histories = known.get(key) ?? answer(events);
    known.set(key, histories);
    return histories;
  };
}

/** 1 for the rows that are no event of the positive history. [rows] */
function negativesOf(
  store: Store,
  { history }: Pick<PrepareSpec, 'history'>,
  label: Float32Array,
): Float32Array {
  if (history !== undefined && Object.hasOwn(store.histories, history)) {
    throw new UserError(
      `the histories ${history} came with the log, so its rows do not tell what was shown and is not in them`,
      `Name the negative ones in data.negativeHistory: ${Object.keys(store.histories).join(', ')}.`,
    );
  }
  const positive = eventsOf(store, history) ?? label;
  return positive.map((value) => (value > 0 ? 0 : 1));
}

/** Published histories as a split lets them be seen: without the items that it keeps new. */
function visibleEvents(
  name: string,
  { interactions, histories }: Store,
  { split }: PrepareSpec,
  warmItems: Uint8Array,
): SourceHistory {
  const history = histories[name]!;
  const byItems =
    split.kind === 'itemColdStart' ||
    (split.kind === 'published' && split.cut === 'items' && cutsValidation(interactions));
  if (byItems) {
    const numberOf = Int32Array.from(warmItems, (warm, item) => (warm === 1 ? item : -1));
    return pickHistories(history, range(0, interactions.rows), numberOf);
  }
  if (split.kind !== 'random') return history;
  throw new UserError(
    `the histories ${name} came with the log and may hold rows that a random split keeps for the test`,
    'Leave data.history out, or choose another data.split.',
  );
}

/** The column of a history; null for the label's own. */
function eventsOf(
  { interactions: { columns }, histories }: Store,
  name: string | undefined,
): Float32Array | null {
  if (name === undefined) return null;
  const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
  if (column) return column;
  throw new UserError(
    `the data set has neither a column nor histories named ${name}`,
    didYouMean(name, [...Object.keys(columns), ...Object.keys(histories)]),
  );
}

/** Published histories as windows. A user's lists stand together, so the first is where they begin. */
function windowsOf(
  { item, start, end }: SourceHistory,
  { rows, user, userOffsets }: Interactions,
): Histories {
  const users = userOffsets.length - 1;
  const offsets = new Int32Array(users + 1).fill(item.length);
  for (let row = rows - 1; row >= 0; row--) {
    if (start[row]! < end[row]!) offsets[user[row]!] = Math.min(offsets[user[row]!]!, start[row]!);
  }
  for (let u = users - 1; u >= 0; u--) offsets[u] = Math.min(offsets[u]!, offsets[u + 1]!);
  const empty = new Int32Array(0);
  const trainOffsets = new Int32Array(users + 1);
  return { offsets, item, causalEnd: end, windowStart: start, trainOffsets, trainItem: empty };
}

/**
 * The events of a log as histories.
 *
 * @param event a row is part of its user's history where this is positive. [rows]
 */
export function indexHistories(
  { rows, userOffsets, item, time }: Interactions,
  event: Float32Array,
  { inTrain, visible }: Seen,
): Histories {
  const users = userOffsets.length - 1;
  const all = new EventList(users, rows);
  const train = new EventList(users, rows);
  const causalEnd = new Int32Array(rows);
  for (let user = 0; user < users; user++) {
    const end = userOffsets[user + 1]!;
    let row = userOffsets[user]!;
    while (row < end) {
      // Rows of one moment do not see each other.
      const moment = time[row]!;
      const seen = all.count;
      for (; row < end && time[row] === moment; row++) {
        causalEnd[row] = seen;
        if (!(event[row]! > 0)) continue;
        if (!visible || visible[row]) all.push(row);
        if (inTrain[row]) train.push(row);
      }
    }
    all.endUser(user);
    train.endUser(user);
  }
  const [allRows, trainRows] = [all.rows(), train.rows()];
  return {
    offsets: all.offsets,
    item: allRows.map((row) => item[row]!),
    causalEnd,
    trainOffsets: train.offsets,
    trainItem: trainRows.map((row) => item[row]!),
    row: allRows,
    trainRow: trainRows,
  };
}

class EventList {
  readonly offsets: Int32Array;
  count = 0;
  private readonly row: Int32Array;
  constructor(users: number, capacity: number) {
    this.offsets = new Int32Array(users + 1);
    this.row = new Int32Array(capacity);
  }
  push(row: number): void {
    this.row[this.count++] = row;
  }
  rows(): Int32Array {
    return this.row.slice(0, this.count);
  }
  endUser(user: number): void {
    this.offsets[user + 1] = this.count;
  }
}

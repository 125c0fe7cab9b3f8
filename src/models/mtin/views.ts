import { Distinct } from '../../base/index.js';
import type { ContextBatch } from '../types.js';

/**
 * The distinct histories that the contexts of a batch have of one kind, V of them: contexts differ in both kinds, so of
 * each kind there are fewer histories than contexts.
 */
export interface Views {
  readonly count: number;
  /** The view of each context. [U] */
  readonly ofContext: Int32Array;
  /** Distinct users of the batch. [M] */
  readonly users: Int32Array;
  /** Row of `users` of each view. [V] */
  readonly user: Int32Array;
  /** Distinct items of the histories, as positions in the batch's items. [H] */
  readonly items: Int32Array;
  /** Distinct couples of a user and an item: what is matched once, in however many histories and places. [R] */
  readonly couples: Couples;
  /** The places of view v are offsets[v] .. offsets[v + 1] - 1, oldest first. [V + 1] */
  readonly offsets: Int32Array;
  /** Row of `items` at each place. [T] */
  readonly item: Int32Array;
  /** Row of `couples` at each place. [T] */
  readonly couple: Int32Array;
  /** When the event of each place was, in units of `timeScale` since the first of its view; null: not asked for. [T] */
  readonly time: Float64Array | null;
  /** Length of the longest view. */
  readonly longest: number;
}

export interface Couples {
  /** Rows of `Views.users`. [R] */
  readonly user: Int32Array;
  /** Rows of `Views.items`. [R] */
  readonly item: Int32Array;
}

/** @param at which of the model's histories */
export function viewsOf(
  { items: all, contexts, histories }: ContextBatch,
  at: number,
  timeScale: number,
): Views {
  const { sequences, sequence, length } = histories[at]!;
  const views = new Distinct();
  const users = new Distinct();
  const items = new Distinct();
  const couples = new Distinct();
  const ofContext = new Int32Array(contexts.count);
  const first: number[] = []; // context of each view
  for (let c = 0; c < contexts.count; c++) {
    // Of users too: two may have the same sequence, and never the same memory.
    const ofUser = users.of(contexts.user[c]!) * sequences.count + sequence[c]!;
    const view = views.of(ofUser * (sequences.width + 1) + length[c]!);
    ofContext[c] = view;
    if (view === first.length) first.push(c);
  }
  const offsets = new Int32Array(first.length + 1);
  for (const [v, c] of first.entries()) offsets[v + 1] = offsets[v]! + length[c]!;
  const places = offsets[first.length]!;
  const item = new Int32Array(places);
  const couple = new Int32Array(places);
  const time = sequences.time ? new Float64Array(places) : null;
  const user = Int32Array.from(first, (c) => users.of(contexts.user[c]!));
  let place = 0;
  for (const [v, c] of first.entries()) {
    const start = sequence[c]! * sequences.width;
    for (let t = 0; t < length[c]!; t++, place++) {
      item[place] = items.of(sequences.item[start + t]!);
      couple[place] = couples.of(user[v]! * all.length + item[place]!);
      if (time) time[place] = (sequences.time![start + t]! - sequences.time![start]!) / timeScale;
    }
  }
  return {
    count: first.length,
    ofContext,
    users: users.values(),
    user,
    items: items.values(),
    couples: couplesOf(couples, couple, item, user, offsets),
    offsets,
    item,
    couple,
    time,
    longest: first.reduce((most, c) => Math.max(most, length[c]!), 0),
  };
}

function couplesOf(
  { count }: Distinct,
  couple: Int32Array,
  item: Int32Array,
  user: Int32Array,
  offsets: Int32Array,
): Couples {
  const ofUser = new Int32Array(count);
  const ofItem = new Int32Array(count);
  for (let v = 0; v < user.length; v++) {
    for (let place = offsets[v]!; place < offsets[v + 1]!; place++) {
      ofUser[couple[place]!] = user[v]!;
      ofItem[couple[place]!] = item[place]!;
    }
  }
  return { user: ofUser, item: ofItem };
}

import { countPositives, forEachUser, type NegativeSpec, type Pairing, Taken } from './sampling.js';
import { floorOf } from './share.js';
import type { HistorySpec, PreparedData } from './types.js';

/** What training can meet in any epoch; nothing else is ever trained. */
export interface Trainable {
  /** 1 for users of pairs. [users] */
  readonly users: Uint8Array;
  /** 1 for items of pairs. [items] */
  readonly items: Uint8Array;
  /** Rows of the train part that give a pair its user and moment. Ascending. */
  readonly anchors: Int32Array;
}

/** Who and what can be in the pairs that `choosePairs` draws, in whatever epoch. */
export function trainableOf(data: PreparedData, negatives: NegativeSpec, pairing: Pairing): Trainable {
  const { label, split, store, warmItems } = data;
  const { user: userOf, item: itemOf } = store.interactions;
  const users = new Uint8Array(store.userIds.length);
  const items = new Uint8Array(store.itemIds.length);
  const anchors = new Int32Array(split.train.length);
  const taken = new Taken(data);
  let count = 0;
  forEachUser(data, (start, end) => {
    const positives = countPositives(split.train, label, start, end);
    const others = end - start - positives;
    let [takesOwn, takesOthers] = [positives > 0, false];
    if (negatives.kind !== 'logged') takesOwn &&= taken.begin(start, end) < taken.items;
    else if (pairing === 'pairwise') takesOwn = takesOthers = positives > 0 && others > 0;
    else takesOthers = negatives.ratio === 'all' || floorOf(negatives.ratio, positives) > 0;
    for (let i = start; i < end; i++) {
      const row = split.train[i]!;
      const isOwn = label[row] === 1;
      if (isOwn ? !takesOwn : !takesOthers) continue;
      items[itemOf[row]!] = 1;
      if (!isOwn && pairing === 'pairwise') continue;
      anchors[count++] = row;
      users[userOf[row]!] = 1;
    }
  });
  // Whoever can draw at all draws whatever is not among its own, and that was met above.
  if (negatives.kind !== 'logged' && count > 0) items.set(warmItems);
  return { users, items, anchors: anchors.slice(0, count) };
}

/** Sets 1 in `items` for what the histories of the given rows hold. Static ones count whole, whatever their length. */
export function markHistories(
  items: Uint8Array,
  data: PreparedData,
  anchors: Int32Array,
  { events = 'positive', length, sample, target }: Omit<HistorySpec, 'prefixes'>,
): void {
  const { offsets, item, causalEnd, windowStart, trainOffsets, trainItem } = data.histories(events);
  const list = target === 'causal' ? item : trainItem;
  const changes = new Int32Array(list.length + 1); // of how many histories hold an event, from the event before
  for (const row of anchors) {
    const user = data.store.interactions.user[row]!;
    let from = target === 'causal' ? (windowStart?.[row] ?? offsets[user]!) : trainOffsets[user]!;
    let to = target === 'causal' ? causalEnd[row]! : trainOffsets[user + 1]!;
    if (target === 'causal' && sample === 'recent') from = Math.max(from, to - length);
    if (target === 'causal' && sample === 'first') to = Math.min(to, from + length);
    if (to <= from) continue;
    changes[from]!++;
    changes[to]!--;
  }
  let held = 0;
  for (let e = 0; e < list.length; e++) {
    held += changes[e]!;
    if (held > 0) items[list[e]!] = 1;
  }
}

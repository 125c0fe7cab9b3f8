import type { Interactions } from '../types.js';
import type { Split, SplitSpec } from './spec.js';
import { cutsValidation } from './split.js';

/**
 * Which events causal histories may show, so that none of a later part ever reaches an earlier one. All of them where
 * the parts follow one another in time. Where they do not, or where items of the later parts are to be new, those of
 * the train part: for `random` and `itemColdStart`, and for a published split
 *
 * - whose test items never occur in train, or whose validation is cut by items: for all users;
 * - that puts a row of a user into an earlier part than a row before it: for these users.
 *
 * @returns 1 for rows that may be shown; null: all. [rows]
 */
export function visibleRows(
  interactions: Interactions,
  items: number,
  spec: SplitSpec,
  split: Split,
): Uint8Array | null {
  switch (spec.kind) {
    case 'time':
    case 'leaveOneOut':
      return null;
    case 'random':
    case 'itemColdStart':
      return marked(interactions.rows, split.train);
    case 'published': {
      const newItems = spec.cut === 'items' && cutsValidation(interactions);
      if (newItems || itemsApart(interactions, items, split)) return marked(interactions.rows, split.train);
      return usersInOrder(interactions, split);
    }
  }
}

function marked(rows: number, chosen: Int32Array): Uint8Array {
  const marks = new Uint8Array(rows);
  for (let i = 0; i < chosen.length; i++) marks[chosen[i]!] = 1;
  return marks;
}

/** True where no item of the test part has a train row. */
function itemsApart({ item }: Interactions, items: number, { train, test }: Split): boolean {
  const inTrain = new Uint8Array(items);
  for (let i = 0; i < train.length; i++) inTrain[item[train[i]!]!] = 1;
  return !test.some((row) => inTrain[item[row]!] === 1);
}

/** All rows of users whose parts follow one another, and of the others those of the train part. */
function usersInOrder({ rows, userOffsets, time }: Interactions, split: Split): Uint8Array | null {
  const part = new Uint8Array(rows);
  for (const row of split.validation) part[row] = 1;
  for (const row of split.test) part[row] = 2;
  const visible = new Uint8Array(rows).fill(1);
  let all = true;
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const start = userOffsets[user]!;
    const end = userOffsets[user + 1]!;
    if (inOrder(part, time, start, end)) continue;
    all = false;
    for (let row = start; row < end; row++) visible[row] = part[row] === 0 ? 1 : 0;
  }
  return all ? null : visible;
}

/** Whether no row start..end-1 lies in an earlier part than one before its time. */
function inOrder(part: Uint8Array, time: Float64Array, start: number, end: number): boolean {
  let before = 0; // the latest part of the moments before
  for (let row = start; row < end; ) {
    const moment = time[row]!;
    let latest = before;
    for (; row < end && time[row] === moment; row++) {
      if (part[row]! < before) return false;
      latest = Math.max(latest, part[row]!);
    }
    before = latest;
  }
  return true;
}

import { randomStream, UserError } from '../base/index.js';
import type { Interactions, SplitName } from './types.js';

/** How the rows of a log are cut into train, validation and test; validation always comes out of train. */
export type SplitSpec =
  | {
      readonly kind: 'time';
      /** Cut each user at the user's own time, or everyone at one time. */
      readonly scope: 'user' | 'global';
      /** Share of the rows before the cut: the train part, validation included. In (0, 1). */
      readonly train: number;
      /** Share of the train part, its latest rows, that is kept for validation. In (0, 1). */
      readonly validation: number;
    }
  | {
      readonly kind: 'itemColdStart';
      /** Share of the items, validation items included. In (0, 1). */
      readonly train: number;
      /** Share of the train items, disjoint from the rest. In (0, 1). */
      readonly validation: number;
      readonly seed: number;
    }
  | {
      /** The protocol of NCF (He et al., WWW 2017) and of RecBole's `LS`. */
      readonly kind: 'leaveOneOut';
    };

/** Row numbers of each part, ascending. Each row lies in exactly one part. */
export type Split = Readonly<Record<SplitName, Int32Array>>;

const TRAIN = 0;
const VALIDATION = 1;
const TEST = 2;

/** A part of a split came out empty. */
export class EmptyPartError extends UserError {}

/**
 * Cuts a log.
 *
 * - time, per user: of a user's n rows the first floor(train * n) are the train part, and of those the last
 *   max(1, floor(validation * train part)) are validation (none when the train part is a single row).
 * - time, global: the same two cuts on all rows by time; rows with the time of a cut go to the later part, so that
 *   no moment lies on both sides.
 * - itemColdStart: the same two cuts on a seeded shuffle of the items that occur; rows follow their item.
 * - leaveOneOut: a user's last row is test, the last but one validation; users with fewer than 3 rows are train.
 *
 * @throws EmptyPartError when a part comes out empty
 */
export function splitRows(interactions: Interactions, items: number, spec: SplitSpec): Split {
  const part = partOfRows(interactions, items, spec);
  const split = {
    train: rowsOf(part, TRAIN),
    validation: rowsOf(part, VALIDATION),
    test: rowsOf(part, TEST),
  };
  for (const [name, rows] of Object.entries(split)) {
    if (rows.length > 0) continue;
    throw new EmptyPartError(
      `the split leaves no ${name} rows (${interactions.rows} rows in all)`,
      'Choose other shares for data.split, or another kind.',
    );
  }
  return split;
}

function partOfRows(interactions: Interactions, items: number, spec: SplitSpec): Uint8Array {
  switch (spec.kind) {
    case 'time':
      return spec.scope === 'user' ? cutUsers(interactions, spec) : cutTime(interactions, spec);
    case 'itemColdStart': {
      const partOfItem = cutItems(interactions, items, spec);
      // A loop: `from` would make a list of all rows first.
      const part = new Uint8Array(interactions.rows);
      for (let row = 0; row < part.length; row++) part[row] = partOfItem[interactions.item[row]!]!;
      return part;
    }
    case 'leaveOneOut':
      return leaveOneOut(interactions);
  }
}

interface Shares {
  readonly train: number;
  readonly validation: number;
}

/** Where train ends and validation ends among n things in order: [0, fit) train, [fit, end) validation, rest test. */
function cutPoints(n: number, { train, validation }: Shares): { fit: number; end: number } {
  const end = floorOf(train, n);
  const held = end < 2 ? 0 : Math.max(1, floorOf(validation, end));
  return { fit: end - held, end };
}

/** floor(share * n), where a product that is whole up to rounding error counts as whole (0.29 * 100 is 29). */
function floorOf(share: number, n: number): number {
  return Math.floor(share * n + 1e-9);
}

function cutUsers({ rows, userOffsets }: Interactions, shares: Shares): Uint8Array {
  const part = new Uint8Array(rows).fill(TEST);
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const start = userOffsets[user]!;
    const { fit, end } = cutPoints(userOffsets[user + 1]! - start, shares);
    part.fill(TRAIN, start, start + fit);
    part.fill(VALIDATION, start + fit, start + end);
  }
  return part;
}

function leaveOneOut({ rows, userOffsets }: Interactions): Uint8Array {
  const part = new Uint8Array(rows).fill(TRAIN);
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const end = userOffsets[user + 1]!;
    if (end - userOffsets[user]! < 3) continue;
    part[end - 2] = VALIDATION;
    part[end - 1] = TEST;
  }
  return part;
}

function cutTime({ rows, time }: Interactions, shares: Shares): Uint8Array {
  const sorted = time.slice().sort();
  const { fit, end } = cutPoints(rows, shares);
  const testFrom = sorted[end]!;
  const validationFrom = sorted[fit]!;
  const part = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    part[row] = time[row]! >= testFrom ? TEST : time[row]! >= validationFrom ? VALIDATION : TRAIN;
  }
  return part;
}

function cutItems(
  { item }: Interactions,
  items: number,
  { seed, ...shares }: Shares & { readonly seed: number },
): Uint8Array {
  const occurs = new Uint8Array(items);
  for (let row = 0; row < item.length; row++) occurs[item[row]!] = 1;
  const order = rowsOf(occurs, 1);
  randomStream(seed, 'itemColdStart').shuffle(order);
  const { fit, end } = cutPoints(order.length, shares);
  const part = new Uint8Array(items).fill(TEST);
  for (let i = 0; i < end; i++) part[order[i]!] = i < fit ? TRAIN : VALIDATION;
  return part;
}

/** Positions where `values` holds `value`, ascending. */
function rowsOf(values: Uint8Array, value: number): Int32Array {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === value) count++;
  const rows = new Int32Array(count);
  for (let i = 0, next = 0; i < values.length; i++) if (values[i] === value) rows[next++] = i;
  return rows;
}

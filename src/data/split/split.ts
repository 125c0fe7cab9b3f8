import { range, UserError } from '../../base/index.js';
import { type Interactions, partNames } from '../types.js';
import { cutItems, cutLast, cutTime, cutUsers, shuffleRows, shuffleUsers } from './cuts.js';
import { type Split, type SplitSpec, TEST, TRAIN, VALIDATION } from './spec.js';

/** A part of a split came out empty. */
export class EmptyPartError extends UserError {}

/**
 * Cuts a log.
 *
 * - time, per user: of a user's n rows the first floor(train * n) are the train part, and of those the last
 *   max(1, floor(validation * train part)) are validation (none when the train part is a single row).
 * - time, global: the same two cuts on all rows by time; rows with the time of a cut go to the later part, so that
 *   no moment lies on both sides.
 * - random, per user or global: the same two cuts, and as many rows each, on rows in a seeded random order.
 * - itemColdStart: the same two cuts on a seeded shuffle of the items that occur; rows follow their item.
 * - leaveOneOut: a user's last row is test, the last but one validation; users with fewer than 3 rows are train.
 * - published: as the source says. Where it has no validation, the second cut alone is made on its train part: on each
 *   user's rows or all rows by time, or on a seeded shuffle of their items.
 *
 * @throws EmptyPartError when a part comes out empty
 * @throws UserError for a published split of a source that has none
 */
export function splitRows(interactions: Interactions, items: number, spec: SplitSpec): Split {
  const part = partOfRows(interactions, items, spec);
  const split = {
    train: rowsOf(part, TRAIN),
    validation: rowsOf(part, VALIDATION),
    test: rowsOf(part, TEST),
  };
  for (const name of partNames) if (split[name].length === 0) throw emptyPart(name, interactions, spec);
  return split;
}

function partOfRows(log: Interactions, items: number, spec: SplitSpec): Uint8Array {
  if (spec.kind === 'published') return publishedParts(log, items, spec);
  const part = new Uint8Array(log.rows);
  const cut = { part, rows: range(0, log.rows) };
  switch (spec.kind) {
    case 'time':
      if (spec.scope === 'user') cutUsers(log, { ...cut, shares: spec });
      else cutTime(log, { ...cut, shares: spec });
      break;
    case 'random':
      if (spec.scope === 'user') shuffleUsers(log, { ...cut, shares: spec }, spec.seed);
      else shuffleRows({ ...cut, shares: spec }, spec.seed);
      break;
    case 'itemColdStart':
      cutItems(log, items, { ...cut, shares: spec }, spec.seed);
      break;
    case 'leaveOneOut':
      cutLast(log, cut);
      break;
  }
  return part;
}

function publishedParts(
  log: Interactions,
  items: number,
  spec: SplitSpec & { readonly kind: 'published' },
): Uint8Array {
  const part = requirePart(log).slice();
  if (part.includes(VALIDATION)) return part;
  const cut = { part, rows: rowsOf(part, TRAIN), shares: { train: 1, validation: spec.validation } };
  switch (spec.cut) {
    case 'user':
      cutUsers(log, cut);
      break;
    case 'global':
      cutTime(log, cut);
      break;
    case 'items':
      cutItems(log, items, cut, spec.seed);
      break;
  }
  return part;
}

/** Whether validation of a published split is cut here, because the source has none. */
export function cutsValidation({ part }: Interactions): boolean {
  return part !== undefined && !part.includes(VALIDATION);
}

function requirePart({ part }: Interactions): Uint8Array {
  if (part) return part;
  throw new UserError(
    'the data set has no published split: nothing says which part a row lies in',
    'Choose another data.split.kind, for example time; or say in the card (part) what the source does.',
  );
}

function emptyPart(name: string, { rows }: Interactions, spec: SplitSpec): EmptyPartError {
  return new EmptyPartError(`the split leaves no ${name} rows (${rows} rows in all)`, hintOf(name, spec));
}

function hintOf(name: string, spec: SplitSpec): string {
  const others = 'Choose other shares for data.split, or another kind.';
  if (spec.kind === 'published' && name === 'test') {
    return 'The source has no test part: choose another data.split.kind.';
  }
  if ((spec.kind !== 'time' && spec.kind !== 'random') || spec.scope === 'global') return others;
  const leastRows = (train: number): number => Math.ceil(train / spec.train - 1e-9);
  return `With data.split.train ${spec.train} a user needs ${leastRows(1)} rows to have one in train, and ${leastRows(2)} to have one in validation. ${others}`;
}

/** Positions where `values` holds `value`, ascending. */
function rowsOf(values: Uint8Array, value: number): Int32Array {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === value) count++;
  const rows = new Int32Array(count);
  for (let i = 0, next = 0; i < values.length; i++) if (values[i] === value) rows[next++] = i;
  return rows;
}

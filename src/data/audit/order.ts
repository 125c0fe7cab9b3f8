import type { Histories, SplitName } from '../types.js';
import { Tally, TEST, TRAIN } from './context.js';
import type { AuditContext, Detection, Severity } from './types.js';

/**
 * Rows that are trained on although they come later than a test row: of the same user (`train-after-test`), or of others
 * (`future-of-other-users`).
 */
export function order(context: AuditContext): Detection[] {
  const { data, settings, orderOnly } = context;
  const own = laterThanOwnTest(context);
  const others = orderOnly ? new Tally() : laterThanAnyTest(context);
  const of = data.split.train.length;
  return [
    ...own.found({ code: 'train-after-test', severity: severityOfOrder(settings.split), of, unit: 'rows' }),
    ...others.found({ code: 'future-of-other-users', severity: 'note', of, unit: 'rows' }),
  ];
}

/** Splits that do not follow time say so by their kind. */
function severityOfOrder(split: string): Severity {
  return split === 'random' || split === 'itemColdStart' ? 'note' : 'warning';
}

function laterThanOwnTest({ data, parts }: AuditContext): Tally {
  const { time, userOffsets } = data.store.interactions;
  const tally = new Tally();
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    let test = -1; // the user's first
    for (let row = userOffsets[user]!; row < userOffsets[user + 1]!; row++) {
      if (test < 0 && parts[row]! & TEST) test = row;
      if (test >= 0 && parts[row]! & TRAIN && time[row]! > time[test]!) tally.add(TRAIN, row, test);
    }
  }
  return tally;
}

function laterThanAnyTest({ data, parts }: AuditContext): Tally {
  const { time, user } = data.store.interactions;
  const tally = new Tally();
  let first = -1;
  let second = -1; // the first of another user
  for (const row of data.split.test) {
    if (first < 0 || time[row]! < time[first]!) {
      if (first >= 0 && user[row] !== user[first]) second = first;
      first = row;
    } else if (user[row] !== user[first] && (second < 0 || time[row]! < time[second]!)) second = row;
  }
  for (const row of data.split.train) {
    const test = first >= 0 && user[row] === user[first] ? second : first;
    if (test >= 0 && time[row]! > time[test]! && !(parts[row]! & TEST)) tally.add(TRAIN, row, test);
  }
  return tally;
}

/** Test rows that choose the epoch. */
export function selection({ data, settings }: AuditContext): Detection[] {
  if (settings.selectOn !== 'test') return [];
  const { length } = data.split.test;
  return [
    {
      code: 'selected-on-test',
      severity: 'leak',
      count: length,
      of: length,
      unit: 'rows',
      example: data.split.test[0],
      setting: 'train.selectOn: test',
    },
  ];
}

/** Histories that show items which a cold-start test must not have shown before (`test-items-in-history`). */
export function coldItems(context: AuditContext): Detection[] {
  const { data, settings } = context;
  const { warmItems, split, store } = data;
  const { item } = store.interactions;
  const byKind = settings.split === 'itemColdStart';
  if (!byKind && (split.test.length === 0 || split.test.some((row) => warmItems[item[row]!] === 1)))
    return [];
  const held = new Uint8Array(warmItems.length); // items that only validation and test rows have
  for (const part of ['validation', 'test'] satisfies SplitName[]) {
    for (const row of split[part]) held[item[row]!] = warmItems[item[row]!]! === 1 ? 0 : 1;
  }
  return settings.model.histories
    .filter(({ target }) => target === 'causal')
    .map(({ events = 'positive' }) => data.histories(events))
    .filter(({ windowStart }) => windowStart === undefined)
    .flatMap((histories) => heldEvents(histories, held, byKind ? 'leak' : 'warning', context));
}

/** @param held 1 for the items that may not be in a history. [items] */
function heldEvents(
  histories: Histories,
  held: Uint8Array,
  severity: Severity,
  { data, parts }: AuditContext,
): Detection[] {
  let count = 0;
  let sample = -1;
  for (const one of histories.item) {
    if (held[one] === 0) continue;
    count++;
    if (sample < 0) sample = one;
  }
  if (count === 0) return [];
  const { item } = data.store.interactions;
  return [
    {
      code: 'test-items-in-history',
      severity,
      count,
      of: histories.item.length,
      unit: 'events',
      example: item.findIndex((one, row) => one === sample && parts[row]! > TRAIN),
    },
  ];
}

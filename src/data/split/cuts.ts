import { gather, randomStream, range } from '../../base/index.js';
import { floorOf } from '../share.js';
import type { Interactions } from '../types.js';
import { type Shares, TEST, TRAIN, VALIDATION } from './spec.js';

/**
 * Ways to cut rows of a log into parts. Each writes the part of the given rows (ascending) into `part` and leaves the
 * others as they are; with `train: 1` it cuts validation out of them and nothing else.
 */
interface Cut {
  /** [rows] */
  readonly part: Uint8Array;
  readonly rows: Int32Array;
  readonly shares: Shares;
}

/** Where train ends and validation ends among n things in order: [0, fit) train, [fit, end) validation, rest test. */
function cutPoints(n: number, { train, validation }: Shares): { fit: number; end: number } {
  const end = floorOf(train, n);
  const held = end < 2 ? 0 : Math.max(1, floorOf(validation, end));
  return { fit: end - held, end };
}

/** Things in order, as parts: train first, test last. */
function cutList(part: Uint8Array, list: Int32Array, shares: Shares): void {
  const { fit, end } = cutPoints(list.length, shares);
  for (let i = 0; i < list.length; i++) part[list[i]!] = i < fit ? TRAIN : i < end ? VALIDATION : TEST;
}

/** Each user's rows by time. */
export function cutUsers({ user }: Interactions, { part, rows, shares }: Cut): void {
  forEachUser(user, rows, (start, end) => cutList(part, rows.subarray(start, end), shares));
}

/** Each user's rows in random order. */
export function shuffleUsers({ user }: Interactions, { part, rows, shares }: Cut, seed: number): void {
  const order = rows.slice();
  forEachUser(user, rows, (start, end) => {
    const list = order.subarray(start, end);
    randomStream(seed, 'random split', user[rows[start]!]!).shuffle(list);
    cutList(part, list, shares);
  });
}

/** All rows in random order. */
export function shuffleRows({ part, rows, shares }: Cut, seed: number): void {
  cutList(part, randomStream(seed, 'random split').shuffle(rows.slice()), shares);
}

/** All rows by time. Rows with the time of a cut go to the later part, so that no moment lies on both sides. */
export function cutTime({ time }: Interactions, { part, rows, shares }: Cut): void {
  const sorted = gather(time, rows).sort();
  const { fit, end } = cutPoints(sorted.length, shares);
  const testFrom = sorted[end] ?? Number.POSITIVE_INFINITY;
  const validationFrom = fit < end ? sorted[fit]! : testFrom;
  for (let i = 0; i < rows.length; i++) {
    const moment = time[rows[i]!]!;
    part[rows[i]!] = moment >= testFrom ? TEST : moment >= validationFrom ? VALIDATION : TRAIN;
  }
}

/** The items of the rows in random order; rows follow their item. */
export function cutItems(
  { item }: Interactions,
  items: number,
  { part, rows, shares }: Cut,
  seed: number,
): void {
  const occurs = new Uint8Array(items);
  for (let i = 0; i < rows.length; i++) occurs[item[rows[i]!]!] = 1;
  const order = range(0, items).filter((i) => occurs[i] === 1);
  const partOfItem = new Uint8Array(items);
  cutList(partOfItem, randomStream(seed, 'itemColdStart').shuffle(order), shares);
  for (let i = 0; i < rows.length; i++) part[rows[i]!] = partOfItem[item[rows[i]!]!]!;
}

/** Of a user's rows all but the last two are train; all where there are fewer than 3. */
export function cutLast({ user }: Interactions, { part, rows }: Omit<Cut, 'shares'>): void {
  forEachUser(user, rows, (start, end) => {
    if (end - start < 3) return;
    part[rows[end - 2]!] = VALIDATION;
    part[rows[end - 1]!] = TEST;
  });
}

/** Calls `visit` with the stretch start..end-1 of ascending rows that holds a user's. */
function forEachUser(user: Int32Array, rows: Int32Array, visit: (start: number, end: number) => void): void {
  for (let start = 0, end = 0; start < rows.length; start = end) {
    const id = user[rows[start]!]!;
    do end++;
    while (end < rows.length && user[rows[end]!] === id);
    visit(start, end);
  }
}

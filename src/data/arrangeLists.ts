import type { GivenPairs } from './candidateFile.js';
import { mapValues } from './records.js';
import type { CandidateLists } from './sampledLists.js';
import { type PreparedData, partNames, type SplitName } from './types.js';

/** A pair of a file of candidates does not go with the data. */
export class Misfit extends Error {
  constructor(
    readonly pair: number,
    problem: string,
    readonly fix: string,
  ) {
    super(problem);
  }
}

/**
 * Makes lists of the pairs of a file (as `openCandidates` describes them), those of each part by row or by user.
 *
 * @returns beside them how many lists were left out: those of users without a positive row among the candidates
 * @throws Misfit where a list does not go with the data
 */
export function arrangeLists(
  data: PreparedData,
  pairs: GivenPairs,
): { readonly lists: Record<SplitName, CandidateLists>; readonly unused: number } {
  const { order, offsets } = group(data, pairs);
  const subjects = pairs.row ? rowSubjects(data, pairs, pairs.row) : userSubjects(data, pairs);
  const items = new Int32Array(order.length);
  const lists = { train: new ListBuilder(), validation: new ListBuilder(), test: new ListBuilder() };
  let unused = 0;
  for (let list = 0; list + 1 < offsets.length; list++) {
    const start = offsets[list]!;
    const ofList = order.subarray(start, offsets[list + 1]!);
    const subject = subjects(ofList[0]!);
    checkList(data, pairs, ofList, subject.wanted);
    const relevant = lineUp(pairs.item, ofList, subject.wanted, items.subarray(start));
    if (relevant > 0) lists[subject.part].add(subject.anchor, start, ofList.length, relevant);
    else if (pairs.row) {
      const { itemIds, interactions } = data.store;
      const item = itemIds[interactions.item[subject.anchor]!];
      throw new Misfit(
        ofList[0]!,
        `the list of row ${subject.anchor} lacks the row's own item, ${item}`,
        'Add it.',
      );
    } else unused++;
  }
  return { lists: mapValues(lists, (builder) => builder.finish(items)), unused };
}

/** Gathers lists whose items lie in stretches of one array. */
class ListBuilder {
  private readonly anchor: number[] = [];
  private readonly start: number[] = [];
  private readonly size: number[] = [];
  private readonly relevant: number[] = [];

  add(anchor: number, start: number, size: number, relevant: number): void {
    this.anchor.push(anchor);
    this.start.push(start);
    this.size.push(size);
    this.relevant.push(relevant);
  }

  /** @param items of all lists, the relevant ones of each first */
  finish(items: Int32Array): CandidateLists {
    const { start, size } = this;
    return {
      anchor: Int32Array.from(this.anchor),
      relevant: Int32Array.from(this.relevant),
      candidates: (list) => items.subarray(start[list]!, start[list]! + size[list]!),
    };
  }
}

/** What a list is about. */
interface Subject {
  readonly part: SplitName;
  readonly anchor: number;
  /** Items to be found. */
  readonly wanted: ReadonlySet<number>;
}

/** Pairs in the order of the lists, those of list l at offsets[l] .. offsets[l+1]-1, and within in the order of the file. */
function group(
  { store }: PreparedData,
  { user, row, part }: GivenPairs,
): { order: Int32Array; offsets: Int32Array } {
  const users = store.userIds.length;
  const keys = row ? store.interactions.rows : partNames.length * users;
  const keyOf = (pair: number): number => row?.[pair] ?? (part?.[pair] ?? TEST) * users + user[pair]!;
  const next = new Int32Array(keys + 1);
  for (let pair = 0; pair < user.length; pair++) next[keyOf(pair) + 1]!++;
  const offsets = [0];
  for (let key = 0; key < keys; key++) {
    next[key + 1]! += next[key]!;
    if (next[key + 1]! > next[key]!) offsets.push(next[key + 1]!);
  }
  const order = new Int32Array(user.length);
  for (let pair = 0; pair < user.length; pair++) order[next[keyOf(pair)]++] = pair;
  return { order, offsets: Int32Array.from(offsets) };
}

const TEST = partNames.indexOf('test');

/** Lists of positive rows, told by a pair of theirs. */
function rowSubjects(
  { store, split, label }: PreparedData,
  { user, part }: GivenPairs,
  row: Int32Array,
): (pair: number) => Subject {
  const { interactions, userIds } = store;
  const partOf = new Uint8Array(interactions.rows);
  partNames.forEach((name, number) => {
    for (const one of split[name]) partOf[one] = number;
  });
  const otherData = 'Make the file from the same data, with the same data.filter and data.split.';
  for (let pair = 0; pair < row.length; pair++) {
    const one = row[pair]!;
    const here = partOf[one]!;
    const owner = interactions.user[one]!;
    if (owner !== user[pair]) {
      throw new Misfit(
        pair,
        `row ${one} is of user ${userIds[owner]}, not ${userIds[user[pair]!]}`,
        otherData,
      );
    }
    if ((part?.[pair] ?? here) !== here) {
      throw new Misfit(
        pair,
        `row ${one} lies in ${partNames[here]}, not in ${partNames[part![pair]!]}`,
        otherData,
      );
    }
    if (label[one] !== 1) throw new Misfit(pair, `row ${one} is no positive row`, otherData);
  }
  return (pair) => {
    const anchor = row[pair]!;
    return { part: partNames[partOf[anchor]!]!, anchor, wanted: new Set([interactions.item[anchor]!]) };
  };
}

/** Lists of users, told by a pair of theirs. */
function userSubjects({ store, split, label }: PreparedData, { user, part }: GivenPairs) {
  const { interactions } = store;
  return (pair: number): Subject => {
    const name = partNames[part?.[pair] ?? TEST]!;
    const rows = rowsOf(split[name], interactions.user, user[pair]!).filter((row) => label[row] === 1);
    return {
      part: name,
      anchor: rows[0] ?? -1, // nothing is wanted then
      wanted: new Set(Array.from(rows, (row) => interactions.item[row]!)),
    };
  };
}

/** The stretch of ascending rows that is a user's. */
function rowsOf(rows: Int32Array, userOf: Int32Array, user: number): Int32Array {
  const firstFrom = (least: number): number => {
    let [low, high] = [0, rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (userOf[rows[middle]!]! < least) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return rows.subarray(firstFrom(user), firstFrom(user + 1));
}

/** @throws Misfit for an item that a list has twice, or a label that is not the log's */
function checkList(
  { store }: PreparedData,
  { user, item, label }: GivenPairs,
  ofList: Int32Array,
  wanted: ReadonlySet<number>,
): void {
  const named = (pair: number) =>
    [`user ${store.userIds[user[pair]!]}`, `item ${store.itemIds[item[pair]!]}`] as const;
  const seen = new Set<number>();
  for (const pair of ofList) {
    if (seen.has(item[pair]!)) {
      const [whose, what] = named(pair);
      throw new Misfit(pair, `the list of ${whose} has ${what} twice`, 'Each candidate counts once.');
    }
    seen.add(item[pair]!);
    const found = wanted.has(item[pair]!) ? 1 : 0;
    if (!label || label[pair] === found) continue;
    const [whose, what] = named(pair);
    throw new Misfit(
      pair,
      `${what} of ${whose} is labelled ${label[pair]}, and is ${found} by the log`,
      'Make the file from the same data with the same split, or leave the labels out.',
    );
  }
}

/** Writes the items of a list, the relevant ones first, and returns how many these are. */
function lineUp(item: Int32Array, ofList: Int32Array, wanted: ReadonlySet<number>, into: Int32Array): number {
  let relevant = 0;
  for (const pair of ofList) if (wanted.has(item[pair]!)) into[relevant++] = item[pair]!;
  let next = relevant;
  for (const pair of ofList) if (!wanted.has(item[pair]!)) into[next++] = item[pair]!;
  return relevant;
}

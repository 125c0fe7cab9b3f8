import { range } from '../base/index.js';
import { BatchAssembler } from './batch.js';
import { Numbering } from './numbering.js';
import type { SampledSpec } from './sampledLists.js';
import { fixedSamples } from './score.js';
import type { Batch, ContextSpec, Pairs, PreparedData, SplitName, Store } from './types.js';

/** What a positive is ranked among. */
export type CandidateSpec =
  /** The logged rows of the part, positives and negatives. */
  | { readonly kind: 'impressions' }
  /** Every item, without those of the user's positive rows in the parts before. */
  | { readonly kind: 'catalogue' }
  | SampledSpec
  /** The lists of a CSV or Parquet file. */
  | { readonly kind: 'file'; readonly path: string };

/**
 * One list a user with a positive row in a part: which items of the catalogue are relevant, and which are no candidates.
 * Lists are in the order of the users; the items of each ascend and are distinct.
 */
export interface CatalogueLists {
  /** [L] */
  readonly user: Int32Array;
  /** The user's first positive row in the part: its moment gives the history. [L] */
  readonly anchor: Int32Array;
  /** Items of the positive rows of the part. The ones of list l are `targets[targetOffsets[l] .. targetOffsets[l+1]-1]`. */
  readonly targetOffsets: Int32Array;
  readonly targets: Int32Array;
  /** Items of positive rows in the parts before, without the targets. */
  readonly seenOffsets: Int32Array;
  readonly seen: Int32Array;
  /** Items that are candidates, ascending; `targets` and `seen` are positions in it. Absent: all items of the store. */
  readonly pool?: Int32Array;
}

/** The candidates of lists before what is seen is taken out. */
export function poolOf({ pool }: CatalogueLists, { itemIds }: Store): Int32Array {
  return pool ?? range(0, itemIds.length);
}

const partsBefore: Readonly<Record<SplitName, readonly SplitName[]>> = {
  train: [],
  validation: ['train'],
  test: ['train', 'validation'],
};

const made = new WeakMap<PreparedData, Map<SplitName, CatalogueLists>>();

/** The lists of a part, made when they are first asked for: every evaluation during a training has the same. */
export function catalogueLists(data: PreparedData, part: SplitName): CatalogueLists {
  const ofData = made.get(data) ?? new Map<SplitName, CatalogueLists>();
  made.set(data, ofData);
  const lists = ofData.get(part) ?? makeLists(data, part);
  ofData.set(part, lists);
  return lists;
}

function makeLists({ store, split, label }: PreparedData, part: SplitName): CatalogueLists {
  const { rows, userOffsets, item } = store.interactions;
  const isTarget = markRows(rows, [split[part]]);
  const isSeen = markRows(
    rows,
    partsBefore[part].map((name) => split[name]),
  );
  const user: number[] = [];
  const anchor: number[] = [];
  const targets = new ItemLists();
  const seen = new ItemLists();
  for (let u = 0; u + 1 < userOffsets.length; u++) {
    const wanted = new Set<number>();
    const known = new Set<number>();
    for (let row = userOffsets[u]!; row < userOffsets[u + 1]!; row++) {
      if (label[row] !== 1) continue;
      if (isSeen[row]) known.add(item[row]!);
      if (!isTarget[row]) continue;
      if (wanted.size === 0) anchor.push(row);
      wanted.add(item[row]!);
    }
    if (wanted.size === 0) continue;
    user.push(u);
    for (const target of wanted) known.delete(target);
    targets.push(wanted);
    seen.push(known);
  }
  return {
    user: Int32Array.from(user),
    anchor: Int32Array.from(anchor),
    targetOffsets: Int32Array.from(targets.offsets),
    targets: Int32Array.from(targets.items),
    seenOffsets: Int32Array.from(seen.offsets),
    seen: Int32Array.from(seen.items),
  };
}

function markRows(rows: number, parts: readonly Int32Array[]): Uint8Array {
  const marked = new Uint8Array(rows);
  for (const part of parts) for (const row of part) marked[row] = 1;
  return marked;
}

class ItemLists {
  readonly offsets = [0];
  readonly items: number[] = [];
  push(items: ReadonlySet<number>): void {
    for (const item of [...items].sort((a, b) => a - b)) this.items.push(item);
    this.offsets.push(this.items.length);
  }
}

/**
 * A candidate that none of the user's list knows, so that no rule about a candidate's own events touches the history.
 * For a user who knows every candidate there is none, and it is the first.
 *
 * @param items number of candidates
 * @returns a position in the pool
 */
export function neutralItem(
  { targetOffsets, targets, seenOffsets, seen }: CatalogueLists,
  list: number,
  items: number,
): number {
  let item = 0;
  let t = targetOffsets[list]!;
  let s = seenOffsets[list]!;
  while (true) {
    if (t < targetOffsets[list + 1]! && targets[t] === item) t++;
    else if (s < seenOffsets[list + 1]! && seen[s] === item) s++;
    else return item < items ? item : 0;
    item++;
  }
}

/**
 * Makes batches of any (row, item) pairs, as `scoreBatches` does of logged rows: the row gives user and moment.
 * Make one and use it for many batches.
 */
export class CandidateBatches {
  private readonly assembler: BatchAssembler;
  private readonly number: Numbering;

  constructor(data: PreparedData, spec: ContextSpec) {
    this.assembler = new BatchAssembler(data, spec);
    this.number = new Numbering(data.store.itemIds.length);
  }

  /** The distinct ones of these items, each of which its position among them replaces. */
  distinct(items: Int32Array): Int32Array {
    const found = new Int32Array(items.length);
    this.number.restart();
    this.number.replace(items, 0, items.length, found);
    return found.subarray(0, this.number.count);
  }

  /** Pair p is the user and moment of row `anchor[p]` with candidate `item[p]`; labels are 0. */
  batch(anchor: Int32Array, item: Int32Array): Batch {
    return this.assembler.assemble({ anchor, item, ...unlogged(item.length) }, fixedSamples);
  }
}

/** Pairs of contexts with positions in a list of items; labels are 0. */
export const candidatePairs = (context: Int32Array, item: Int32Array): Pairs => ({
  count: item.length,
  context,
  item,
  ...unlogged(item.length),
});

const unlogged = (count: number) => ({
  label: new Float32Array(count),
  row: new Int32Array(count).fill(-1),
});

import { resolve } from 'node:path';
import type { ArrayVectorSpec } from '../card.js';
import { type ArraySource, countRows, openArray } from '../readers/arrays.js';
import { listOf } from './sources.js';

/** The arrays that a card names. */
export class Arrays {
  constructor(
    private readonly from: string,
    private readonly spill: string,
  ) {}

  resolve(path: string): string {
    return resolve(this.from, path);
  }

  /** The first path of a vector, for messages. */
  pathOf({ path }: ArrayVectorSpec): string {
    return this.resolve(listOf(path)[0]!);
  }

  open({ path, ids, values, keys, clips }: ArrayVectorSpec): Promise<ArraySource> {
    const paths = listOf(path).map((one) => this.resolve(one));
    return openArray(paths, { values, keys: ids === undefined ? keys : null, clips, spill: this.spill });
  }

  /** Number of rows of an array file. */
  rowsOf(path: string): Promise<number> {
    return countRows(this.resolve(path));
  }
}

import { resolve } from 'node:path';
import type { ArrayVectorSpec } from '../card.js';
import { type ArraySource, countRows, openArray } from '../readers/arrays.js';
import { listOf } from './sources.js';

/** The arrays that a card names. */
export class Arrays {
  private readonly opened = new Map<string, Promise<ArraySource>>();
  private readonly sources: ArraySource[] = [];

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

  /** Names of the rows are asked for where the card does not say in another way whose they are. */
  async open({ path, ids, rows, values, keys, clips }: ArrayVectorSpec): Promise<ArraySource> {
    const paths = listOf(path).map((one) => this.resolve(one));
    const named = ids === undefined && rows === 'number';
    const options = { values, keys: named ? keys : null, clips, spill: this.spill };
    const which = JSON.stringify([paths, options]);
    const opened = this.opened.get(which) ?? openArray(paths, options);
    this.opened.set(which, opened);
    const source = await opened;
    if (!this.sources.includes(source)) this.sources.push(source);
    return source;
  }

  /** Nothing may be read of them afterwards. */
  close(): void {
    for (const source of this.sources) source.close();
  }

  /** Number of rows of an array file. */
  rowsOf(path: string): Promise<number> {
    return countRows(this.resolve(path));
  }
}

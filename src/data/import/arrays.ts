import { resolve } from 'node:path';
import { NpyRows } from '../../base/index.js';
import type { ArrayVectorSpec } from '../card.js';
import { listOf } from './sources.js';

/** The arrays that a card names. */
export class Arrays {
  constructor(private readonly from: string) {}

  resolve(path: string): string {
    return resolve(this.from, path);
  }

  /** The path of a vector in messages. */
  pathOf({ path }: ArrayVectorSpec): string {
    return this.resolve(listOf(path)[0]!);
  }

  async open(spec: ArrayVectorSpec) {
    const rows = NpyRows.open(this.pathOf(spec));
    return Object.assign(rows, { ids: null as readonly string[] | null });
  }

  /** Number of rows of an array file. */
  async rowsOf(path: string): Promise<number> {
    return NpyRows.open(this.resolve(path)).count;
  }
}

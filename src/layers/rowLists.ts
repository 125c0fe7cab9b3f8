/**
 * Lists of rows of a matrix. List l is rows[offsets[l] .. offsets[l + 1] - 1]; lists may be empty and share rows.
 * No interface, because tfjs takes only plain types among the tensors that a function returns.
 */
export type RowLists = {
  /** [L + 1] */
  readonly offsets: Int32Array;
  readonly rows: Int32Array;
};

/** Lists side by side, a column each, the shorter ones filled up with rows that do not count. */
export interface Columns {
  /** J, the length of the longest. */
  readonly height: number;
  /** G */
  readonly count: number;
  /** Row-major [J, G]. */
  readonly rows: Int32Array;
  /** 1 for the rows of the lists, 0 for the filling; null when there is none. [J, G] */
  readonly mask: Float32Array | null;
}

/** Collects lists one after another. */
export class ListBuilder {
  private readonly offsets: number[] = [0];
  private readonly rows: number[] = [];

  static of(lists: Iterable<Iterable<number>>): RowLists {
    const builder = new ListBuilder();
    for (const rows of lists) builder.add(rows);
    return builder.done();
  }

  /** Lists so far. */
  get count(): number {
    return this.offsets.length - 1;
  }

  add(rows: Iterable<number>): void {
    for (const row of rows) this.rows.push(row);
    this.offsets.push(this.rows.length);
  }

  done(): RowLists {
    return { offsets: Int32Array.from(this.offsets), rows: Int32Array.from(this.rows) };
  }
}

export const lengthOf = ({ offsets }: RowLists, list: number): number => offsets[list + 1]! - offsets[list]!;

/** The given lists, none of them empty, as columns. */
export function columnsOf(lists: RowLists, which: Int32Array): Columns {
  const { offsets, rows } = lists;
  const count = which.length;
  let height = 0;
  let entries = 0;
  for (const list of which) {
    const length = lengthOf(lists, list);
    height = Math.max(height, length);
    entries += length;
  }
  const filled = new Int32Array(height * count);
  const mask = entries < height * count ? new Float32Array(height * count) : null;
  for (let g = 0; g < count; g++) {
    const first = offsets[which[g]!]!;
    const length = offsets[which[g]! + 1]! - first;
    for (let j = 0; j < height; j++) {
      filled[j * count + g] = rows[j < length ? first + j : first]!;
      if (mask && j < length) mask[j * count + g] = 1;
    }
  }
  return { height, count, rows: filled, mask };
}

/** Numbers of the lists that are not empty, longest first, so that neighbours need little filling. */
export function longestFirst(lists: RowLists): Int32Array {
  const byLength: number[][] = [];
  for (let list = 0; list + 1 < lists.offsets.length; list++) {
    const length = lengthOf(lists, list);
    if (length === 0) continue;
    byLength[length] ??= [];
    byLength[length].push(list);
  }
  return Int32Array.from(byLength.reverse().flatMap((same) => same ?? []));
}

/** Arrays one after another. */
export function joined(parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

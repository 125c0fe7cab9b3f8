import { type FileRows, requireRows, UserError } from '../../base/index.js';
import { finiteRows } from './finite.js';

/** A matrix of source files, read by rows. */
export interface ArraySource {
  /** Rows. */
  readonly count: number;
  /** Numbers a row. */
  readonly width: number;
  /** Identifiers of the rows where the files have them, all different; null: rows are numbered. */
  readonly ids: readonly string[] | null;
  /**
   * The rows at the given positions, row-major [N, width], in a fresh array.
   *
   * @throws RangeError for a position outside, UserError naming file, row and column of a value that is not finite as
   * float32, or when a file has changed
   */
  values(positions: Int32Array): Float32Array;
  /** Nothing may be read afterwards. */
  close(): void;
}

/** A matrix in one file. */
export class FileArray implements ArraySource {
  readonly count: number;
  readonly width: number;

  constructor(
    private readonly rows: FileRows,
    readonly ids: readonly string[] | null,
  ) {
    this.count = rows.count;
    this.width = rows.width;
  }

  values(positions: Int32Array): Float32Array {
    const { rows, width } = this;
    return finiteRows(rows.values(positions), width, (row) => positions[row]!, rows.file);
  }

  close(): void {
    this.rows.close();
  }
}

/** Matrices of equal width, one after another. */
export class JoinedArrays implements ArraySource {
  readonly count: number;
  readonly width: number;
  readonly ids: readonly string[] | null;

  /**
   * @param parts at least one
   * @param files a name for each, for messages
   * @throws UserError when widths differ, or an identifier is in two of them
   */
  constructor(
    private readonly parts: readonly ArraySource[],
    files: readonly string[],
  ) {
    const { width, ids } = parts[0]!;
    this.width = width;
    for (const [p, part] of parts.entries()) {
      const problem =
        part.width !== width
          ? `has ${part.width} numbers a row, but ${files[0]} has ${width}`
          : (part.ids === null) !== (ids === null) &&
            `has ${part.ids ? 'identifiers' : 'numbered rows'}, but ${files[0]} has ${ids ? 'identifiers' : 'numbered rows'}`;
      if (!problem) continue;
      throw new UserError(problem, 'Files that follow one another must be alike.', { file: files[p]! });
    }
    this.count = parts.reduce((sum, { count }) => sum + count, 0);
    this.ids = ids && joinIds(parts, files);
  }

  values(positions: Int32Array): Float32Array {
    const { parts, width } = this;
    requireRows(positions, 0, this.count);
    const result = new Float32Array(positions.length * width);
    let start = 0;
    for (const part of parts) {
      const end = start + part.count;
      const here = positions.filter((position) => position >= start && position < end);
      const rows = part.values(here.map((position) => position - start));
      for (let i = 0, next = 0; i < positions.length; i++) {
        if (positions[i]! < start || positions[i]! >= end) continue;
        result.set(rows.subarray(next, next + width), i * width);
        next += width;
      }
      start = end;
    }
    return result;
  }

  close(): void {
    for (const part of this.parts) part.close();
  }
}

function joinIds(parts: readonly ArraySource[], files: readonly string[]): string[] {
  const all = new Set<string>();
  for (const [p, { ids }] of parts.entries()) {
    for (const id of ids!) {
      if (!all.has(id)) all.add(id);
      else
        throw new UserError(`${id} was in an earlier file already`, 'Leave one row of each.', {
          file: files[p]!,
        });
    }
  }
  return [...all];
}

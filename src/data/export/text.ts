import { open } from 'node:fs/promises';
import { InterruptedError, UserError } from '../../base/index.js';
import type { VectorFeature } from '../types.js';
import type { ExportedHistory, WriteOptions } from './types.js';

/** Characters that are put together before they are written. */
const CHUNK_CHARACTERS = 2 ** 20;
/** Values of vectors that are read at a time. */
const CHUNK_VALUES = 2 ** 20;
/** Below it float32 has fewer digits than elsewhere. */
const SMALLEST_NORMAL = 2 ** -126;

/** The shortest decimal that parses back to the same float32. */
export function float32Text(x: number): string {
  if (Number.isInteger(x) && Math.abs(x) < 2 ** 24) return float64Text(x);
  // Whatever has 6 digits survives float32, and 9 always suffice.
  for (let digits = Math.abs(x) < SMALLEST_NORMAL ? 1 : 6; digits < 9; digits++) {
    const near = Number(x.toPrecision(digits));
    if (Math.fround(near) === x) return String(near);
  }
  return String(Number(x.toPrecision(9)));
}

/** The shortest decimal that parses back to the same float64. */
export function float64Text(x: number): string {
  return Object.is(x, -0) ? '-0' : String(x);
}

/** A category's number; empty where it is unknown. */
export function codeText(code: number): string {
  return code < 0 ? '' : String(code);
}

/** What a list's entries become, with a separator between them. */
export function joined(
  values: Int32Array,
  start: number,
  end: number,
  separator: string,
  textOf: (value: number) => string,
): string {
  if (start >= end) return '';
  let text = textOf(values[start]!);
  for (let i = start + 1; i < end; i++) text += separator + textOf(values[i]!);
  return text;
}

/** The identifiers of a row's history. */
export function historyText(
  { item, start, end }: ExportedHistory,
  row: number,
  separator: string,
  textOf: (item: number) => string,
): string {
  return joined(item, start(row), end(row), separator, textOf);
}

/** Reads vectors one after another, by blocks. */
export function vectorReader(vector: VectorFeature, count: number): (index: number) => Float32Array {
  const step = Math.max(1, Math.floor(CHUNK_VALUES / vector.width));
  let block: Float32Array = new Float32Array(0);
  let start = 0;
  return (index) => {
    if (index < start || (index - start) * vector.width >= block.length) {
      start = index;
      block = vector.rows(Int32Array.from({ length: Math.min(step, count - index) }, (_, i) => index + i));
    }
    return block.subarray((index - start) * vector.width, (index - start + 1) * vector.width);
  };
}

/** Says what is written, and then how much of it; takes how many more rows are done. */
export function counted(
  { onProgress, onCount }: WriteOptions,
  what: string,
  total: number,
): (rows: number) => void {
  onProgress?.(`writing ${what}`);
  let done = 0;
  return (rows) => {
    done += rows;
    onCount?.(done, total);
  };
}

/**
 * Writes a table of text, line after line.
 *
 * @param line text of a row without its end
 * @param onRows told how many more rows are written
 */
export async function writeLines(
  path: string,
  header: string,
  rows: number,
  line: (index: number) => string,
  { signal, onRows }: Pick<WriteOptions, 'signal'> & { readonly onRows?: (rows: number) => void },
): Promise<void> {
  const file = await open(path, 'w');
  let text = `${header}\n`;
  let written = 0;
  const flush = async (index: number): Promise<void> => {
    if (signal?.aborted) throw new InterruptedError();
    await file.writeFile(text);
    onRows?.(index - written);
    text = '';
    written = index;
  };
  try {
    for (let index = 0; index < rows; index++) {
      text += `${line(index)}\n`;
      if (text.length >= CHUNK_CHARACTERS) await flush(index + 1);
    }
    await flush(rows);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Identifiers that a format cannot hold, and why. */
export interface Unwritable {
  readonly signs: RegExp;
  /** For example: RecBole's files cannot quote. */
  readonly why: string;
  readonly words: ReadonlySet<string>;
  /** What becomes of such a word. */
  readonly misread: string;
}

/** @throws UserError naming the first identifier that would not be read as it is */
export function requireWritable(
  kind: 'user' | 'item',
  ids: readonly string[],
  { signs, why, words, misread }: Unwritable,
): void {
  const id = ids.find((text) => signs.test(text) || words.has(text));
  if (id === undefined) return;
  const sign = signs.exec(id)?.[0];
  throw new UserError(
    `the ${kind} ${JSON.stringify(id)} cannot be written: ${sign === undefined ? misread : `it holds ${JSON.stringify(sign)}, and ${why}`}`,
    'Export to parquet, or import the data with other identifiers.',
  );
}

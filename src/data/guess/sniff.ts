import { isUtf8 } from 'node:buffer';
import { basename } from 'node:path';
import { UserError } from '../../base/index.js';
import { repeatedColumn } from '../columns.js';
import { type CsvFormat, type Delimiter, delimiters } from '../import/csv.js';
import { openText, requireFile } from '../import/textFile.js';
import { meaningOf } from './names.js';
import { firstRecords } from './records.js';

/** What the first bytes of a file say about it. */
export type FileShape =
  | { readonly format: 'parquet' }
  | (CsvFormat & {
      readonly format: 'csv';
      /** Names of the columns; where the first line is a row already, `c1`, `c2`, ... */
      readonly columns: readonly string[];
    });

/** Records that are looked at. */
const HEAD_RECORDS = 1000;

/**
 * Finds out how a file is written: Parquet by its ending, else CSV with the delimiter that cuts its lines into equally
 * many cells, and with or without a header.
 *
 * @param delimiter known beforehand
 * @throws UserError when the file is missing, empty, an archive, JSON, not UTF-8 text, of one column, or of a header that
 * cannot name columns
 */
export async function sniffFile(
  path: string,
  delimiter?: Delimiter,
  signal?: AbortSignal,
): Promise<FileShape> {
  if (path.toLowerCase().endsWith('.parquet')) {
    await requireFile(path);
    return { format: 'parquet' };
  }
  const { head, whole, packed } = await openText(path, signal);
  const text = decode(head, whole, path);
  if (/^\s*(\{|\[\s*\{)/.test(text)) {
    throw new UserError(
      'is JSON, which mvrec does not read',
      `Make Parquet of it, for example: duckdb -c "COPY (FROM '${basename(path)}') TO 'log.parquet'"`,
      { file: path },
    );
  }
  const found = delimiter ?? bestDelimiter(text, whole, path);
  const { records } = firstRecords(text, delimiters[found], whole, HEAD_RECORDS);
  const header = isHeader(records);
  if (header) requireNames(records[0]!, path);
  if (records.length < (header ? 2 : 1)) {
    throw new UserError('the file has a header but no rows', undefined, { file: path });
  }
  const columns = header ? records[0]! : records[0]!.map((_, i) => `c${i + 1}`);
  return { format: 'csv', delimiter: found, columns, header, packed };
}

function decode(bytes: Buffer, whole: boolean, path: string): string {
  try {
    // It also takes a byte order mark away. The last character may be cut.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !whole });
  } catch {
    throw new UserError('not UTF-8 text', 'Convert the file, for example with iconv -t UTF-8.', {
      file: path,
      line: firstOtherLine(bytes),
    });
  }
}

/** The first line (from 1) that is not UTF-8. No sign of UTF-8 but a line feed holds the byte of one. */
function firstOtherLine(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; ; line++) {
    const end = bytes.indexOf(LINE_FEED, start);
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
}

const LINE_FEED = 0x0a;

interface Cut {
  readonly name: Delimiter;
  readonly sound: boolean;
  readonly width: number;
  /** Share of the records with that many cells. */
  readonly even: number;
  /** Share of cells that are numbers. */
  readonly numbers: number;
}

/**
 * The delimiter that cuts most evenly; of equals the one that makes more columns, then more numbers. Those that take a quote
 * at the end of a cell for its beginning come last.
 */
function bestDelimiter(text: string, whole: boolean, path: string): Delimiter {
  const cuts = (Object.keys(delimiters) as Delimiter[])
    .map((name) => cutOf(name, firstRecords(text, delimiters[name], whole, HEAD_RECORDS)))
    .filter(({ width, even }) => width > 1 && even >= 0.9)
    .sort(
      (a, b) =>
        Number(b.sound) - Number(a.sound) || b.even - a.even || b.width - a.width || b.numbers - a.numbers,
    );
  if (cuts[0]) return cuts[0].name;
  const { open } = firstRecords(text, delimiters.comma, whole, HEAD_RECORDS);
  if (open !== null) {
    throw new UserError('a quote (") is opened and never closed', 'Correct the line.', {
      file: path,
      line: open,
    });
  }
  throw new UserError(
    'cannot be cut into columns by commas, tabs, semicolons, pipes or spaces',
    'A log needs a column of users and one of items; say --delimiter if lines are of unequal length.',
    { file: path },
  );
}

function cutOf(name: Delimiter, { records, sound }: ReturnType<typeof firstRecords>): Cut {
  const widths = new Map<number, number>();
  for (const { length } of records) widths.set(length, (widths.get(length) ?? 0) + 1);
  const [width = 0, times = 0] = [...widths].sort((a, b) => b[1] - a[1])[0] ?? [];
  const cells = records.flat();
  const numbers = cells.filter(isNumber).length / Math.max(1, cells.length);
  return { name, sound, width, even: times / Math.max(1, records.length), numbers };
}

/** Whether the first record names the columns of the others. */
function isHeader([first = [], ...rows]: readonly (readonly string[])[]): boolean {
  if (first.some(isNumber)) return false;
  if (first.some((cell) => meaningOf(cell) !== null)) return true;
  return first.some((cell, c) => {
    const column = rows.map((row) => row[c] ?? '').filter((value) => value !== '');
    const alike = column.filter((value) => formOf(value) === formOf(cell)).length;
    return alike < column.length / 2;
  });
}

function isNumber(cell: string): boolean {
  return cell.trim() !== '' && Number.isFinite(Number(cell));
}

/** `video_12` and `clip_7` look alike: letters, a sign, digits. */
function formOf(cell: string): string {
  if (isNumber(cell)) return '9';
  return cell.replace(/\p{L}+/gu, 'a').replace(/\d+/g, '9');
}

function requireNames(header: readonly string[], path: string): void {
  const place = { file: path, line: 1 };
  const empty = header.indexOf('');
  if (empty >= 0) {
    throw new UserError(
      `column ${empty + 1} has no name`,
      'Name it in the first line. If pandas wrote its index there, write the file anew with index=False.',
      place,
    );
  }
  const again = repeatedColumn(header);
  if (!again) return;
  throw new UserError(`two columns are named ${again.names}`, 'Give every column a name of its own.', place);
}

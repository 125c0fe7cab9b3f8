import { existsSync } from 'node:fs';
import Table from 'cli-table3';
import { UserError } from '../base/index.js';

/** A column of a table; numbers are best read when aligned right. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Wraps the cells at this many characters. */
  readonly width?: number;
}

const plain = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Text for a terminal: a line of titles, then a line a row, columns aligned, no frame, no colour. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    colWidths: columns.map(({ width }) => width ?? null),
    wordWrap: true,
    chars: plain,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Four decimals, or a dash for a metric that the data do not define. */
export const metricText = (value: number | null | undefined): string => value?.toFixed(4) ?? '-';

/**
 * @param option that names the file
 * @throws UserError when the file is there and not to be replaced
 */
export function requireFree(path: string, force: boolean, option: string): void {
  if (force || !existsSync(path)) return;
  throw new UserError(`${path} is there already`, `--force writes it anew, ${option} names another file.`);
}

/** `1 row`, `1,234 rows`. */
export const counted = (n: number, thing: string): string =>
  `${n.toLocaleString('en')} ${thing}${n === 1 ? '' : 's'}`;

/** Width for text on this terminal; a fixed one where there is none, so that files come out the same. */
export function textWidth(): number {
  return Math.min(120, Math.max(60, process.stdout.columns ?? 110));
}

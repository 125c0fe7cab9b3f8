import type { Guess } from '../data/index.js';
import { formatTable, textWidth } from './output.js';

/** What was guessed and why, for the terminal. */
export function guessText({ decisions, untimed, unused }: Guess): string {
  const shown = decisions.map(({ key, value, why }) => [key.replace(/^interactions\./, ''), value, why]);
  if (untimed !== null) shown.push(['time', '-', untimed]);
  const widest = (column: number): number => Math.max(...shown.map((row) => row[column]!.length)) + 2;
  const value = Math.min(40, widest(1));
  const rest = Math.max(30, textWidth() - widest(0) - value);
  const table = formatTable(
    [{ title: 'guessed' }, { title: 'as', width: value }, { title: 'because', width: rest }],
    shown,
  );
  const left = unused.map(({ column, why }) => `  ${column}: ${why}`);
  return [table, ...(left.length > 0 ? ['not used', ...left] : [])].join('\n');
}

/** The same for programs. */
export function guessJson({ decisions, untimed, unused }: Guess): Readonly<Record<string, unknown>> {
  return { decisions, untimed, unused };
}

import type { Column } from './profile.js';

/** Numbers and lists as the card's comments write them. */
export const count = (n: number): string => n.toLocaleString('en');

/** `1 row`, `1,234 rows`. */
export const rowsText = (n: number): string => `${count(n)} ${n === 1 ? 'row' : 'rows'}`;

export function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}

/** The other candidates, for the end of a reason. */
export function others(names: readonly string[], what: string): string {
  if (names.length === 0) return '';
  return `; ${names.join(', ')} could be ${what} too`;
}

/** The columns of a file, as a message can hold them. */
export function describeColumns(columns: readonly Column[]): string {
  const shown = columns.slice(0, 12).map(describeColumn).join(', ');
  return columns.length > 12 ? `${shown} and ${columns.length - 12} more columns` : shown;
}

function describeColumn({ name, distinct, numeric, values, kind }: Column): string {
  if (kind === 'list') return `${name} (lists)`;
  if (distinct === 1) return `${name} (always ${shortened(values[0]?.[0] ?? '')})`;
  if (distinct === 0) return `${name} (empty)`;
  return `${name} (${count(distinct)} ${numeric ? 'numbers' : 'texts'})`;
}

export function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 30 ? `${line.slice(0, 30)}…` : line;
}

import { findOfPair, rowsInUse, Tally } from './context.js';
import { bothLabels } from './pairs.js';
import type { AuditContext, Detection } from './types.js';

/**
 * Rows that repeat another of their part in everything (`exact-duplicates`), and rows of one user and item that differ in
 * the label: at the same moment (`conflicting-labels`), or over time (`changing-labels`).
 */
export function duplicates(context: AuditContext): Detection[] {
  const { parts } = context;
  const of = rowsInUse(parts);
  const { conflicting, changing } = labelsThatDiffer(context);
  return [
    ...repeated(context).found({ code: 'exact-duplicates', severity: 'warning', of, unit: 'rows' }),
    ...conflicting.found({ code: 'conflicting-labels', severity: 'warning', of, unit: 'rows' }),
    ...changing.found({ code: 'changing-labels', severity: 'note', of, unit: 'rows' }),
  ];
}

function repeated({ data, parts, atOnce }: AuditContext): Tally {
  const tally = new Tally();
  const columns = [data.label, parts, ...Object.values(data.store.interactions.columns)];
  for (let row = 0; row < parts.length; row++) {
    if (atOnce[row]! < 0 || parts[row] === 0) continue;
    const original = equalBefore(row, atOnce, columns);
    if (original >= 0) tally.add(parts[row]!, row, original);
  }
  return tally;
}

/** The nearest row before, along a chain, that has the same values; -1: none. */
function equalBefore(row: number, chain: Int32Array, columns: readonly ArrayLike<number>[]): number {
  let before = chain[row]!;
  while (before >= 0 && columns.some((values) => values[before] !== values[row])) before = chain[before]!;
  return before;
}

function labelsThatDiffer({ data, parts, bitsAtOnce, bitsOfPair }: AuditContext) {
  const { time } = data.store.interactions;
  const conflicting = new Tally();
  const changing = new Tally();
  const opposite = (row: number, atOnce: boolean): number | undefined =>
    findOfPair(
      data,
      row,
      (r) => data.label[r] !== data.label[row] && parts[r]! > 0 && (!atOnce || time[r] === time[row]),
    );
  for (let row = 0; row < parts.length; row++) {
    if (parts[row] === 0) continue;
    const atOnce = bothLabels(bitsAtOnce[row]!);
    if (!atOnce && !bothLabels(bitsOfPair[row]!)) continue;
    const tally = atOnce ? conflicting : changing;
    tally.add(parts[row]!, row, tally.example === undefined ? opposite(row, atOnce) : undefined);
  }
  return { conflicting, changing };
}

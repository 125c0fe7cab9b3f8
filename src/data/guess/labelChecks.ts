import { UserError } from '../../base/index.js';
import { refuseBadCell } from './badCell.js';
import { isStay, meaningOf } from './names.js';
import { type Column, numberCell, type Profile } from './profile.js';
import type { Use } from './uses.js';

const DECIDE = 'or say with --label COLUMN which columns are to be kept.';

/** A column without a label's name is taken for a broken one only where nearly all of it is 0 and 1. */
const NEARLY_ALL = 0.99;

/**
 * Refuses labels that are nearly ones: a column of 0 and 1 with a few other cells, and one whose rows are all 0. Left out
 * in silence, they would leave a log in which every row counts as positive.
 *
 * @throws UserError with the line of the first cell that is neither 0 nor 1
 */
export async function requireLabels(profile: Profile, uses: readonly Use[]): Promise<void> {
  for (const use of uses) {
    if (isBroken(use, profile)) await refuseLabel(profile, use.column);
  }
  if (uses.some(({ kind, column }) => kind === 'label' && isNamed(column) && column.zeros > 0)) return;
  const never = uses.find(({ column }) => isNamed(column) && column.zeros === profile.rows);
  if (!never) return;
  throw new UserError(
    `column ${never.column.name} is 0 in all rows: no row is positive`,
    `Check the file, ${DECIDE}`,
    { file: profile.file },
  );
}

/**
 * Of a log without any label: that no column is called like one.
 *
 * @throws UserError with the line of the first cell that is neither 0 nor 1
 */
export async function requireUnnamed(profile: Profile, uses: readonly Use[]): Promise<void> {
  const named = uses.find(
    ({ kind, column }) => (kind === 'unused' || kind === 'category') && isNamed(column),
  );
  if (named) await refuseLabel(profile, named.column);
}

function isNamed({ name }: Column): boolean {
  return meaningOf(name) === 'label';
}

/** Counts (`like`) and texts (`comment`) may have a label's name; they are no broken labels. */
function isBroken({ kind, column }: Use, { rows }: Profile): boolean {
  const { name, filled, distinct, zeros, ones } = column;
  const bits = zeros + ones;
  if (kind === 'label' || column.kind === 'list' || filled === 0 || bits === rows) return false;
  if (isNamed(column)) return bits >= rows / 2 || distinct <= 3;
  if (kind !== 'unused' || meaningOf(name) !== null || isStay(name)) return false;
  return zeros > 0 && ones > 0 && bits >= NEARLY_ALL * rows;
}

function refuseLabel(profile: Profile, column: Column): Promise<never> {
  const good = `${numberCell(column.name)} IN (0, 1)`;
  return refuseBadCell(profile, column, '0 or 1', good, `Correct the file, ${DECIDE}`);
}

import { UserError } from '../../base/index.js';
import { type Column, filledCell, type Profile } from './profile.js';
import { count, shortened } from './words.js';

/**
 * Refuses the cells of a column that are not what its others are.
 *
 * @param wanted what a cell must be, for the message
 * @param good SQL condition of a cell that is it; neither true nor null otherwise counts as bad
 * @throws UserError with file and line of the first
 */
export async function refuseBadCell(
  { database, placeOf }: Profile,
  { name }: Column,
  wanted: string,
  good: string,
  fix: string,
): Promise<never> {
  const bad = `NOT coalesce(${good}, false)`;
  const [first] = await database.rows(
    `SELECT rowid + 1 AS row, ${filledCell(name)} AS cell FROM guess WHERE ${bad} ORDER BY rowid LIMIT 1`,
  );
  const all = await database.number(`SELECT count(*) FROM guess WHERE ${bad}`);
  const { row, cell } = first as { readonly row: bigint; readonly cell: string | null };
  const found = cell === null ? 'it is empty' : `found ${JSON.stringify(shortened(cell))}`;
  const more = all > 1 ? `, the first of ${count(all)} such cells` : '';
  throw new UserError(`column ${name} must be ${wanted}, ${found}${more}`, fix, await placeOf(Number(row)));
}

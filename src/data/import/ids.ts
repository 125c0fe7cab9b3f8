import { UserError } from '../../base/index.js';
import { type Database, quoteText } from '../database.js';

/** SQL of a row's number by a column of distinct texts: integers in numeric order come first, then other texts. */
export function numberBy(column: string): string {
  return `CAST(row_number() OVER (ORDER BY TRY_CAST(${column} AS HUGEINT) NULLS LAST, ${column}) - 1 AS INTEGER)`;
}

/** Makes the table `users` or `items` of those in `log`: id, code. */
export async function numberIds(
  database: Database,
  column: 'user' | 'item',
  table: 'users' | 'items',
): Promise<void> {
  await database.run(
    `CREATE TABLE ${table} AS
     SELECT id, ${numberBy('id')} AS code
     FROM (SELECT DISTINCT "${column}" AS id FROM log)`,
  );
}

/** The identifiers in the order of their numbers. */
export async function readIds(database: Database, table: 'users' | 'items', file: string): Promise<string[]> {
  const ids = await database.texts(`SELECT id FROM ${table} ORDER BY code`);
  requireOneLine(ids, file);
  return ids;
}

/** @throws UserError naming an identifier that a file of lines cannot hold */
export function requireOneLine(ids: readonly string[], file: string): void {
  const broken = ids.find((id) => /[\r\n]/.test(id));
  if (broken === undefined) return;
  throw new UserError(`the identifier ${JSON.stringify(broken)} holds a line break`, 'Correct the file.', {
    file,
  });
}

/**
 * Adds identifiers that are in histories or in tables of features only: after all others, in the order in which they are met.
 */
export class ItemCodes {
  private readonly codes = new Map<string, number>();
  readonly extra: string[] = [];

  constructor(private readonly known: readonly string[]) {
    known.forEach((id, code) => {
      this.codes.set(id, code);
    });
  }

  of(id: string): number {
    const code = this.codes.get(id);
    if (code !== undefined) return code;
    const next = this.known.length + this.extra.length;
    this.codes.set(id, next);
    this.extra.push(id);
    return next;
  }

  /** Code of the first of them. */
  get first(): number {
    return this.known.length;
  }
}

/**
 * Adds items without a row to the table `items`, so that features are found for them too.
 *
 * @param from how many of them are there already
 */
export async function addExtraItems(
  database: Database,
  { extra, first }: ItemCodes,
  from: number,
): Promise<void> {
  const batch = 10_000;
  for (let start = from; start < extra.length; start += batch) {
    const rows = extra.slice(start, start + batch).map((id, i) => `(${quoteText(id)}, ${first + start + i})`);
    await database.run(`INSERT INTO items VALUES ${rows.join(', ')}`);
  }
}

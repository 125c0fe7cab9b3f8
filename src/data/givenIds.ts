import { gather, type Place, UserError } from '../base/index.js';
import { type Database, quoteName } from './database.js';
import { explained } from './import/explained.js';
import { openTable, placeOf, requireColumn, type SourceTable } from './import/table.js';
import type { Store } from './types.js';

/** What identifiers are of. */
export type IdKind = 'user' | 'item';

/** A column that is read as numbers. */
export interface NumericColumn {
  readonly name: string;
  /** SQL of its values. */
  readonly sql: string;
  readonly isRight: (value: number) => boolean;
  /** What values must be, in words. */
  readonly rule: string;
}

/** Rows of a file that names users or items of a store, in its order. */
export interface GivenRows {
  /** Numbers in the store. [rows], of the columns that were asked for */
  readonly ids: Readonly<Partial<Record<IdKind, Int32Array>>>;
  /** Whole numbers. [rows], of the columns that the file has */
  readonly numbers: Readonly<Record<string, Int32Array>>;
  /** Where a row stands in the file. */
  place(row: number): Promise<Place>;
}

/** Opens a CSV (or, by its ending, TSV or Parquet) file. */
export function openGiven(
  database: Database,
  path: string,
  signal: AbortSignal | undefined,
): Promise<SourceTable> {
  const delimiter = /\.(tsv|tab)(\.gz)?$/i.test(path) ? 'tab' : 'comma';
  return openTable(database, path, { delimiter }, '', signal);
}

/** The column of identifiers: `user` or `user_id`, and so for items; null where there is none. */
export function idColumn({ columns }: SourceTable, kind: IdKind): string | null {
  return [kind, `${kind}_id`].find((name) => columns.includes(name)) ?? null;
}

/**
 * Reads columns of identifiers, and such columns of numbers as the file has.
 *
 * @throws UserError naming the first line that is wrong: an identifier that is missing or that the store does not have, a
 * number that breaks its rule
 */
export async function readGiven(
  database: Database,
  table: SourceTable,
  store: Store,
  kinds: readonly IdKind[],
  numeric: readonly NumericColumn[] = [],
): Promise<GivenRows> {
  const columns = numeric.filter(({ name }) => table.columns.includes(name));
  const rows = await loadRows(database, table, kinds, columns);
  const found: FileIds[] = [];
  for (const kind of kinds) found.push(await numberIds(database, kind, idsOf(store, kind)));
  const codes = kinds.map(() => new Int32Array(rows));
  const values = columns.map(() => new Float64Array(rows));
  const selected = [...kinds.map((kind) => `${kind}s.code`), ...columns.map(({ name }) => quoteName(name))];
  const joins = kinds.map((kind) => `JOIN ${kind}s ON given.${quoteName(kind)} = ${kind}s.id`);
  // One pass over all columns, since what costs is to put them in order.
  await database.fill(`SELECT ${selected.join(', ')} FROM given ${joins.join(' ')} ORDER BY place`, [
    ...codes,
    ...values,
  ]);
  const place = (row: number): Promise<Place> => placeOf(table, row + 1);
  for (const [c, { name, isRight, rule }] of columns.entries()) {
    const bad = values[c]!.findIndex((value) => !isRight(value));
    if (bad >= 0) throw new UserError(`${name} must be ${rule}`, 'Correct the file.', await place(bad));
  }
  const ids: Partial<Record<IdKind, Int32Array>> = {};
  for (const [k, kind] of kinds.entries()) ids[kind] = await inStore(kind, codes[k]!, found[k]!, place);
  const numbers = Object.fromEntries(columns.map(({ name }, c) => [name, Int32Array.from(values[c]!)]));
  return { ids, numbers, place };
}

const fromSameData = 'Make the file from the same data, with the same data.filter.';

const idsOf = ({ userIds, itemIds }: Store, kind: IdKind): readonly string[] =>
  kind === 'user' ? userIds : itemIds;

/** Makes the table `given`, its columns of identifiers named after their kind, and returns how many rows it has. */
async function loadRows(
  database: Database,
  table: SourceTable,
  kinds: readonly IdKind[],
  columns: readonly NumericColumn[],
): Promise<number> {
  const selected = ['row_number() OVER () AS place'];
  for (const kind of kinds) {
    const column = idColumn(table, kind);
    if (column === null) requireColumn(table, `${kind}_id`, kind);
    else selected.push(`${quoteName(column)} AS ${quoteName(kind)}`);
  }
  selected.push(...columns.map(({ name, sql }) => `${sql} AS ${quoteName(name)}`));
  await explained(table.path, () =>
    database.run(`CREATE TABLE given AS SELECT ${selected.join(', ')} FROM ${table.relation({})}`),
  );
  const rows = await database.number('SELECT count(*) FROM given');
  if (rows === 0) {
    const fix = `Give it a row for each ${kinds.join(' and ')}.`;
    throw new UserError('the file has a header but no rows', fix, { file: table.path });
  }
  for (const kind of kinds) {
    const first = await database.number(`SELECT min(place) FROM given WHERE ${quoteName(kind)} IS NULL`);
    if (first === 0) continue;
    throw new UserError(`the ${kind} is missing`, 'Correct the file.', await placeOf(table, first));
  }
  return rows;
}

/** Identifiers of a column of the file, by the code that they get there. */
interface FileIds {
  readonly texts: readonly string[];
  /** Number in the store of each code, -1 where it has none. */
  readonly numbers: Int32Array;
}

/** Makes a table of the distinct identifiers of a column with a code each: `users` or `items`. */
async function numberIds(database: Database, kind: IdKind, ids: readonly string[]): Promise<FileIds> {
  const name = quoteName(kind);
  await database.run(
    `CREATE TABLE ${kind}s AS
     SELECT id, CAST(row_number() OVER (ORDER BY id) - 1 AS INTEGER) AS code
     FROM (SELECT DISTINCT ${name} AS id FROM given)`,
  );
  const texts = await database.texts(`SELECT id FROM ${kind}s ORDER BY code`);
  const numberOf = new Map(ids.map((id, number) => [id, number]));
  return { texts, numbers: Int32Array.from(texts, (id) => numberOf.get(id) ?? -1) };
}

/** A column of codes as numbers of the store. */
async function inStore(
  kind: IdKind,
  codes: Int32Array,
  { texts, numbers }: FileIds,
  place: (row: number) => Promise<Place>,
): Promise<Int32Array> {
  const unknown = codes.findIndex((code) => numbers[code] === -1);
  if (unknown < 0) return gather(numbers, codes);
  const others = numbers.filter((number) => number === -1).length - 1;
  throw new UserError(
    `the data set has no ${kind} ${texts[codes[unknown]!]}${others > 0 ? `, nor ${others} more of the file` : ''}`,
    kind === 'user'
      ? fromSameData
      : `${fromSameData} An import leaves out items of feature tables that are in no row of the log, unless the card says items: { keepNew: true }.`,
    await place(unknown),
  );
}

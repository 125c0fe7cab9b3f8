import { gather, type Place, UserError } from '../base/index.js';
import { Database, quoteName } from './database.js';
import { explained } from './import/explained.js';
import { openTable, placeOf, requireColumn, type SourceTable } from './import/table.js';
import { partNames, type Store } from './types.js';

/** Rows of a file of candidates, in its order. */
export interface GivenPairs {
  /** Users and items of the store. [pairs] */
  readonly user: Int32Array;
  readonly item: Int32Array;
  /** Row of the store whose list it is; null where the file has no such column. [pairs] */
  readonly row: Int32Array | null;
  /** An index of `partNames`. [pairs] */
  readonly part: Int32Array | null;
  /** 0 or 1. [pairs] */
  readonly label: Int32Array | null;
  /** Where a pair stands in the file. */
  place(pair: number): Promise<Place>;
}

export interface FileOptions {
  /** Folder for what does not fit into memory. */
  readonly spill: string;
  /** Ends the reading with an InterruptedError. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a CSV (or, by its ending, TSV or Parquet) file with the columns `user` and `item`, and perhaps `row`, `split`
 * and `label`; others are ignored.
 *
 * @throws UserError naming the first line that is wrong: no user or item, one that the store does not have, a row, part
 * or label that is none
 */
export async function readCandidateFile(
  path: string,
  store: Store,
  { spill, signal }: FileOptions,
): Promise<GivenPairs> {
  return Database.use(spill, signal, async (database) => {
    const table = await openTable(database, path, {
      delimiter: /\.(tsv|tab)(\.gz)?$/i.test(path) ? 'tab' : 'comma',
    });
    for (const name of ['user', 'item']) requireColumn(table, name);
    const columns = numericColumns(store).filter(({ name }) => table.columns.includes(name));
    const pairs = await loadPairs(database, table, columns);
    const users = await numberIds(database, 'user', store.userIds);
    const items = await numberIds(database, 'item', store.itemIds);
    const codes = { user: new Int32Array(pairs), item: new Int32Array(pairs) };
    const numbers = columns.map(() => new Float64Array(pairs));
    // One pass over all columns, since what costs is to put them in order.
    await database.fill(
      `SELECT users.code, items.code, ${columns.map(({ name }) => `${quoteName(name)}, `).join('')}
       FROM given JOIN users ON "user" = users.id JOIN items ON item = items.id ORDER BY place`,
      [codes.user, codes.item, ...numbers],
    );
    const place = (pair: number): Promise<Place> => placeOf(table, pair + 1);
    for (const [c, { name, isRight, rule }] of columns.entries()) {
      const bad = numbers[c]!.findIndex((value) => !isRight(value));
      if (bad >= 0) throw new UserError(`${name} must be ${rule}`, 'Correct the file.', await place(bad));
    }
    const column = (name: string): Int32Array | null => {
      const values = numbers[columns.findIndex((one) => one.name === name)];
      return values ? Int32Array.from(values) : null;
    };
    return {
      user: await inStore('user', codes.user, users, place),
      item: await inStore('item', codes.item, items, place),
      row: column('row'),
      part: column('split'),
      label: column('label'),
      place,
    };
  });
}

/** A column that is read as numbers. */
interface NumericColumn {
  readonly name: string;
  /** SQL of its values. */
  readonly sql: string;
  readonly isRight: (value: number) => boolean;
  /** What values must be, in words. */
  readonly rule: string;
}

function numericColumns({ interactions: { rows } }: Store): readonly NumericColumn[] {
  const parts = partNames.map((name, n) => `WHEN '${name}' THEN ${n}`).join(' ');
  return [
    {
      name: 'row',
      sql: 'TRY_CAST("row" AS DOUBLE)',
      isRight: (row) => Number.isInteger(row) && row >= 0 && row < rows,
      rule: `the number of a row of the data set, from 0 to ${rows - 1}`,
    },
    {
      name: 'split',
      sql: `CASE split ${parts} END`,
      isRight: (part) => part >= 0,
      rule: partNames.join(', '),
    },
    {
      name: 'label',
      sql: 'TRY_CAST(label AS DOUBLE)',
      isRight: (label) => label === 0 || label === 1,
      rule: '0 or 1',
    },
  ];
}

/** Makes the table `given` and returns how many rows it has. */
async function loadPairs(
  database: Database,
  table: SourceTable,
  columns: readonly NumericColumn[],
): Promise<number> {
  const selected = [
    'row_number() OVER () AS place',
    '"user"',
    'item',
    ...columns.map(({ name, sql }) => `${sql} AS ${quoteName(name)}`),
  ];
  await explained(table.path, () =>
    database.run(`CREATE TABLE given AS SELECT ${selected.join(', ')} FROM ${table.relation({})}`),
  );
  const pairs = await database.number('SELECT count(*) FROM given');
  if (pairs === 0) throw new UserError('the file has a header but no rows', undefined, { file: table.path });
  for (const name of ['user', 'item']) {
    const first = await database.number(`SELECT min(place) FROM given WHERE ${quoteName(name)} IS NULL`);
    if (first === 0) continue;
    throw new UserError(`the ${name} is missing`, 'Correct the file.', await placeOf(table, first));
  }
  return pairs;
}

/** Identifiers of a column of the file, by the code that they get there. */
interface FileIds {
  readonly texts: readonly string[];
  /** Number in the store of each code, -1 where it has none. */
  readonly numbers: Int32Array;
}

/** Makes a table of the distinct identifiers of a column with a code each: `users` or `items`. */
async function numberIds(
  database: Database,
  column: 'user' | 'item',
  ids: readonly string[],
): Promise<FileIds> {
  const name = quoteName(column);
  await database.run(
    `CREATE TABLE ${column}s AS
     SELECT id, CAST(row_number() OVER (ORDER BY id) - 1 AS INTEGER) AS code
     FROM (SELECT DISTINCT ${name} AS id FROM given)`,
  );
  const texts = await database.texts(`SELECT id FROM ${column}s ORDER BY code`);
  const numberOf = new Map(ids.map((id, number) => [id, number]));
  return { texts, numbers: Int32Array.from(texts, (id) => numberOf.get(id) ?? -1) };
}

/** A column of codes as numbers of the store. */
async function inStore(
  column: 'user' | 'item',
  codes: Int32Array,
  { texts, numbers }: FileIds,
  place: (pair: number) => Promise<Place>,
): Promise<Int32Array> {
  const unknown = codes.findIndex((code) => numbers[code] === -1);
  if (unknown < 0) return gather(numbers, codes);
  const others = numbers.filter((number) => number === -1).length - 1;
  throw new UserError(
    `the data set has no ${column} ${texts[codes[unknown]!]}${others > 0 ? `, nor ${others} more of the file` : ''}`,
    'Make the file from the same data, with the same data.filter.',
    await place(unknown),
  );
}

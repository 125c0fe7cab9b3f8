import { type Place, UserError } from '../base/index.js';
import { Database, quoteName } from './database.js';
import { explained, openTable, placeOf, requireColumn, type SourceTable } from './table.js';
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
    const table = await openTable(database, path, /\.(tsv|tab)$/i.test(path) ? 'tab' : 'comma');
    for (const name of ['user', 'item']) requireColumn(table, name);
    const place = (pair: number): Promise<Place> => placeOf(table, pair + 1);
    const pairs = await loadPairs(database, table);
    const wrong = async (values: Float64Array, isRight: (value: number) => boolean, rule: string) => {
      const bad = values.findIndex((value) => !isRight(value));
      if (bad >= 0) throw new UserError(rule, 'Correct the file.', await place(bad));
      return Int32Array.from(values);
    };
    const number = async (name: string, sql: string, isRight: (value: number) => boolean, rule: string) => {
      if (!table.columns.includes(name)) return null;
      const values = new Float64Array(pairs);
      await database.fill(`SELECT ${sql} FROM given ORDER BY place`, [values]);
      return wrong(values, isRight, `${name} must be ${rule}`);
    };
    const { rows } = store.interactions;
    const parts = partNames.map((name, n) => `WHEN '${name}' THEN ${n}`).join(' ');
    return {
      user: await numbersOf(database, 'user', store.userIds, pairs, place),
      item: await numbersOf(database, 'item', store.itemIds, pairs, place),
      row: await number(
        'row',
        'TRY_CAST("row" AS DOUBLE)',
        (row) => Number.isInteger(row) && row >= 0 && row < rows,
        `the number of a row of the data set, from 0 to ${rows - 1}`,
      ),
      part: await number('split', `CASE split ${parts} END`, (part) => part >= 0, partNames.join(', ')),
      label: await number(
        'label',
        'TRY_CAST(label AS DOUBLE)',
        (label) => label === 0 || label === 1,
        '0 or 1',
      ),
      place,
    };
  });
}

/** Makes the table `given` and returns how many rows it has. */
async function loadPairs(database: Database, table: SourceTable): Promise<number> {
  const names = ['user', 'item', 'row', 'split', 'label'].filter((name) => table.columns.includes(name));
  const columns = ['row_number() OVER () AS place', ...names.map(quoteName)];
  await explained(table.path, () =>
    database.run(`CREATE TABLE given AS SELECT ${columns.join(', ')} FROM ${table.relation(new Set())}`),
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

/** A column of identifiers as numbers of the store. */
async function numbersOf(
  database: Database,
  column: 'user' | 'item',
  ids: readonly string[],
  pairs: number,
  place: (pair: number) => Promise<Place>,
): Promise<Int32Array> {
  const name = quoteName(column);
  await database.run(
    `CREATE TABLE ${column}s AS SELECT ${name} AS id, row_number() OVER (ORDER BY ${name}) - 1 AS code FROM (SELECT DISTINCT ${name} FROM given)`,
  );
  const texts = await database.texts(`SELECT id FROM ${column}s ORDER BY code`);
  const numberOf = new Map(ids.map((id, number) => [id, number]));
  const known = Int32Array.from(texts, (id) => numberOf.get(id) ?? -1);
  const codes = new Int32Array(pairs);
  await database.fill(
    `SELECT CAST(code AS INTEGER) FROM given JOIN ${column}s ON ${name} = id ORDER BY place`,
    [codes],
  );
  const unknown = codes.findIndex((code) => known[code] === -1);
  if (unknown < 0) return codes.map((code) => known[code]!);
  const others = texts.filter((_, code) => known[code] === -1).length - 1;
  throw new UserError(
    `the data set has no ${column} ${texts[codes[unknown]!]}${others > 0 ? `, nor ${others} more of the file` : ''}`,
    'Make the file from the same data, with the same data.filter.',
    await place(unknown),
  );
}

import { type Place, UserError } from '../../base/index.js';
import { type Database, quoteName } from '../database.js';
import { csvRelation, delimiters, literalPath } from '../import/csv.js';
import { explained } from '../import/explained.js';
import { lineOfRow } from '../import/textFile.js';
import type { FileShape } from './sniff.js';

/** What is known of a column. Numbers are counted over the cells that are not empty. */
export interface Column {
  readonly name: string;
  /** A list column of Parquet, or text. */
  readonly kind: 'text' | 'list';
  readonly filled: number;
  readonly distinct: number;
  /** Length of the longest text. */
  readonly longest: number;
  /** Cells that are finite numbers, and of them those that are 0 and those that are 1. */
  readonly finite: number;
  readonly zeros: number;
  readonly ones: number;
  /** Every cell is a finite number. */
  readonly numeric: boolean;
  /** And every number is a whole one. */
  readonly whole: boolean;
  readonly min: number;
  readonly max: number;
  /** Rows of each value, the most frequent first; empty where there are more than `fewValues`. */
  readonly values: readonly (readonly [value: string, rows: number])[];
}

/** A log as DuckDB's table `guess`, every column text, in the order of the file. */
export interface Profile {
  readonly database: Database;
  readonly file: string;
  readonly rows: number;
  readonly columns: readonly Column[];
  /** Where a row (from 1) stands. */
  placeOf(row: number): Promise<Place>;
}

const fewValues = 30;

/**
 * Reads a whole log and looks at every column.
 *
 * @throws UserError when the file cannot be read to its end or has no rows
 */
export async function profileFile(database: Database, file: string, shape: FileShape): Promise<Profile> {
  const loaded = await load(database, file, shape);
  const rows = await database.number('SELECT count(*) FROM guess');
  if (rows === 0) throw new UserError('the file has no rows', undefined, { file });
  const facts = await factsOf(
    database,
    loaded.map(({ name }) => name),
  );
  const columns: Column[] = [];
  for (const [c, { name, kind }] of loaded.entries()) {
    const fact = facts[c]!;
    const values = fact.distinct <= fewValues ? await valuesOf(database, name) : [];
    columns.push({ name, kind, ...fact, values });
  }
  return { database, file, rows, columns, placeOf: (row) => placeOf(file, shape, row) };
}

/** Parquet has no lines, so there the row is named in their place. */
async function placeOf(file: string, shape: FileShape, row: number): Promise<Place> {
  if (shape.format === 'parquet') return { file: `${file}, row ${row}` };
  const text = { path: file, packed: shape.packed, delimiter: delimiters[shape.delimiter] };
  return { file, line: await lineOfRow(text, shape.header ? row : row - 1) };
}

/** Makes the table. */
async function load(
  database: Database,
  file: string,
  shape: FileShape,
): Promise<readonly Pick<Column, 'name' | 'kind'>[]> {
  const make = (select: string): Promise<void> =>
    explained(file, () => database.run(`CREATE TABLE guess AS SELECT ${select}`));
  if (shape.format === 'csv') {
    const columns = shape.columns.map((name) => [name, 'VARCHAR'] as const);
    await make(`* FROM ${csvRelation(file, shape, columns)}`);
    return shape.columns.map((name) => ({ name, kind: 'text' }));
  }
  const parquet = `read_parquet(${literalPath(file)}, hive_partitioning=false)`;
  const schema = await explained(file, () => database.rows(`DESCRIBE SELECT * FROM ${parquet}`));
  const columns = schema.map((row) => [String(row.column_name), String(row.column_type)] as const);
  const texts = columns.map(([name, type]) => {
    const number = type === 'BOOLEAN' ? `CAST(${quoteName(name)} AS TINYINT)` : quoteName(name);
    return `CAST(${number} AS VARCHAR) AS ${quoteName(name)}`;
  });
  await make(`${texts.join(', ')} FROM ${parquet}`);
  return columns.map(([name, type]) => ({ name, kind: type.endsWith(']') ? 'list' : 'text' }));
}

type Facts = Omit<Column, 'name' | 'kind' | 'values'>;

async function factsOf(database: Database, names: readonly string[]): Promise<Facts[]> {
  const queries = names.map((name, c) => {
    const cell = filledCell(name);
    const number = numberCell(name);
    const finite = `CASE WHEN isfinite(${number}) THEN ${number} END`;
    return [
      `count(${cell}) AS filled${c}`,
      `count(DISTINCT ${cell}) AS distinct${c}`,
      `max(length(${cell})) AS longest${c}`,
      `count(${finite}) AS finite${c}`,
      `count_if(${number} = 0) AS zeros${c}`,
      `count_if(${number} = 1) AS ones${c}`,
      `count_if(${finite} = floor(${number})) AS whole${c}`,
      `min(${finite}) AS min${c}`,
      `max(${finite}) AS max${c}`,
    ].join(', ');
  });
  const [found = {}] = await database.rows(`SELECT ${queries.join(', ')} FROM guess`);
  return names.map((_, c) => {
    const value = (fact: string): number => Number(found[`${fact}${c}`] ?? 0);
    const filled = value('filled');
    const numeric = filled > 0 && value('finite') === filled;
    return {
      filled,
      distinct: value('distinct'),
      longest: value('longest'),
      finite: value('finite'),
      zeros: value('zeros'),
      ones: value('ones'),
      numeric,
      whole: numeric && value('whole') === filled,
      min: value('min'),
      max: value('max'),
    };
  });
}

async function valuesOf(database: Database, name: string): Promise<[string, number][]> {
  const rows = await database.rows(
    `SELECT ${filledCell(name)} AS value, count(*) AS rows FROM guess WHERE value IS NOT NULL
     GROUP BY ALL ORDER BY rows DESC, value`,
  );
  return rows.map(({ value, rows: count }) => [String(value), Number(count)]);
}

/** How a column goes with another that rows are grouped by. */
export interface Constancy {
  /** Groups with several rows, the column filled in. */
  readonly groups: number;
  /** Of them those whose rows differ in it. */
  readonly varying: number;
  /**
   * How many would at least be expected to differ if the column's values were dealt out by chance: groups times the
   * probability that two rows differ.
   */
  readonly expected: number;
}

/** Looks whether columns are constant within the groups of a key. */
export async function constancyOf(
  { database, rows }: Profile,
  key: string,
  columns: readonly Column[],
): Promise<ReadonlyMap<string, Constancy>> {
  if (columns.length === 0) return new Map();
  const within = columns.map(({ name }, c) => {
    const cell = filledCell(name);
    return `count(${cell}) AS n${c}, min(${cell}) <> max(${cell}) AS v${c}`;
  });
  const sums = columns.map((_, c) => `count_if(n${c} > 1) AS groups${c}, count_if(v${c}) AS varying${c}`);
  const [found = {}] = await database.rows(
    `SELECT ${sums.join(', ')} FROM (SELECT ${within.join(', ')} FROM guess GROUP BY ${filledCell(key)})`,
  );
  const constancy = new Map<string, Constancy>();
  for (const [c, { name, filled }] of columns.entries()) {
    const alike = await database.number(
      `SELECT sum(n * n) FROM (SELECT CAST(count(*) AS DOUBLE) AS n FROM guess
       WHERE ${filledCell(name)} IS NOT NULL GROUP BY ${quoteName(name)})`,
    );
    const groups = Number(found[`groups${c}`] ?? 0);
    const differ = rows === 0 ? 0 : 1 - alike / filled ** 2;
    constancy.set(name, { groups, varying: Number(found[`varying${c}`] ?? 0), expected: groups * differ });
  }
  return constancy;
}

/** A column's cell as a number, or null where it is none. */
export function numberCell(name: string): string {
  return `TRY_CAST(${filledCell(name)} AS DOUBLE)`;
}

/** A cell, or null where it is empty. */
export function filledCell(name: string): string {
  return `nullif(${quoteName(name)}, '')`;
}

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../base/index.js';
import { type ArrayVectorSpec, type Card, type CategorySpec, logFiles } from './card.js';
import { type Database, quoteName } from './database.js';
import { openArray } from './readers/arrays.js';
import { explained, placeOf, requireColumn, type SourceTable } from './table.js';
import type { CategoryFeature, Features, VectorFeature } from './types.js';
import { SourceVectors } from './vectors.js';

interface Context {
  readonly database: Database;
  readonly tables: Readonly<Record<string, SourceTable>>;
  readonly from: string;
  readonly report: string[];
}

/** Features of the numbered users or items; needs the tables `log`, `users` and `items`. */
export async function readFeatures(
  kind: 'user' | 'item',
  card: Card,
  ids: readonly string[],
  context: Context,
): Promise<Features> {
  const room = card[`${kind}s`];
  const categories: Record<string, CategoryFeature> = {};
  for (const [name, spec] of Object.entries(room.categories)) {
    categories[name] = await readCategory(kind, name, spec, card, ids.length, context);
  }
  const vectors: Record<string, VectorFeature> = {};
  for (const [name, spec] of Object.entries(room.vectors) as [string, ArrayVectorSpec][]) {
    vectors[name] = await readVector(kind, name, spec, ids, context);
  }
  return { categories, tags: {}, vectors };
}

async function readCategory(
  kind: 'user' | 'item',
  name: string,
  spec: CategorySpec,
  card: Card,
  count: number,
  { database, tables, report }: Context,
): Promise<CategoryFeature> {
  await makeFeatureTable(kind, spec, card, { database, tables });
  const source = tables[spec.file ?? logFiles(card)[0]!]!;
  const code =
    spec.bucket === undefined
      ? await numberValues(database)
      : await bucketSeconds(database, source, spec.column);
  const values = new Int32Array(count).fill(-1);
  await database.fill(`SELECT ${code} FROM ${kind}s LEFT JOIN feature USING (code) ORDER BY code`, [values], {
    missing: -1,
  });
  let known = 0;
  let largest = -1;
  for (const value of values) {
    if (value >= 0) known++;
    if (value > largest) largest = value;
  }
  if (known < count) report.push(`${kind} feature ${name}: known for ${known} of ${count} ${kind}s`);
  const several = await database.number('SELECT count(*) FROM feature WHERE varies');
  if (several > 0) {
    report.push(`${kind} feature ${name}: ${several} ${kind}s have several values; the earliest is taken`);
  }
  return { values, cardinality: spec.bucket === undefined ? largest + 1 : buckets };
}

/** Makes the table `feature`: code, value (text), whether an item's rows differ in it, source_row of the value. */
async function makeFeatureTable(
  kind: 'user' | 'item',
  { file, key, column }: CategorySpec,
  card: Card,
  { database, tables }: Pick<Context, 'database' | 'tables'>,
): Promise<void> {
  // Looking for the earliest row costs, so it is done for those only that have several values.
  const collect = (code: string, value: string, order: string, from: string): string =>
    `CREATE OR REPLACE TABLE feature AS
     WITH known AS (SELECT ${code} AS code, ${value} AS value, ${order} AS place, source_row FROM ${from}
       WHERE ${value} IS NOT NULL),
     constant AS (SELECT code, min(value) AS value, min(value) <> max(value) AS varies, min(source_row) AS source_row
       FROM known GROUP BY code),
     earliest AS (SELECT code, arg_min(value, place) AS value, arg_min(source_row, place) AS source_row
       FROM known WHERE code IN (SELECT code FROM constant WHERE varies) GROUP BY code)
     SELECT code, coalesce(earliest.value, constant.value) AS value, varies,
       coalesce(earliest.source_row, constant.source_row) AS source_row
     FROM constant LEFT JOIN earliest USING (code)`;
  if (file === undefined) {
    const value = `log.${quoteName(`feature ${column}`)}`;
    await database.run(collect(`log.${quoteName(kind)}`, value, '(time, source_row)', 'log'));
    return;
  }
  const table = tables[file]!;
  const id = key ?? card.interactions[kind];
  requireColumn(table, id);
  requireColumn(table, column);
  const numbered = `(SELECT *, row_number() OVER () AS source_row FROM ${table.relation(new Set())}) AS file`;
  const joined = `${numbered} JOIN ${kind}s ON file.${quoteName(id)} = ${kind}s.id`;
  const value = `file.${quoteName(column)}`;
  await explained(table.path, () => database.run(collect(`${kind}s.code`, value, 'source_row', joined)));
}

/** Gives the values numbers, integers in numeric order first, then texts; returns the SQL of a row's number. */
async function numberValues(database: Database): Promise<string> {
  await database.run(
    `CREATE OR REPLACE TABLE vocabulary AS
     SELECT value, CAST(row_number() OVER (ORDER BY TRY_CAST(value AS HUGEINT) NULLS LAST, value) - 1 AS INTEGER) AS number
     FROM (SELECT DISTINCT value FROM feature)`,
  );
  return '(SELECT number FROM vocabulary WHERE vocabulary.value = feature.value)';
}

const buckets = 10;

/** Milliseconds to 0 for 0, else 1 + floor(log2(seconds)) clipped to 1..9. */
async function bucketSeconds(database: Database, table: SourceTable, column: string): Promise<string> {
  const milliseconds = 'TRY_CAST(feature.value AS DOUBLE)';
  const [bad] = await database.rows(
    `SELECT source_row, value FROM feature
     WHERE ${milliseconds} IS NULL OR NOT isfinite(${milliseconds}) OR ${milliseconds} < 0 LIMIT 1`,
  );
  if (bad) {
    throw new UserError(
      `column ${column} must be a duration in milliseconds, found ${JSON.stringify(bad.value)}`,
      'Correct the file, or leave the feature out.',
      await placeOf(table, Number(bad.source_row)),
    );
  }
  return `CAST(CASE WHEN feature.value IS NULL THEN NULL WHEN ${milliseconds} = 0 THEN 0
    ELSE greatest(1, least(${buckets - 1}, 1 + floor(log2(${milliseconds} / 1000)))) END AS INTEGER)`;
}

async function readVector(
  kind: 'user' | 'item',
  name: string,
  { path, ids: idsPath, values, keys, clips }: ArrayVectorSpec,
  ids: readonly string[],
  { from, report }: Context,
): Promise<VectorFeature> {
  const file = resolve(from, path as string);
  const source = await openArray([file], { values, keys: idsPath === undefined ? keys : null, clips });
  const rowOf =
    idsPath !== undefined
      ? await rowsByName(ids, source.count, resolve(from, idsPath))
      : source.ids
        ? rowsOfNames(ids, source.ids)
        : rowNumbers(ids, source.count, kind, file);
  let missing = 0;
  for (const row of rowOf) if (row < 0) missing++;
  if (missing > 0)
    report.push(`${kind} vector ${name}: ${missing} of ${ids.length} ${kind}s have none; theirs is zero`);
  return new SourceVectors(source, rowOf, clips);
}

function rowNumbers(ids: readonly string[], rows: number, kind: string, file: string): Int32Array {
  return Int32Array.from(ids, (id) => {
    const row = /^\d+$/.test(id) ? Number(id) : Number.NaN;
    if (row < rows) return row;
    throw new UserError(
      `${kind} ${id} has no row among the ${rows} of the array`,
      'Without `ids` identifiers must be row numbers from 0; name a text file with one identifier a line.',
      { file },
    );
  });
}

async function rowsByName(ids: readonly string[], rows: number, file: string): Promise<Int32Array> {
  const names = (await readFile(file, 'utf8')).replace(/\r?\n$/, '').split(/\r?\n/);
  if (names.length !== rows) {
    throw new UserError(`${names.length} identifiers for ${rows} rows of the array`, 'One line a row.', {
      file,
    });
  }
  return rowsOfNames(ids, names);
}

function rowsOfNames(ids: readonly string[], names: readonly string[]): Int32Array {
  const rowOf = new Map<string, number>();
  for (let row = 0; row < names.length; row++) rowOf.set(names[row]!, row);
  return Int32Array.from(ids, (id) => rowOf.get(id) ?? -1);
}

import { type Place, UserError } from '../../base/index.js';
import { type Card, type CardFile, type ColumnSpec, type HistoryOfCard, logFiles } from '../card.js';
import { type Database, quoteName, quoteText } from '../database.js';
import { partNames } from '../types.js';
import type { ImportContext } from './context.js';
import { explained, listOfTexts, placeOf, requireColumn, type SourceTable, type Typed } from './table.js';

/** The tables that make up the log, and the numbers of their first rows in it. */
export class LogRows {
  readonly pieces: {
    readonly table: SourceTable;
    readonly file: CardFile;
    readonly before: number;
    readonly rows: number;
  }[] = [];

  get rows(): number {
    const last = this.pieces.at(-1);
    return last ? last.before + last.rows : 0;
  }

  /** Where row `sourceRow` (from 1, through all pieces) stands. */
  placeOf(sourceRow: number): Promise<Place> {
    const piece = this.pieces.findLast(({ before }) => before < sourceRow)!;
    return placeOf(piece.table, sourceRow - piece.before);
  }
}

/** Columns to keep, by our names. */
export function keptColumns({ interactions: { columns } }: Card): [name: string, spec: ColumnSpec][] {
  if (Array.isArray(columns)) return columns.map((name) => [name, { column: name }]);
  return Object.entries(columns).map(([name, spec]) => [
    name,
    typeof spec === 'string' ? { column: spec } : spec,
  ]);
}

/** Columns of the log that features are taken from. */
export function logFeatureColumns(card: Card): string[] {
  const specs = [card.items, card.users].flatMap((room) => [
    ...Object.values(room.categories),
    ...Object.values(room.tags),
  ]);
  return [...new Set(specs.filter(({ file }) => file === undefined).map(({ column }) => column))];
}

/** Whether the source says which part of a split each row lies in. */
export function hasParts(card: Card): boolean {
  return (
    card.interactions.part !== undefined ||
    logFiles(card).some((name) => card.files[name]!.part !== undefined)
  );
}

/** Published histories that the log repeats in each row. */
export function rowHistories({ interactions: { histories } }: Card): [name: string, spec: HistoryOfCard][] {
  return Object.entries(histories).filter(([, { file }]) => file === undefined);
}

/** Published histories whose length is a column of the log: name -> that column. */
export function lengthColumns({ interactions: { histories } }: Card): [name: string, column: string][] {
  return Object.entries(histories).flatMap(([name, { length }]) =>
    length === undefined ? [] : [[name, length]],
  );
}

/**
 * Makes the table `log`: source_row (from 1), user, item, time, part where there is a published split, c0, c1, ... for the
 * columns that are kept, h0, h1, ... for the lengths of histories and `feature NAME` for columns that features are
 * taken from. Leaves out what the card says, and reports it.
 */
export async function loadLog(context: ImportContext): Promise<LogRows> {
  const { card, database, report, tables } = context;
  const log = new LogRows();
  for (const name of logFiles(card)) {
    const file = card.files[name]!;
    for (const table of await tables.of(name)) {
      const before = log.rows;
      await addRows(context, table, file, before);
      log.pieces.push({
        table,
        file,
        before,
        rows: (await database.number('SELECT count(*) FROM log')) - before,
      });
      if (table.endsWithin) {
        report.push(`${table.path} ends without a line end: was it cut off?`);
      }
    }
  }
  if (log.rows === 0) {
    throw new UserError('the file has a header but no rows', undefined, { file: log.pieces[0]!.table.path });
  }
  await leaveOut(context, log);
  await checkRows(context, log);
  return log;
}

async function addRows(
  { card, database, arrays }: ImportContext,
  table: SourceTable,
  file: CardFile,
  before: number,
): Promise<void> {
  const { user, item, time, timeFormat, part, duplicates } = card.interactions;
  const kept = keptColumns(card);
  const lengths = lengthColumns(card);
  const lists = rowHistories(card).map(([, spec]) => spec);
  const types: Record<string, Typed[string]> = {};
  for (const [, { column, over, list }] of kept) {
    if (!list) types[column] = 'DOUBLE';
    if (over !== undefined) types[over] = 'DOUBLE';
  }
  if (time !== undefined && timeFormat === 'number') types[time] = 'DOUBLE';
  for (const [, column] of lengths) types[column] = 'BIGINT';
  const offset = typeof file.itemOffset === 'string' ? await arrays.rowsOf(file.itemOffset) : file.itemOffset;
  if (offset !== undefined) types[item] = 'BIGINT';
  const features = logFeatureColumns(card);
  const others = kept.flatMap(([, { column, list }]) => (list ? [column] : []));
  const named = [user, item, ...(time === undefined ? [] : [time]), ...others, ...features];
  for (const column of [...named, ...Object.keys(types)]) requireColumn(table, column);
  if (part) requireColumn(table, part.column);
  for (const { column } of lists) requireColumn(table, column);

  const sourceRow = `row_number() OVER () + ${before}`;
  const columns = [
    `CAST(${sourceRow} AS INTEGER) AS source_row`,
    `${quoteName(user)} AS "user"`,
    `${offset === undefined ? quoteName(item) : `CAST(${quoteName(item)} + ${offset} AS VARCHAR)`} AS item`,
    `${time === undefined ? `CAST(${sourceRow} AS DOUBLE)` : timeOf(time, timeFormat)} AS time`,
    ...(part || file.part ? [`${partNumber(part, file)} AS part`] : []),
    ...kept.map(([, spec], c) => `${expression(spec)} AS c${c}`),
    ...lengths.map(([, column], h) => `${quoteName(column)} AS h${h}`),
    ...lists.flatMap((spec, h) => listColumns(spec, `s${h}`)),
    ...features.map((column) => `CAST(${quoteName(column)} AS VARCHAR) AS ${quoteName(`feature ${column}`)}`),
    ...(duplicates === 'dropExact' ? [`${wholeRow(table)} AS whole`] : []),
  ];
  const select = `SELECT ${columns.join(', ')} FROM ${withLists(table, lists, table.relation(types))}`;
  await explained(table.path, () =>
    database.run(before === 0 ? `CREATE OR REPLACE TABLE log AS ${select}` : `INSERT INTO log ${select}`),
  );
}

/** SQL of a time as a number; NaN for what should be a date and is none. */
function timeOf(column: string, format: Card['interactions']['timeFormat']): string {
  const cell = quoteName(column);
  if (format === 'number') return cell;
  const date = `epoch_us(TRY_CAST(${cell} AS TIMESTAMPTZ)) / 1000`;
  return `CASE WHEN coalesce(${cell}, '') <> '' THEN coalesce(${date}, 'nan'::DOUBLE) END`;
}

/** SQL of the number of a row's part; 255 where the column says something that the card does not know. */
function partNumber(part: Card['interactions']['part'], file: CardFile): string {
  if (file.part) return `CAST(${partNames.indexOf(file.part)} AS UTINYINT)`;
  const cases = Object.entries(part!.values).map(
    ([value, name]) => `WHEN ${quoteText(value)} THEN ${partNames.indexOf(name)}`,
  );
  return `CAST(CASE CAST(${quoteName(part!.column)} AS VARCHAR) ${cases.join(' ')} ELSE 255 END AS UTINYINT)`;
}

/** SQL of a kept column. What is not finite stays so, also where a label is made of it. */
function expression({ column, over, atLeast, list }: ColumnSpec): string {
  let value = quoteName(column);
  if (list) {
    const entries = `regexp_extract_all(CAST(${value} AS VARCHAR), '[^\\s,\\[\\]]+')`;
    const counted = list === 'ones' ? `list_filter(${entries}, x -> x = '1')` : entries;
    const shape = `regexp_full_match(CAST(${value} AS VARCHAR), '\\s*\\[[-+0-9.eE\\s,]*\\]\\s*')`;
    value = `CASE WHEN ${shape} THEN CAST(len(${counted}) AS DOUBLE) END`;
  }
  if (over !== undefined) {
    const by = quoteName(over);
    value = `CASE WHEN NOT isfinite(${by}) THEN ${by} WHEN ${by} > 0 THEN ${value} / ${by} WHEN isfinite(${value}) THEN 0 ELSE ${value} END`;
  }
  return atLeast === undefined
    ? value
    : `CASE WHEN isfinite(${value}) THEN CAST(${value} >= ${atLeast} AS DOUBLE) ELSE ${value} END`;
}

/** SQL of a relation with a row's histories as texts (NAME) and their last items (NAME_last) beside its columns. */
function withLists(table: SourceTable, specs: readonly HistoryOfCard[], relation: string): string {
  if (specs.length === 0) return relation;
  const texts = specs.map((spec, h) => `${textOfList(table, spec)} AS s${h}`);
  const lasts = specs.map(({ separator }, h) => {
    const pattern = quoteText(`[^\\x{${separator.codePointAt(0)!.toString(16)}}]*$`);
    return `regexp_extract(s${h}, ${pattern}) AS s${h}_last`;
  });
  return `(SELECT *, ${lasts.join(', ')} FROM (SELECT *, ${texts.join(', ')} FROM ${relation}))`;
}

/** SQL of a row's history as numbers, as `RowLists` has them, and of its last item. */
function listColumns({ separator }: HistoryOfCard, name: string): string[] {
  const hashOf = (part: string): string => `CAST(hash(${part}) >> 12 AS DOUBLE)`;
  const head = `strpos(${name}, ${quoteText(separator)})`; // of the first item and a separator; 0 where there is none
  const tail = `(length(${name}_last) + 1)`;
  const ifMany = (value: string): string => `CASE WHEN ${head} > 0 THEN ${value} ELSE 0 END`;
  return [
    `${hashOf(name)} AS ${name}_whole`,
    `${ifMany(hashOf(`substring(${name}, 1, length(${name}) - ${tail})`))} AS ${name}_front`,
    `${ifMany(hashOf(`substring(${name}, ${head} + 1)`))} AS ${name}_rest`,
    `CAST(length(${name}) AS INTEGER) AS ${name}_length`,
    `CAST(${ifMany(tail)} AS INTEGER) AS ${name}_lastlength`,
    `CAST(${head} AS INTEGER) AS ${name}_firstlength`,
    `${name}_last`,
  ];
}

/** SQL of the history of a row as a text. */
export function textOfList(table: SourceTable, { column, separator, padding }: HistoryOfCard): string {
  const isText = !table.lists.has(column) && padding === undefined;
  const list = listOfTexts(table, column, separator, padding);
  return `coalesce(${isText ? quoteName(column) : `array_to_string(${list}, ${quoteText(separator)})`}, '')`;
}

/** SQL of all of a row's cells as one text that no other row has. */
function wholeRow({ columns }: SourceTable): string {
  const cells = columns.map((column) => `coalesce(CAST(${quoteName(column)} AS VARCHAR), chr(0))`);
  return `concat_ws(chr(31), ${cells.join(', ')})`;
}

async function leaveOut({ card, database, report }: ImportContext, log: LogRows): Promise<void> {
  const { duplicates, missingTime } = card.interactions;
  if (duplicates === 'dropExact') {
    await database.run(
      `DELETE FROM log WHERE source_row NOT IN (SELECT min(source_row) FROM log GROUP BY whole)`,
    );
    await database.run('ALTER TABLE log DROP COLUMN whole');
    const left = await database.number('SELECT count(*) FROM log');
    report.push(`dropped ${log.rows - left} of ${log.rows} rows: exact duplicates of another row`);
  }
  if (missingTime === 'drop') {
    const before = await database.number('SELECT count(*) FROM log');
    await database.run('DELETE FROM log WHERE time IS NULL OR isnan(time)');
    const left = await database.number('SELECT count(*) FROM log');
    report.push(`dropped ${before - left} of ${before} rows: they have no time`);
    if (left === 0)
      throw new UserError(
        'no row has a time',
        'Leave `time` out of the card: then the order of the rows is the time.',
      );
  }
  report.push(`kept ${await database.number('SELECT count(*) FROM log')} rows`);
}

async function checkRows(context: ImportContext, log: LogRows): Promise<void> {
  const { card, database, report } = context;
  const { user, item, time, timeFormat, part } = card.interactions;
  await requireValues(database, log, [user, 'user'], [item, 'item']);
  if (part) await requireParts(database, log, part);
  if (time !== undefined) {
    await requireNumbers(
      database,
      log,
      time,
      'time',
      'DOUBLE',
      timeFormat === 'date' ? 'no date' : undefined,
    );
    await requireOneUnit(database, log, time);
  }
  await requireOwnItems(database, log);
  for (const [h, [, column]] of lengthColumns(card).entries()) {
    await requireLength(database, log, column, `h${h}`);
  }
  for (const [c, [name, { column, over, list, span }]] of keptColumns(card).entries()) {
    const what = list
      ? `${column} (a list of numbers in square brackets)`
      : over === undefined
        ? column
        : `${column} or ${over}`;
    await requireNumbers(database, log, what, `c${c}`, 'FLOAT');
    if (!span) continue;
    await requireNoNegative(database, log, column, `c${c}`);
    const zeros = await database.number(`SELECT count(*) FROM log WHERE c${c} = 0`);
    if (zeros > 0) report.push(`${zeros} of them have a ${name} of 0`);
  }
}

async function requireValues(
  database: Database,
  log: LogRows,
  ...columns: readonly (readonly [source: string, column: string])[]
): Promise<void> {
  for (const [source, column] of columns) {
    const bad = await database.number(
      `SELECT min(source_row) FROM log WHERE ${quoteName(column)} IS NULL OR ${quoteName(column)} = ''`,
    );
    if (bad === 0) continue;
    throw new UserError(
      `column ${source} is empty`,
      'Every row needs a user and an item.',
      await log.placeOf(bad),
    );
  }
}

async function requireParts(
  database: Database,
  log: LogRows,
  { column, values }: NonNullable<Card['interactions']['part']>,
): Promise<void> {
  const bad = await database.number('SELECT min(source_row) FROM log WHERE part = 255');
  if (bad === 0) return;
  throw new UserError(
    `column ${column} says none of ${Object.keys(values).join(', ')}`,
    'Add the value to interactions.part.values of the card.',
    await log.placeOf(bad),
  );
}

/** Every value of a column of `log` must be a finite number of the type that it is kept as. */
async function requireNumbers(
  database: Database,
  log: LogRows,
  source: string,
  column: string,
  type: 'DOUBLE' | 'FLOAT',
  notFinite?: string,
): Promise<void> {
  const [bad] = await database.rows(
    `SELECT source_row, CAST(${column} AS DOUBLE) AS value FROM log
     WHERE coalesce(NOT isfinite(TRY_CAST(${column} AS ${type})), true) ORDER BY source_row LIMIT 1`,
  );
  if (!bad) return;
  const { value } = bad as { value: number | null };
  const problem =
    value === null
      ? 'is empty'
      : Number.isFinite(value)
        ? `is ${value}, more than float32 can hold`
        : `is ${notFinite ?? `${value}, not a finite number`}`;
  const hint =
    column === 'time' && value === null
      ? 'Correct the file, or leave such rows out: missingTime: drop.'
      : 'Correct the file, or leave the column out.';
  throw new UserError(`column ${source} ${problem}`, hint, await log.placeOf(Number(bad.source_row)));
}

async function requireNoNegative(
  database: Database,
  log: LogRows,
  source: string,
  column: string,
): Promise<void> {
  const [bad] = await database.rows(
    `SELECT source_row, ${column} AS value FROM log WHERE ${column} < 0 ORDER BY source_row LIMIT 1`,
  );
  if (!bad) return;
  throw new UserError(
    `column ${source} is ${bad.value}, and a span of time cannot be negative`,
    'Correct the file, or take `span` from the column in the card.',
    await log.placeOf(Number(bad.source_row)),
  );
}

async function requireLength(
  database: Database,
  log: LogRows,
  source: string,
  column: string,
): Promise<void> {
  const [bad] = await database.rows(
    `SELECT source_row, ${column} AS value FROM log
     WHERE ${column} IS NULL OR ${column} NOT BETWEEN 0 AND ${2 ** 31 - 1} ORDER BY source_row LIMIT 1`,
  );
  if (!bad) return;
  throw new UserError(
    `column ${source} ${bad.value === null ? 'is empty' : `is ${bad.value}`}, which is no length of a history`,
    'Correct the file, or leave the history out.',
    await log.placeOf(Number(bad.source_row)),
  );
}

/** Spans of plausible times since 1970 (1985 to 2128), by unit. Other numbers are no times since 1970. */
const units = [
  ['seconds', 1],
  ['milliseconds', 1e3],
  ['microseconds', 1e6],
  ['nanoseconds', 1e9],
] as const;

async function requireOneUnit(database: Database, log: LogRows, source: string): Promise<void> {
  const cases = units.map(
    ([name, scale]) => `WHEN time BETWEEN ${4.8e8 * scale} AND ${5e9 * scale} THEN '${name}'`,
  );
  const found = await database.rows(
    `SELECT unit, count(*) AS rows, min(source_row) AS first FROM (SELECT source_row, CASE ${cases.join(' ')} END AS unit FROM log)
     WHERE unit IS NOT NULL GROUP BY unit ORDER BY rows, unit`,
  );
  if (found.length < 2) return;
  const [rare, ...others] = found;
  throw new UserError(
    `column ${source} mixes units: ${rare!.rows} times in ${rare!.unit} since 1970 among ${others.map((other) => `${other.rows} in ${other.unit}`).join(' and ')}`,
    'Bring all times to one unit.',
    await log.placeOf(Number(rare!.first)),
  );
}

/** Files that count their items from 0 each must not meet after the offset. */
async function requireOwnItems(database: Database, { pieces }: LogRows): Promise<void> {
  for (const { file, table, before, rows } of pieces) {
    if (file.itemOffset === undefined) continue;
    const inside = `source_row > ${before} AND source_row <= ${before + rows}`;
    const shared = await database.texts(
      `SELECT item FROM log GROUP BY item HAVING bool_or(${inside}) AND NOT bool_and(${inside}) ORDER BY item LIMIT 1`,
    );
    if (shared.length === 0) continue;
    throw new UserError(
      `item ${shared[0]} is in this file after its itemOffset and in another one too`,
      'The offset must be the number of items of the files before.',
      { file: table.path },
    );
  }
}

import { UserError } from '../../base/index.js';
import { type Card, type CardFile, logFiles } from '../card.js';
import { quoteName } from '../database.js';
import type { ImportContext } from './context.js';
import { explained } from './explained.js';
import { checkRows } from './logChecks.js';
import { keptColumns, lengthColumns, logFeatureColumns, rowHistories } from './logColumns.js';
import { LogRows } from './logRows.js';
import {
  asText,
  keptValue,
  listColumns,
  offsetItem,
  partNumber,
  timeOf,
  wholeRow,
  withLists,
} from './logSql.js';
import { requireColumn, type SourceTable, type Typed } from './table.js';

/**
 * Makes `log`: source_row (from 1), user, item, time, part where there is a published split, c0, c1, ... for the
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
        rows: (await database.number('SELECT count(*) FROM raw')) - before,
      });
      if (log.pieces.at(-1)!.rows === 0) report.push(`${table.path} holds no rows`);
      const empty = table.emptyLists ? await database.number(table.emptyLists) : 0;
      if (empty > 0) report.push(`${empty} rows of ${table.path} have an empty list`);
    }
  }
  if (log.rows === 0) {
    throw new UserError('the file has a header but no rows', undefined, { file: log.pieces[0]!.table.path });
  }
  await database.run(`CREATE VIEW log AS ${numbered(card)} FROM raw`);
  await leaveOut(context, log);
  await checkRows(context, log);
  return log;
}

/**
 * A table's rows have numbers, in the order in which they were added. They are taken when they are needed: a query that
 * numbers the rows of a file as it reads it runs on one core.
 */
function numbered({ interactions: { time } }: Card): string {
  const place = 'CAST(rowid + 1 AS INTEGER) AS source_row';
  return time === undefined ? `SELECT ${place}, CAST(rowid + 1 AS DOUBLE) AS time, *` : `SELECT ${place}, *`;
}

async function addRows(
  { card, database, arrays }: ImportContext,
  table: SourceTable,
  file: CardFile,
  before: number,
): Promise<void> {
  const { item, part, duplicates } = card.interactions;
  const lists = rowHistories(card).map(([, spec]) => asText(table, spec));
  const offset = typeof file.itemOffset === 'string' ? await arrays.rowsOf(file.itemOffset) : file.itemOffset;
  const types = typesOf(card);
  for (const column of [...columnsOf(card), ...Object.keys(types)]) requireColumn(table, column);
  const itemValue = offset === undefined ? quoteName(item) : offsetItem(item, offset);
  const { user, time, timeFormat } = card.interactions;
  const columns = [
    `${quoteName(user)} AS "user"`,
    `${itemValue} AS item`,
    ...(time === undefined ? [] : [`${timeOf(time, timeFormat)} AS time`]),
    ...(part || file.part ? [`${partNumber(part, file)} AS part`] : []),
    ...keptColumns(card).map(([, spec], c) => `${keptValue(spec)} AS c${c}`),
    ...keptColumns(card).flatMap(([, { over }], c) =>
      over === undefined ? [] : [`NOT (${quoteName(over)} > 0) AS undivided${c}`],
    ),
    ...lengthColumns(card).map(([, column], h) => `${quoteName(column)} AS h${h}`),
    ...lists.flatMap((spec, h) => listColumns(spec, h)),
    ...logFeatureColumns(card).map(
      (column) =>
        `CAST(${quoteName(column)} AS ${table.lists.has(column) ? 'VARCHAR[]' : 'VARCHAR'}) AS ${quoteName(`feature ${column}`)}`,
    ),
    ...(duplicates === 'dropExact' ? [`${wholeRow(table, [item, itemValue])} AS whole`] : []),
  ];
  const select = `SELECT ${columns.join(', ')} FROM ${withLists(table, lists, table.relation(types))}`;
  await explained(table.path, () =>
    database.run(before === 0 ? `CREATE OR REPLACE TABLE raw AS ${select}` : `INSERT INTO raw ${select}`),
  );
}

/** Columns of the source that are read as numbers. */
function typesOf(card: Card): Typed {
  const { time, timeFormat } = card.interactions;
  const types: Record<string, Typed[string]> = {};
  for (const [, { column, minus, over, list }] of keptColumns(card)) {
    if (!list) types[column] = 'DOUBLE';
    if (minus !== undefined) types[minus] = 'DOUBLE';
    if (over !== undefined) types[over] = 'DOUBLE';
  }
  if (time !== undefined && timeFormat === 'number') types[time] = 'DOUBLE';
  for (const [, column] of lengthColumns(card)) types[column] = 'DOUBLE';
  return types;
}

/** Columns of the source that are read as they are, or as numbers. */
function columnsOf(card: Card): string[] {
  const { user, item, time, part } = card.interactions;
  const lists = rowHistories(card).map(([, { column }]) => column);
  const kept = keptColumns(card).map(([, { column }]) => column);
  return [
    user,
    item,
    ...(time === undefined ? [] : [time]),
    ...kept,
    ...(part ? [part.column] : []),
    ...lists,
    ...logFeatureColumns(card),
  ];
}

async function leaveOut({ card, database, report }: ImportContext, log: LogRows): Promise<void> {
  const { duplicates, missingTime, timeFormat } = card.interactions;
  let left = log.rows;
  const keep = async (columns: string, condition: string, why: string): Promise<void> => {
    await database.run(`CREATE TABLE remaining AS SELECT ${columns} FROM log WHERE ${condition}`);
    await database.run('CREATE OR REPLACE VIEW log AS SELECT * FROM remaining');
    await database.run('DROP TABLE raw');
    await database.run('ALTER TABLE remaining RENAME TO raw');
    await database.run('CREATE OR REPLACE VIEW log AS SELECT * FROM raw');
    const before = left;
    left = await database.number('SELECT count(*) FROM log');
    report.push(`dropped ${before - left} of ${before} rows: ${why}`);
  };
  if (duplicates === 'dropExact') {
    const first = 'source_row IN (SELECT min(source_row) FROM log GROUP BY whole)';
    await keep('* EXCLUDE (whole)', first, 'exact duplicates of another row');
  }
  if (missingTime === 'drop') {
    // What should be a date and is none is NaN; that is not missing but wrong.
    await keep('*', timeFormat === 'number' ? 'NOT isnan(time)' : 'time IS NOT NULL', 'they have no time');
    if (left === 0)
      throw new UserError(
        'no row has a time',
        'Leave `time` out of the card: then the order of the rows is the time.',
      );
  }
  report.push(`kept ${left} rows`);
}

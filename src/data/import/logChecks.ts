import { UserError } from '../../base/index.js';
import type { Card } from '../card.js';
import { type Database, quoteName } from '../database.js';
import type { ImportContext } from './context.js';
import { keptColumns, lengthColumns } from './logColumns.js';
import type { LogRows } from './logRows.js';

/**
 * Checks the values in `log`: what must be there, is a number, one unit of time, a length.
 *
 * @throws UserError naming the file and line of the first that is not
 */
export async function checkRows(context: ImportContext, log: LogRows): Promise<void> {
  const { card, database, report } = context;
  const { user, item, time, timeFormat, part } = card.interactions;
  await requireValues(database, log, [user, 'user'], [item, 'item']);
  if (part) await requireParts(database, log, part);
  if (time !== undefined) {
    await requireNumbers(database, log, time, 'time', 'DOUBLE', {
      ...(timeFormat === 'date' && { notFinite: 'is no date' }),
    });
    await requireOneUnit(database, log, time);
  }
  await requireOwnItems(database, log);
  for (const [h, [, column]] of lengthColumns(card).entries()) {
    await requireLength(database, log, column, `h${h}`);
  }
  for (const [c, [name, { column, minus, over, list, span }]] of keptColumns(card).entries()) {
    const what = [column, minus, over].filter((one) => one !== undefined).join(' or ');
    const empty = list ? 'holds no list of numbers in square brackets' : 'is empty';
    await requireNumbers(database, log, what, `c${c}`, 'FLOAT', { empty });
    if (over !== undefined) {
      const undivided = await database.number(`SELECT count(*) FROM log WHERE undivided${c}`);
      if (undivided > 0) report.push(`${undivided} of them have no ${over} above 0, so their ${name} is 0`);
    }
    const rounded = await database.number(
      `SELECT count(*) FROM log WHERE abs(c${c}) > ${2 ** 24} AND CAST(CAST(c${c} AS FLOAT) AS DOUBLE) <> c${c}`,
    );
    if (rounded > 0) report.push(`${rounded} of them have a ${name} that float32 rounds`);
    if (!span) continue;
    await requireNoNegative(database, log, minus === undefined ? column : `${column} less ${minus}`, `c${c}`);
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
    const counted = column === 'item' && log.pieceOf(bad).file.itemOffset !== undefined;
    throw new UserError(
      counted
        ? `column ${source} holds no whole number, which itemOffset needs`
        : `column ${source} is empty`,
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
  { empty = 'is empty', notFinite }: { readonly empty?: string; readonly notFinite?: string } = {},
): Promise<void> {
  const [bad] = await database.rows(
    `SELECT source_row, CAST(${column} AS DOUBLE) AS value FROM log
     WHERE coalesce(NOT isfinite(TRY_CAST(${column} AS ${type})), true) ORDER BY source_row LIMIT 1`,
  );
  if (!bad) return;
  const { value } = bad as { value: number | null };
  const problem =
    value === null
      ? empty
      : Number.isFinite(value)
        ? `is ${value}, more than float32 can hold`
        : (notFinite ?? `is ${value}, not a finite number`);
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
     WHERE ${column} IS NULL OR ${column} NOT BETWEEN 0 AND ${2 ** 31 - 1} OR ${column} <> floor(${column}) ORDER BY source_row LIMIT 1`,
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
  if (found.length === 1) await requireSince1970(database, log, source, String(found[0]!.unit));
  if (found.length < 2) return;
  const [rare, ...others] = found;
  throw new UserError(
    `column ${source} mixes units: ${rare!.rows} times in ${rare!.unit} since 1970 among ${others.map((other) => `${other.rows} in ${other.unit}`).join(' and ')}`,
    'Bring all times to one unit.',
    await log.placeOf(Number(rare!.first)),
  );
}

/** Beside times since 1970 a time of 0 or less is none. */
async function requireSince1970(
  database: Database,
  log: LogRows,
  source: string,
  unit: string,
): Promise<void> {
  const [bad] = await database.rows(
    'SELECT source_row, time AS value FROM log WHERE time <= 0 ORDER BY source_row LIMIT 1',
  );
  if (!bad) return;
  throw new UserError(
    `column ${source} is ${bad.value}, and other times are ${unit} since 1970`,
    'Correct the file.',
    await log.placeOf(Number(bad.source_row)),
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

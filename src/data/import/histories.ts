import { UserError } from '../../base/index.js';
import type { HistoryOfCard } from '../card.js';
import { type Database, quoteName } from '../database.js';
import type { SourceHistory } from '../types.js';
import type { ImportContext } from './context.js';
import { explained } from './explained.js';
import type { ItemCodes } from './ids.js';
import type { SortedLog } from './interactions.js';
import type { LogRows } from './logRows.js';
import { asText, textOfList } from './logSql.js';
import { listOfTexts, requireColumn, type SourceTable } from './table.js';
import { layOutWindows, planWindows } from './windows.js';

/** The log as it was read, for histories that belong to its rows. */
export interface ReadLog extends SortedLog {
  readonly log: LogRows;
  readonly userIds: readonly string[];
}

/** Reads the histories that came with the log; items that only they name get codes. */
export async function readHistories(
  context: ImportContext,
  read: ReadLog,
  items: ItemCodes,
): Promise<Record<string, SourceHistory>> {
  const histories: Record<string, SourceHistory> = {};
  for (const [name, spec] of Object.entries(context.card.interactions.histories)) {
    const history =
      spec.file === undefined
        ? await readRowLists(context, read, items, name, spec)
        : await readUserLists(context, read, items, name, spec);
    if (history.item.length > 0 && history.item.every((item) => item >= items.first)) {
      throw new UserError(
        `none of the items of the histories ${name} is in the log, for example ${JSON.stringify(items.extra[0])}`,
        `Is ${JSON.stringify(spec.separator)} what separates them? It is named by \`separator\`.`,
      );
    }
    histories[name] = history;
  }
  if (items.extra.length > 0) {
    context.report.push(
      `${items.extra.length} items are in histories only; they come after those of the log`,
    );
  }
  return histories;
}

/** The log repeats a list in each row: most are windows of the one before, which is checked row by row. */
async function readRowLists(
  context: ImportContext,
  { log, interactions, sourceRow, lists }: ReadLog,
  items: ItemCodes,
  name: string,
  spec: HistoryOfCard,
): Promise<SourceHistory> {
  const plan = planWindows(interactions, sourceRow, lists[name]!);
  const explicit = await readExplicit(context, log, sourceRow, items, spec, plan.explicit);
  const history = layOutWindows(interactions, sourceRow, lists[name]!, plan, explicit);
  context.report.push(
    `histories ${name}: lists of ${history.item.length} events in all, of which the rows have windows; ${plan.explicit.length} rows continue none`,
  );
  return history;
}

/** Reads the items of the rows whose histories stand by themselves. */
async function readExplicit(
  { database }: ImportContext,
  log: LogRows,
  sourceRow: Int32Array,
  items: ItemCodes,
  spec: HistoryOfCard,
  rows: readonly number[],
): Promise<Map<number, Int32Array>> {
  const wanted = new Map(rows.map((row) => [sourceRow[row]!, row]));
  const found = new Map<number, Int32Array>();
  for (const { table, before, rows: count } of wanted.size > 0 ? log.pieces : []) {
    const here = [...wanted.keys()].filter((row) => row > before && row <= before + count);
    if (here.length === 0) continue;
    const bad: number[] = [];
    const written = asText(table, spec);
    const add = ([row, text]: readonly string[]): void => {
      const entries = text!.split(written.separator);
      if (entries.some((entry) => entry.trim() === '')) bad.push(Number(row));
      else
        found.set(
          wanted.get(Number(row))!,
          Int32Array.from(entries, (entry) => items.of(entry)),
        );
    };
    await database.run('CREATE OR REPLACE TABLE wanted (source_row INTEGER)');
    const appender = await database.appender('wanted');
    appender.append([Int32Array.from(here)], here.length);
    appender.close();
    const numbered = `SELECT row_number() OVER () + ${before} AS source_row, ${textOfList(table, written)} AS text FROM ${table.relation({})}`;
    await explained(table.path, () =>
      database.eachText(
        `SELECT CAST(source_row AS VARCHAR), text FROM (${numbered}) SEMI JOIN wanted USING (source_row)`,
        add,
      ),
    );
    if (bad.length === 0) continue;
    throw new UserError(
      `the history ${spec.column} has an entry without an item`,
      `Items must be separated by one ${spec.separator} each.`,
      await log.placeOf(Math.min(...bad)),
    );
  }
  return found;
}

/** A file has one whole list a user, of which each row has the first entries. */
async function readUserLists(
  { database, card, tables, report }: ImportContext,
  { log, interactions, userIds, sourceRow, lengths }: ReadLog,
  items: ItemCodes,
  name: string,
  spec: HistoryOfCard,
): Promise<SourceHistory> {
  const table = await tables.one(spec.file!);
  const lists = await listsOfUsers(database, table, { key: card.interactions.user, ...spec }, userIds, items);
  const { rows, user } = interactions;
  const start = new Int32Array(rows);
  const end = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const first = lists.offsets[user[row]!]!;
    const whole = lists.offsets[user[row]! + 1]! - first;
    const length = lengths[name]?.[row] ?? whole;
    if (length < 0 || length > whole) {
      throw new UserError(
        `the history ${name} has ${length} entries here, and the list of user ${userIds[user[row]!]} has ${whole}`,
        `The list is in ${table.path}.`,
        await log.placeOf(sourceRow[row]!),
      );
    }
    if (length > 0) start[row] = first;
    if (length > 0) end[row] = first + length;
  }
  report.push(`histories ${name}: ${lists.item.length} events, one list a user`);
  return { item: lists.item, start, end };
}

/** CSR of the lists of the users of the log; those of others are left out. */
async function listsOfUsers(
  database: Database,
  table: SourceTable,
  { key, column, separator, byRow, padding }: HistoryOfCard & { readonly key: string },
  userIds: readonly string[],
  items: ItemCodes,
): Promise<{ offsets: Int32Array; item: Int32Array }> {
  requireColumn(table, column);
  if (!byRow) requireColumn(table, key);
  const codes = new Map(userIds.map((id, code) => [id, code]));
  const lists: Int32Array[] = userIds.map(() => new Int32Array(0));
  const user = byRow ? 'CAST(row_number() OVER () - 1 AS VARCHAR)' : `coalesce(${quoteName(key)}, '')`;
  const list = `coalesce(array_to_string(${listOfTexts(table, column, separator, padding)}, chr(31)), '')`;
  await explained(table.path, () =>
    database.eachText(`SELECT ${user}, ${list} FROM ${table.relation({})}`, ([id, text]) => {
      const code = codes.get(id!);
      if (code === undefined || text === '') return;
      if (lists[code]!.length > 0) {
        throw new UserError(`user ${id} has two lists in ${column}`, 'Keep one of them.', {
          file: table.path,
        });
      }
      lists[code] = Int32Array.from(text!.split('\x1f'), (entry) => items.of(entry));
    }),
  );
  const offsets = new Int32Array(userIds.length + 1);
  lists.forEach((events, code) => {
    offsets[code + 1] = offsets[code]! + events.length;
  });
  const item = new Int32Array(offsets.at(-1)!);
  lists.forEach((events, code) => {
    item.set(events, offsets[code]!);
  });
  return { offsets, item };
}

import type { Card } from '../card.js';
import { type Database, quoteName } from '../database.js';
import { offsetsOf } from '../store.js';
import type { Interactions } from '../types.js';
import { hasParts, keptColumns, lengthColumns, logFeatureColumns, rowHistories } from './logColumns.js';
import type { RowLists } from './windows.js';

const numbersOfLists = ['whole', 'front', 'rest', 'length', 'lastlength', 'firstlength'] as const;

/** Puts numbers in the place of the identifiers in `log`: from here on its rows are short and quickly compared. */
export async function replaceIds(database: Database, card: Card): Promise<void> {
  const columns = [
    'source_row, users.code AS "user", items.code AS item, time',
    ...(hasParts(card) ? ['part'] : []),
    ...keptColumns(card).map((_, c) => `CAST(c${c} AS FLOAT) AS c${c}`),
    ...lengthColumns(card).map((_, h) => `CAST(h${h} AS INTEGER) AS h${h}`),
    ...rowHistories(card).flatMap((_, h) => [
      ...numbersOfLists.map((number) => `s${h}_${number}`),
      `coalesce(last${h}.code, -1) AS s${h}_last`,
    ]),
    ...logFeatureColumns(card).map((source) => quoteName(`feature ${source}`)),
  ];
  await database.run(
    `CREATE TABLE numbered AS SELECT ${columns.join(', ')}
     FROM log JOIN users ON log."user" = users.id JOIN items ON log.item = items.id
     ${rowHistories(card)
       .map((_, h) => `LEFT JOIN items AS last${h} ON log.s${h}_last = last${h}.id`)
       .join(' ')}`,
  );
  await database.run('DROP VIEW log');
  await database.run('DROP TABLE raw');
  await database.run('ALTER TABLE numbered RENAME TO log');
}

/** The log in the order of a store, and what belongs to its rows besides. */
export interface SortedLog {
  readonly interactions: Interactions;
  /** Where a row of the store stood, from 1. [rows] */
  readonly sourceRow: Int32Array;
  /** Lengths of published histories, by name. [rows] each */
  readonly lengths: Readonly<Record<string, Int32Array>>;
  /** Histories that the log repeats in each row, by name. */
  readonly lists: Readonly<Record<string, RowLists>>;
}

export async function readInteractions(
  database: Database,
  card: Card,
  users: number,
  onCount?: (done: number, total: number) => void,
): Promise<SortedLog> {
  const rows = await database.number('SELECT count(*) FROM log');
  const user = new Int32Array(rows);
  const item = new Int32Array(rows);
  const time = new Float64Array(rows);
  const sourceRow = new Int32Array(rows);
  const part = hasParts(card) ? new Uint8Array(rows) : null;
  const kept = keptColumns(card).map(([name]) => [name, new Float32Array(rows)] as const);
  const lengths = lengthColumns(card).map(([name]) => [name, new Int32Array(rows)] as const);
  const lists = rowHistories(card).map(([name]) => [name, emptyLists(rows)] as const);
  const { positives, ties } = card.interactions;
  const columns = [
    ...kept.map(([, values], c) => [`c${c}`, values] as const),
    ...lengths.map(([, values], h) => [`h${h}`, values] as const),
    ...lists.flatMap(([, list], h) =>
      columnsOfLists(list).map(([name, values]) => [`s${h}_${name}`, values] as const),
    ),
    ...(part ? [['part', part] as const] : []),
  ];
  await database.fill(
    `SELECT "user", item, time, source_row ${columns.map(([name]) => `, ${name}`).join('')}
     FROM log ORDER BY "user", time, ${ties === 'item' ? 'item, source_row' : 'source_row'}`,
    [user, item, time, sourceRow, ...columns.map(([, values]) => values)],
    { onRows: (done) => onCount?.(done, rows) },
  );
  const interactions = {
    rows,
    userOffsets: offsetsOf(user, users),
    user,
    item,
    time,
    columns: {
      ...Object.fromEntries(kept),
      ...(positives !== undefined && { [positives]: new Float32Array(rows).fill(1) }),
    },
    ...(part && { part }),
  };
  return { interactions, sourceRow, lengths: Object.fromEntries(lengths), lists: Object.fromEntries(lists) };
}

function emptyLists(rows: number): RowLists {
  return {
    whole: new Float64Array(rows),
    front: new Float64Array(rows),
    rest: new Float64Array(rows),
    length: new Int32Array(rows),
    lastLength: new Int32Array(rows),
    firstLength: new Int32Array(rows),
    last: new Int32Array(rows),
  };
}

function columnsOfLists(lists: RowLists): [name: string, values: Float64Array | Int32Array][] {
  return Object.entries(lists).map(([name, values]) => [name.toLowerCase(), values]);
}

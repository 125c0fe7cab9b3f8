import type { Card } from '../card.js';
import { type Database, quoteName } from '../database.js';
import { offsetsOf } from '../store.js';
import type { Interactions } from '../types.js';
import { hasParts, keptColumns, lengthColumns, logFeatureColumns, rowHistories } from './logColumns.js';
import type { RowLists } from './windows.js';

const hashesOfLists = ['whole', 'front', 'rest'] as const;
const lengthsOfLists = ['length', 'lastlength', 'firstlength'] as const;

/**
 * Puts numbers in the place of the identifiers in `log`. Where features are taken from the log its rows are written
 * again: they are short then and quickly compared. Otherwise they are wanted once, so `log` finds the numbers then.
 */
export async function replaceIds(database: Database, card: Card): Promise<void> {
  const features = logFeatureColumns(card);
  const columns = [
    'source_row, users.code AS "user", items.code AS item, time',
    ...(hasParts(card) ? ['part'] : []),
    ...keptColumns(card).map((_, c) => `CAST(c${c} AS FLOAT) AS c${c}`),
    ...lengthColumns(card).map((_, h) => `CAST(h${h} AS INTEGER) AS h${h}`),
    ...rowHistories(card).flatMap((_, h) => [
      ...hashesOfLists.map((number) => `CAST(s${h}_${number} AS DOUBLE) AS s${h}_${number}`),
      ...lengthsOfLists.map((number) => `s${h}_${number}`),
      `coalesce(last${h}.code, -1) AS s${h}_last`,
    ]),
    ...features.map((source) => quoteName(`feature ${source}`)),
  ];
  const joins = rowHistories(card).map(
    (_, h) => `LEFT JOIN items AS last${h} ON named.s${h}_last = last${h}.id`,
  );
  await database.run('ALTER VIEW log RENAME TO named');
  await database.run(
    `CREATE ${features.length > 0 ? 'TABLE' : 'VIEW'} log AS SELECT ${columns.join(', ')}
     FROM named JOIN users ON named."user" = users.id JOIN items ON named.item = items.id ${joins.join(' ')}`,
  );
  if (features.length === 0) return;
  await database.run('DROP VIEW named');
  await database.run('DROP TABLE raw');
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
  { rows, users }: { readonly rows: number; readonly users: number },
  onCount?: (done: number, total: number) => void,
): Promise<SortedLog> {
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

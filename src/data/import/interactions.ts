import type { Card } from '../card.js';
import { type Database, quoteName } from '../database.js';
import { offsetsOf } from '../store.js';
import type { Interactions } from '../types.js';
import { hasParts, keptColumns, lengthColumns, logFeatureColumns } from './log.js';

/** Puts numbers in the place of the identifiers in `log`: from here on its rows are short and quickly compared. */
export async function replaceIds(database: Database, card: Card): Promise<void> {
  const columns = [
    'source_row, users.code AS "user", items.code AS item, time',
    ...(hasParts(card) ? ['part'] : []),
    ...keptColumns(card).map((_, c) => `CAST(c${c} AS FLOAT) AS c${c}`),
    ...lengthColumns(card).map((_, h) => `CAST(h${h} AS INTEGER) AS h${h}`),
    ...logFeatureColumns(card).map((source) => quoteName(`feature ${source}`)),
  ];
  await database.run(
    `CREATE TABLE numbered AS SELECT ${columns.join(', ')}
     FROM log JOIN users ON log."user" = users.id JOIN items ON log.item = items.id`,
  );
  await database.run('DROP TABLE log');
  await database.run('ALTER TABLE numbered RENAME TO log');
}

/** The log in the order of a store, and what belongs to its rows besides. */
export interface SortedLog {
  readonly interactions: Interactions;
  /** [rows] */
  readonly sourceRow: Int32Array;
  /** Lengths of published histories, by name. [rows] each */
  readonly lengths: Readonly<Record<string, Int32Array>>;
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
  const { positives, ties } = card.interactions;
  const columns = [
    ...kept.map(([, values], c) => [`c${c}`, values] as const),
    ...lengths.map(([, values], h) => [`h${h}`, values] as const),
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
  return { interactions, sourceRow, lengths: Object.fromEntries(lengths) };
}

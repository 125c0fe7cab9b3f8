import { type Database, quoteName } from '../database.js';
import { type PickleTitle, refuseElement } from './kuaishouElements.js';

/** The table of train and test rows, in this order. */
export interface StagedRows {
  readonly table: string;
  readonly train: PickleTitle;
  readonly test: PickleTitle;
}

/** The table (user_id, items) of one of the pickles 3 to 6. */
export interface StagedLists {
  readonly table: string;
  readonly title: PickleTitle;
}

/** @throws UserError when the pickles of histories and edges are not of the same users, each once */
export async function checkUsers(database: Database, staged: readonly StagedLists[]): Promise<void> {
  for (const { table, title } of staged) {
    const twice = await firstUser(database, `FROM ${quoteName(table)} GROUP BY user_id HAVING count(*) > 1`);
    if (twice !== undefined) refuseElement(title, twice, 'it is there twice');
  }
  const [first, ...others] = staged as [StagedLists, ...StagedLists[]];
  for (const other of others) {
    await requireUsersOf(database, first, other);
    await requireUsersOf(database, other, first);
  }
}

async function requireUsersOf(database: Database, given: StagedLists, lists: StagedLists): Promise<void> {
  const lacking = await firstUser(
    database,
    `FROM ${quoteName(given.table)} ANTI JOIN ${quoteName(lists.table)} USING (user_id)`,
  );
  if (lacking !== undefined) {
    refuseElement(lists.title, lacking, `it is missing, and ${given.title.text} has it`);
  }
}

async function firstUser(database: Database, from: string): Promise<number | undefined> {
  const [row] = await database.rows(`SELECT CAST(user_id AS DOUBLE) AS id ${from} ORDER BY user_id LIMIT 1`);
  return row?.id as number | undefined;
}

/**
 * What is to be told of the edges. They decide nothing in mvrec, so what is odd about them is no error: the code that
 * the authors released points to a later entry where two items look exactly alike.
 */
export async function noteEdges(database: Database, staged: readonly StagedLists[]): Promise<string[]> {
  const [positive, negative, positiveEdges, negativeEdges] = staged as [
    StagedLists,
    StagedLists,
    StagedLists,
    StagedLists,
  ];
  return [
    await noteEdgesOf(database, positive, positiveEdges),
    await noteEdgesOf(database, negative, negativeEdges),
  ];
}

async function noteEdgesOf(database: Database, history: StagedLists, edges: StagedLists): Promise<string> {
  // The first entry has no earlier one; its edge points to itself.
  const [found] = await database.rows(
    `SELECT CAST(coalesce(sum(len(e.items)), 0) AS DOUBLE) AS total,
       CAST(coalesce(sum(len(list_filter(e.items, lambda target, i: target >= greatest(i - 1, 1)))), 0) AS DOUBLE)
         AS forward,
       CAST(count(*) FILTER (len(e.items) <> len(h.items)) AS DOUBLE) AS uneven
     FROM ${quoteName(history.table)} h JOIN ${quoteName(edges.table)} e USING (user_id)`,
  );
  const { total, forward, uneven } = found as { total: number; forward: number; uneven: number };
  const odd = [
    forward > 0 ? `${forward} do not point to an earlier entry` : [],
    uneven > 0 ? `${uneven} users have another number of edges than entries` : [],
  ].flat();
  const result = odd.length > 0 ? odd.join('; ') : 'each points to an earlier entry';
  return `left out the ${total} edges of ${edges.title.text}: ${result}`;
}

/** @throws UserError for the first row whose user has no lists, or shorter ones than the row says */
export async function checkPrefixes(database: Database, rows: StagedRows, lists: string): Promise<void> {
  const [wrong] = await database.rows(
    `SELECT part, CAST(user_id AS DOUBLE) AS id, pos_len, neg_len,
       CAST(positives AS INTEGER) AS positives, CAST(negatives AS INTEGER) AS negatives,
       CAST(r.rowid AS DOUBLE) AS "row",
       (SELECT CAST(count(*) AS DOUBLE) FROM ${quoteName(rows.table)} WHERE part = 'train') AS train
     FROM ${quoteName(rows.table)} r LEFT JOIN
       (SELECT user_id, len(pos_items) AS positives, len(neg_items) AS negatives FROM ${quoteName(lists)})
       USING (user_id)
     WHERE positives IS NULL OR pos_len > positives OR neg_len > negatives
     ORDER BY r.rowid LIMIT 1`,
  );
  if (!wrong) return;
  const { part, row, train } = wrong as { part: 'train' | 'test'; row: number; train: number };
  refuseElement(rows[part], part === 'test' ? row - train : row, wrongPrefix(wrong));
}

function wrongPrefix(row: Record<string, unknown>): string {
  const { id, pos_len, neg_len, positives, negatives } = row as Record<string, number | null>;
  if (positives === null) return `user ${id} has no histories in pickles 3 and 4`;
  return pos_len! > positives!
    ? `pos_len is ${pos_len}, but the positive history of user ${id} has ${positives} entries`
    : `neg_len is ${neg_len}, but the negative history of user ${id} has ${negatives} entries`;
}

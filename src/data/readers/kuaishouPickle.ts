import { UserError } from '../../base/index.js';
import { type Database, quoteName } from '../database.js';
import { checkPrefixes, checkUsers, noteEdges, type StagedLists, type StagedRows } from './kuaishouChecks.js';
import { HistoryAppender, type PickleTitle, RowAppender } from './kuaishouElements.js';
import { readPickles } from './pickle.js';
import type { Reader, ReaderContext } from './types.js';

/** What the six pickles hold, in their order. */
const contents = [
  'train',
  'test',
  'positive histories',
  'negative histories',
  'positive edges',
  'negative edges',
] as const;

/**
 * `dataset.pkl` of ALPINE's release of KuaiShou (Li et al., MM 2019; github.com/liyongqi67/ALPINE): the lists of train
 * and test rows, each `((user, item, click, like, follow, timestamp), pos_len, neg_len)`; for every user the items
 * clicked and the items shown but not clicked, oldest first; and for every entry of these the earlier entry that looks
 * most like it. `pos_len` and `neg_len` say how many of the first entries of the user's lists come before the row.
 *
 * Tables: `rows` (user_id, item_id, is_click, is_like, is_follow, timestamp, part, pos_len, neg_len), train before test;
 * `lists` (user_id, pos_items, neg_items), by user. Edges are checked and left out: models find similar items by
 * themselves. The released code looks users' lists up by number, so that these pickles may be dictionaries too.
 */
export const readKuaishouPickle: Reader = async (paths, context) => {
  const [path] = paths;
  if (path === undefined || paths.length > 1) {
    throw new UserError(
      `the reader kuaishou-pickle reads one file, not ${paths.length}`,
      'Name dataset.pkl in the card.',
    );
  }
  const { database, prefix } = context;
  const titles = contents.map((name, i) => ({ path, text: `pickle ${i + 1} (${name})` }));
  const [train, test, ...others] = titles as [PickleTitle, PickleTitle, ...PickleTitle[]];
  const rows = { table: `${prefix}rows`, train, test };
  const staged = others.map((title, i) => ({ table: `${prefix}pickle ${i + 3}`, title }));
  await stage(path, rows, staged, context);
  const lists = `${prefix}lists`;
  const notes = await makeLists(database, lists, staged);
  await checkPrefixes(database, rows, lists);
  return { tables: { rows: quoteName(rows.table), lists: quoteName(lists) }, notes };
};

/** Reads the six pickles into five tables. */
async function stage(
  path: string,
  rows: StagedRows,
  lists: readonly StagedLists[],
  { database, ...options }: ReaderContext,
): Promise<void> {
  const appender = await RowAppender.create(database, rows.table);
  const histories: HistoryAppender[] = [];
  for (const { table } of lists) histories.push(await HistoryAppender.create(database, table));
  const takers = [
    appender.takeElements(rows.train, 'train'),
    appender.takeElements(rows.test, 'test'),
    ...histories.map((history, i) => history.takeElements(lists[i]!.title)),
  ];
  const sinks = contents.map((name, i) => ({ name, dictionary: i >= 2, onElement: takers[i]! }));
  try {
    await readPickles(path, sinks, options);
    for (const filled of [appender, ...histories]) filled.flush();
  } finally {
    for (const filled of [appender, ...histories]) filled.close();
  }
}

/** Makes one table of both histories and drops the four it is made of. */
async function makeLists(
  database: Database,
  table: string,
  staged: readonly StagedLists[],
): Promise<readonly string[]> {
  await checkUsers(database, staged);
  const notes = await noteEdges(database, staged);
  const [positive, negative, ...edges] = staged.map((lists) => quoteName(lists.table));
  for (const name of edges) await database.run(`DROP TABLE ${name}`);
  await database.run(
    `CREATE TABLE ${quoteName(table)} AS
     SELECT user_id, p.items AS pos_items, n.items AS neg_items
     FROM ${positive} p JOIN ${negative} n USING (user_id) ORDER BY user_id`,
  );
  for (const name of [positive, negative]) await database.run(`DROP TABLE ${name}`);
  return notes;
}

import { resolve } from 'node:path';
import { UserError } from '../base/index.js';
import { type Card, type CardFile, logFiles } from './card.js';
import { Database, quoteName } from './database.js';
import { readFeatures } from './features.js';
import { checkSources, importFingerprint } from './files.js';
import type { SourceFile } from './manifest.js';
import { type OrderDefects, orderDefects } from './order.js';
import { offsetsOf } from './store.js';
import { explained, openTable, placeOf, requireColumn, type SourceTable } from './table.js';
import type { Store } from './types.js';

/** Who is told while data are read or simulated. */
export interface ProgressOptions {
  /** Once for every stage of the work, in words. */
  readonly onProgress?: ((stage: string) => void) | undefined;
  /** Within a stage: rows or users done, of how many. */
  readonly onCount?: ((done: number, total: number) => void) | undefined;
}

export interface ImportOptions extends ProgressOptions {
  /** Folder in which a large import may put temporary files; they are gone afterwards. */
  readonly spill: string;
  /** Ends the import with an InterruptedError. */
  readonly signal?: AbortSignal | undefined;
}

export interface Imported {
  readonly store: Store;
  readonly sources: readonly SourceFile[];
  /** What was found, dropped and why; one sentence each. */
  readonly report: readonly string[];
}

/**
 * Reads the files of a card into a store.
 *
 * @param from folder that the card's paths start from
 * @throws UserError when a file or column is missing, or a value is not what its column needs, with file and line
 */
export async function importCard(card: Card, from: string, options: ImportOptions): Promise<Imported> {
  const { onProgress } = options;
  onProgress?.(`checking the files of ${card.name}`);
  const sources = await checkSources(card, from, options.signal);
  return Database.use(options.spill, options.signal, async (database) => {
    const report: string[] = [];
    const tables = await openTables(database, card, from);
    const log = tables[logFiles(card)[0]!]!;
    onProgress?.('reading the log');
    await loadLog(database, card, log, report);
    onProgress?.('numbering users and items');
    await numberIds(database, 'user', 'users');
    await numberIds(database, 'item', 'items');
    const userIds = await readIds(database, 'users', log.path);
    const itemIds = await readIds(database, 'items', log.path);
    await replaceIds(database, card);
    const { interactions, sourceRow } = await readInteractions(database, card, userIds.length, options);
    reportOrder(orderDefects(interactions, itemIds.length, sourceRow), report);
    onProgress?.('reading features');
    const context = { database, tables, from, report };
    const store: Store = {
      name: card.name,
      fingerprint: importFingerprint(card, sources),
      caveat: card.caveat ?? null,
      userIds,
      itemIds,
      interactions,
      items: await readFeatures('item', card, itemIds, context),
      users: await readFeatures('user', card, userIds, context),
      histories: {},
      truth: {},
    };
    return { store, sources, report };
  });
}

async function openTables(
  database: Database,
  card: Card,
  from: string,
): Promise<Record<string, SourceTable>> {
  const tables: Record<string, SourceTable> = {};
  for (const [name, file] of Object.entries<CardFile>(card.files)) {
    tables[name] = await openTable(database, resolve(from, file.path as string), file.delimiter);
  }
  return tables;
}

/** Names of the columns to keep: ours -> the file's. */
function keptColumns({ interactions: { columns } }: Card): [name: string, source: string][] {
  return Array.isArray(columns)
    ? columns.map((name) => [name, name])
    : (Object.entries(columns) as [string, string][]);
}

/**
 * Makes the table `log`: source_row, user, item, time, c0, c1, ... and f0, f1, ... for the features that are taken
 * from it. Drops exact duplicates if the card says so.
 */
async function loadLog(database: Database, card: Card, table: SourceTable, report: string[]): Promise<void> {
  const { user, item, time, duplicates } = card.interactions;
  const kept = keptColumns(card);
  const numeric = new Set(kept.map(([, source]) => source));
  if (time !== undefined) numeric.add(time);
  for (const id of [user, item]) {
    requireColumn(table, id);
    if (!numeric.has(id)) continue;
    throw new UserError(
      `column ${id} cannot be an identifier and a number at once`,
      'Name it once in the card.',
    );
  }
  for (const column of numeric) requireColumn(table, column);

  const all = table.columns.map(quoteName).join(', ');
  const numbered = `(SELECT *, row_number() OVER () AS "source row" FROM ${table.relation(numeric)})`;
  const rows =
    duplicates === 'dropExact'
      ? `(SELECT ${all}, min("source row") AS "source row" FROM ${numbered} GROUP BY ${all})`
      : numbered;
  const columns = [
    '"source row" AS source_row',
    `${quoteName(user)} AS "user"`,
    `${quoteName(item)} AS item`,
    `${time === undefined ? 'CAST("source row" AS DOUBLE)' : quoteName(time)} AS time`,
    ...kept.map(([, source], c) => `${quoteName(source)} AS c${c}`),
    ...logFeatureColumns(card).map((source) => {
      requireColumn(table, source);
      return `CAST(${quoteName(source)} AS VARCHAR) AS ${quoteName(`feature ${source}`)}`;
    }),
  ];
  await explained(table.path, () =>
    database.run(`CREATE TABLE log AS SELECT ${columns.join(', ')} FROM ${rows}`),
  );
  const left = await database.number('SELECT count(*) FROM log');
  if (left === 0) throw new UserError('the file has a header but no rows', undefined, { file: table.path });
  await requireValues(database, table, [user, 'user'], [item, 'item']);
  if (time !== undefined) await requireNumbers(database, table, time, 'time', 'DOUBLE');
  for (const [c, [, source]] of kept.entries()) {
    await requireNumbers(database, table, source, `c${c}`, 'FLOAT');
  }
  if (duplicates === 'dropExact') {
    const total = await database.number(`SELECT count(*) FROM ${table.relation(new Set())}`);
    report.push(`dropped ${total - left} of ${total} rows: exact duplicates of another row`);
  }
  report.push(`kept ${left} rows`);
}

/** Columns of the log that features are taken from. */
function logFeatureColumns(card: Card): string[] {
  const specs = [card.items, card.users].flatMap(({ categories }) => Object.values(categories));
  return [...new Set(specs.filter(({ file }) => file === undefined).map(({ column }) => column))];
}

async function requireValues(
  database: Database,
  table: SourceTable,
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
      await placeOf(table, bad),
    );
  }
}

/** Every value of a column of `log` must be a finite number of the type that it is kept as. */
async function requireNumbers(
  database: Database,
  table: SourceTable,
  source: string,
  column: string,
  type: 'DOUBLE' | 'FLOAT',
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
        : `is ${value}, not a finite number`;
  throw new UserError(
    `column ${source} ${problem}`,
    'Correct the file, or leave the column out.',
    await placeOf(table, Number(bad.source_row)),
  );
}

/** Makes the table `users` or `items`: id, code. Integers in numeric order come first, then texts. */
async function numberIds(
  database: Database,
  column: 'user' | 'item',
  table: 'users' | 'items',
): Promise<void> {
  await database.run(
    `CREATE TABLE ${table} AS
     SELECT id, CAST(row_number() OVER (ORDER BY TRY_CAST(id AS HUGEINT) NULLS LAST, id) - 1 AS INTEGER) AS code
     FROM (SELECT DISTINCT "${column}" AS id FROM log)`,
  );
}

/** Puts numbers in the place of the identifiers in `log`: from here on its rows are short and quickly compared. */
async function replaceIds(database: Database, card: Card): Promise<void> {
  const kept = keptColumns(card).map((_, c) => `CAST(c${c} AS FLOAT) AS c${c}`);
  const columns = [
    'CAST(source_row AS INTEGER) AS source_row, users.code AS "user", items.code AS item, time',
    ...kept,
    ...logFeatureColumns(card).map((source) => quoteName(`feature ${source}`)),
  ];
  await database.run(
    `CREATE TABLE numbered AS SELECT ${columns.join(', ')}
     FROM log JOIN users ON log."user" = users.id JOIN items ON log.item = items.id`,
  );
  await database.run('DROP TABLE log');
  await database.run('ALTER TABLE numbered RENAME TO log');
}

async function readIds(database: Database, table: 'users' | 'items', file: string): Promise<string[]> {
  const ids = await database.texts(`SELECT id FROM ${table} ORDER BY code`);
  const broken = ids.find((id) => /[\r\n]/.test(id));
  if (broken === undefined) return ids;
  throw new UserError(`the identifier ${JSON.stringify(broken)} holds a line break`, 'Correct the file.', {
    file,
  });
}

/** Known defects of logs are counted, not hidden. */
function reportOrder({ pairs, moments, back }: OrderDefects, report: string[]): void {
  if (pairs > 0) report.push(`${pairs} of them repeat a (user, item) pair; all are kept`);
  if (moments > 0) report.push(`${moments} of them have the user and time of an earlier row`);
  if (back > 0)
    report.push(`${back} of them stood after a later row of the same user; rows were sorted by time`);
}

async function readInteractions(
  database: Database,
  card: Card,
  users: number,
  { onProgress, onCount }: ProgressOptions,
): Promise<{ interactions: Store['interactions']; sourceRow: Int32Array }> {
  onProgress?.('sorting the log');
  const rows = await database.number('SELECT count(*) FROM log');
  const user = new Int32Array(rows);
  const item = new Int32Array(rows);
  const time = new Float64Array(rows);
  const sourceRow = new Int32Array(rows);
  const kept = keptColumns(card).map(([name]) => [name, new Float32Array(rows)] as const);
  const { positives } = card.interactions;
  const ties = card.interactions.ties === 'item' ? 'item, source_row' : 'source_row';
  await database.fill(
    `SELECT "user", item, time, source_row ${kept.map((_, c) => `, c${c}`).join('')}
     FROM log ORDER BY "user", time, ${ties}`,
    [user, item, time, sourceRow, ...kept.map(([, values]) => values)],
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
  };
  return { interactions, sourceRow };
}

import { quoteName } from '../database.js';
import type { Kind } from './categories.js';
import type { FeatureContext } from './context.js';
import { explained } from './explained.js';
import type { ItemCodes } from './ids.js';
import { requireColumn } from './table.js';
import { namesOfRows } from './vectors.js';

/**
 * Who has a row in the tables and arrays of features, and none in the log: counted in the report. Needs the tables `users` and
 * `items`.
 *
 * @param codes takes such items, unless they are left out
 */
export async function readUnlogged(
  context: FeatureContext,
  kind: Kind,
  codes: ItemCodes | null,
): Promise<void> {
  for (const [source, ids] of await unloggedOf(context, kind)) {
    if (ids.length === 0) continue;
    for (const id of codes ? ids : []) codes!.of(id);
    const who = `${ids.length} ${ids.length === 1 ? kind : `${kind}s`} of ${source}`;
    const none = `${ids.length === 1 ? 'has' : 'have'} no row in the log`;
    context.report.push(`${who} ${none}: ${codes ? 'kept' : 'left out'}`);
  }
}

/** Identifiers by the source that has them, integers first. */
async function unloggedOf(context: FeatureContext, kind: Kind): Promise<Map<string, readonly string[]>> {
  const { card, database } = context;
  const { categories, tags, texts, vectors } = card[`${kind}s`];
  const found = new Map<string, readonly string[]>();
  const specs = [categories, tags, texts, vectors].flatMap((record): FeatureSource[] =>
    Object.values(record),
  );
  for (const { file, key = card.interactions[kind] } of specs) {
    if (file === undefined) continue;
    const source = `the table ${file}${key === card.interactions[kind] ? '' : ` (${key})`}`;
    if (!found.has(source)) found.set(source, await unloggedOfTable(context, kind, file, key));
  }
  for (const [name, spec] of Object.entries(vectors)) {
    const names = 'path' in spec ? await namesOfRows(context, spec) : null;
    if (!names) continue;
    const known = new Set(await database.texts(`SELECT id FROM ${kind}s`));
    found.set(
      `the vectors ${name}`,
      names.filter((one) => !known.has(one)),
    );
  }
  return found;
}

interface FeatureSource {
  readonly file?: string | undefined;
  readonly key?: string | undefined;
}

async function unloggedOfTable(
  { database, tables }: FeatureContext,
  kind: Kind,
  file: string,
  key: string,
): Promise<readonly string[]> {
  const table = await tables.one(file);
  requireColumn(table, key);
  return explained(table.path, () =>
    database.texts(
      `SELECT id FROM (SELECT DISTINCT CAST(${quoteName(key)} AS VARCHAR) AS id FROM ${table.relation({})}) AS file
       WHERE id IS NOT NULL AND id NOT IN (SELECT id FROM ${kind}s)
       ORDER BY TRY_CAST(id AS HUGEINT) NULLS LAST, id`,
    ),
  );
}

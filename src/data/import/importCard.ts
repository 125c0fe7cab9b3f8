import { resolve } from 'node:path';
import { UserError } from '../../base/index.js';
import type { Card } from '../card.js';
import { Database } from '../database.js';
import type { SourceFile } from '../manifest.js';
import { type OrderDefects, orderDefects } from '../order.js';
import type { Features, Store } from '../types.js';
import { Arrays } from './arrays.js';
import { type Kind, readCategory, readTags } from './categories.js';
import type { FeatureContext, ImportContext } from './context.js';
import { differences } from './expect.js';
import { readHistories } from './histories.js';
import { addExtraItems, ItemCodes, numberIds, readIds, requireOneLine } from './ids.js';
import { readInteractions, replaceIds } from './interactions.js';
import { loadLog } from './log.js';
import { asFoundHint, findSources, hashSources, importFingerprint } from './sources.js';
import { Tables } from './tables.js';
import { readTexts } from './texts.js';
import { readUnlogged } from './unlogged.js';
import { readVector } from './vectors.js';

/** Who is told while data are read or simulated. */
export interface ProgressOptions {
  /** Once for every stage of the work, in words. */
  readonly onProgress?: ((stage: string) => void) | undefined;
  /** Within a stage: rows or users done, of how many. */
  readonly onCount?: ((done: number, total: number) => void) | undefined;
}

export interface ImportOptions extends ProgressOptions {
  /** Folder in which a large import may put temporary files; the caller removes it once the store is saved. */
  readonly spill: string;
  /** Ends the import with an InterruptedError. */
  readonly signal?: AbortSignal | undefined;
  /** Take files whose md5 or counts are not those of the card; the differences are reported. */
  readonly asFound?: boolean | undefined;
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
 * @param save what is done with the store while its vectors can still be read from the files; its result is returned
 * @throws UserError when a file or column is missing, a value is not what its column needs, with file and line, or the
 * data are not those that the card describes
 */
export async function importCard<T>(
  card: Card,
  from: string,
  options: ImportOptions,
  save: (imported: Imported) => Promise<T>,
): Promise<T> {
  const { onProgress, signal, spill, asFound } = options;
  onProgress?.(`checking the files of ${card.name}`);
  const report: string[] = [];
  const found = await findSources(card, from, {
    signal,
    ...(asFound && { onOther: (problem: string) => void report.push(problem) }),
  });
  // While DuckDB reads. The times of change were noted before, so what is hashed is what was read.
  const hashing = hashSources(found, signal);
  hashing.catch(() => {}); // it is waited for below
  const arrays = new Arrays(resolve(from), spill);
  const read = Database.use(spill, signal, async (database): Promise<Imported> => {
    const tables = new Tables(card, from, database, report, signal);
    const context = { card, database, tables, arrays, spill, report, signal };
    const read = await readStore(context, options);
    const sources = await hashing;
    const store = { ...read, name: card.name, fingerprint: importFingerprint(card, sources) };
    const wrong = differences(card, store);
    if (wrong.length > 0 && !asFound) {
      throw new UserError(
        `not the data that the card ${card.name} describes: ${wrong.join(', ')}`,
        `Are the files whole, and of the version that the card is for? ${asFoundHint(card, from)}`,
      );
    }
    for (const difference of wrong) report.push(`not as the card says: ${difference}`);
    report.push(...card.notes.map((note) => `note: ${note}`));
    return { store, sources, report };
  });
  try {
    return await save(await read);
  } finally {
    arrays.close();
  }
}

async function readStore(
  context: ImportContext,
  { onProgress, onCount }: ProgressOptions,
): Promise<Omit<Store, 'name' | 'fingerprint'>> {
  const { card, database, report } = context;
  onProgress?.('reading the log');
  const log = await loadLog(context);
  const { path } = log.pieces[0]!.table;
  onProgress?.('numbering users and items');
  await numberIds(database, 'user', 'users');
  await numberIds(database, 'item', 'items');
  const userIds = await readIds(database, 'users', path);
  const itemIds = await readIds(database, 'items', path);
  const rows = await database.number('SELECT count(*) FROM log');
  await replaceIds(database, card);
  onProgress?.('sorting the log');
  const { interactions, ...read } = await readInteractions(
    database,
    card,
    { rows, users: userIds.length },
    onCount,
  );
  reportOrder(orderDefects(interactions, itemIds.length, read.sourceRow), report);
  if (Object.keys(card.interactions.histories).length > 0) onProgress?.('reading histories');
  const items = new ItemCodes(itemIds);
  const histories = await readHistories(context, { log, interactions, userIds, ...read }, items);
  const inHistories = items.extra.length;
  await addExtraItems(database, items, 0);
  onProgress?.('reading features');
  const withLog = { ...context, log };
  await readUnlogged(withLog, 'item', card.items.keepNew ? items : null);
  await readUnlogged(withLog, 'user', null);
  requireOneLine(items.extra, path);
  await addExtraItems(database, items, inHistories);
  return {
    caveat: card.caveat ?? null,
    userIds,
    itemIds: [...itemIds, ...items.extra],
    interactions,
    histories,
    items: await readFeatures(withLog, 'item', [...itemIds, ...items.extra]),
    users: await readFeatures(withLog, 'user', userIds),
    truth: {},
  };
}

async function readFeatures(context: FeatureContext, kind: Kind, ids: readonly string[]): Promise<Features> {
  const { categories, tags, texts, vectors } = context.card[`${kind}s`];
  return {
    categories: await each(categories, (spec, name) => readCategory(context, kind, name, spec, ids.length)),
    tags: await each(tags, (spec, name) => readTags(context, kind, name, spec, ids.length)),
    texts: await each(texts, (spec, name) => readTexts(context, kind, name, spec, ids.length)),
    vectors: await each(vectors, (spec, name) => readVector(context, kind, name, spec, ids)),
  };
}

/** One after the other: each query uses all cores. */
async function each<A, B>(
  record: Readonly<Record<string, A>>,
  read: (value: A, name: string) => Promise<B>,
): Promise<Record<string, B>> {
  const results: Record<string, B> = {};
  for (const [name, value] of Object.entries(record)) results[name] = await read(value, name);
  return results;
}

/** Known defects of logs are counted, not hidden. */
function reportOrder({ pairs, moments, back }: OrderDefects, report: string[]): void {
  if (pairs > 0) report.push(`${pairs} of them repeat a (user, item) pair; all are kept`);
  if (moments > 0) report.push(`${moments} of them have the user and time of an earlier row`);
  if (back > 0)
    report.push(`${back} of them stood after a later row of the same user; rows were sorted by time`);
}

import { join } from 'node:path';
import { type Card, importInto, readCard, type Store } from '../../../src/data/index.js';
import { projectRoot, temporaryFolder } from '../../support/index.js';

export const cardsFolder = join(projectRoot, 'datasets');
export const fixturesFolder = join(cardsFolder, 'fixtures');

/** The card of a data set that comes with mvrec. */
export async function bundledCard(name: string): Promise<Card> {
  return (await readCard(join(cardsFolder, `${name}.yaml`))).card;
}

/**
 * Imports the fixture of a data set with the card that comes with mvrec, but for what only the published files fulfil: md5
 * and expected counts. The store has been written and read again.
 */
export async function importFixture(
  name: string,
  change: (card: Card) => Card = (card) => card,
): Promise<{ store: Store; report: readonly string[] }> {
  const { expect: _, ...card } = await bundledCard(name);
  const files = Object.entries(card.files).map(([file, { md5: _, ...spec }]) => [file, spec] as const);
  const dataDir = temporaryFolder();
  return importInto(
    change({ ...card, files: Object.fromEntries(files) }),
    join(fixturesFolder, name),
    join(dataDir, name),
    { dataDir },
  );
}

/** Rows of a store as user, item and time, in its order. */
export function rowsOf({
  userIds,
  itemIds,
  interactions,
}: Store): [user: string, item: string, time: number][] {
  const { user, item, time } = interactions;
  return Array.from(time, (at, row) => [userIds[user[row]!]!, itemIds[item[row]!]!, at]);
}

/** A kept column, row by row. */
export function column({ interactions }: Store, name: string): number[] {
  return [...interactions.columns[name]!];
}

/** The published history of each row, as identifiers of items. */
export function historiesOf({ histories, itemIds }: Store, name: string): string[][] {
  const { item, start, end } = histories[name]!;
  return Array.from(start, (from, row) => Array.from(item.subarray(from, end[row]), (i) => itemIds[i]!));
}

/** Values of a category by identifier. */
export function category(store: Store, room: 'items' | 'users', name: string): Record<string, number> {
  const { values } = store[room].categories[name]!;
  return Object.fromEntries(idsOf(store, room).map((id, i) => [id, values[i]!]));
}

/** Values of a tag by identifier. */
export function tags(store: Store, room: 'items' | 'users', name: string): Record<string, number[]> {
  const { offsets, values } = store[room].tags[name]!;
  return Object.fromEntries(
    idsOf(store, room).map((id, i) => [id, [...values.subarray(offsets[i], offsets[i + 1])]]),
  );
}

/** One dimension of a vector by identifier. */
export function dimension(
  store: Store,
  room: 'items' | 'users',
  name: string,
  at: number,
): Record<string, number> {
  const ids = idsOf(store, room);
  const vector = store[room].vectors[name]!;
  const values = vector.rows(Int32Array.from(ids, (_, i) => i));
  return Object.fromEntries(ids.map((id, i) => [id, values[i * vector.width + at]!]));
}

function idsOf(store: Store, room: 'items' | 'users'): readonly string[] {
  return room === 'items' ? store.itemIds : store.userIds;
}

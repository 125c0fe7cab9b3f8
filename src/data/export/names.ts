import type { Features } from '../types.js';

/**
 * Names for the columns of one table. What comes first keeps its name; a later one that is taken, also in other case,
 * gets underscores. The files' own description (card or configuration) says what became of it.
 */
export class ColumnNames {
  private readonly taken = new Set<string>();

  constructor(taken: Iterable<string> = []) {
    for (const name of taken) this.taken.add(name.toLowerCase());
  }

  has(name: string): boolean {
    return this.taken.has(name.toLowerCase());
  }

  give(name: string): string {
    const free = this.has(name) ? `${name}_` : name;
    if (free !== name && this.has(free)) return this.give(free);
    this.taken.add(free.toLowerCase());
    return free;
  }
}

/** Names of the features of users or of items, by the store's. */
export type FeatureNames = Readonly<
  Record<'categories' | 'tags' | 'texts' | 'vectors', ReadonlyMap<string, string>>
>;

/** Gives features names in a table that holds those of users and of items: `item_` or `user_` before one that is taken. */
export function featureNames(room: 'item' | 'user', features: Features, names: ColumnNames): FeatureNames {
  const give = (record: Readonly<Record<string, unknown>>): Map<string, string> =>
    new Map(
      Object.keys(record).map((name) => [name, names.give(names.has(name) ? `${room}_${name}` : name)]),
    );
  return {
    categories: give(features.categories),
    tags: give(features.tags),
    texts: give(features.texts),
    vectors: give(features.vectors),
  };
}

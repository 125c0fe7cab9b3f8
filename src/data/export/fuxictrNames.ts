import { ColumnNames, type FeatureNames, featureNames } from './names.js';
import type { Exported } from './types.js';

/** FuxiCTR's names of the parts. */
export const fuxictrParts = { train: 'train', validation: 'valid', test: 'test' } as const;

/** Names of the columns of the three files. */
export interface FuxictrNames {
  readonly user: string;
  readonly item: string;
  readonly time: string;
  /** Of a copy of the user that metrics group by; not in the files. */
  readonly group: string;
  readonly users: FeatureNames;
  readonly items: FeatureNames;
  readonly histories: readonly FuxictrHistory[];
}

export interface FuxictrHistory {
  /** Column of the items. */
  readonly name: string;
  /** Columns of the items' categories, by the store's names. */
  readonly categories: ReadonlyMap<string, string>;
  /** The items once more, for their vectors; not in the files. */
  readonly vectors: ReadonlyMap<string, string>;
}

export function vectorFile(room: 'items' | 'users', name: string): string {
  return `${room === 'items' ? 'item' : 'user'}_${name}_emb.h5`;
}

export function fuxictrNames({ store, histories }: Exported): FuxictrNames {
  const names = new ColumnNames(Object.keys(store.interactions.columns));
  const user = names.give('user_id');
  const item = names.give('item_id');
  const time = names.give('timestamp');
  const group = names.give('group_id');
  const items = featureNames('item', store.items, names);
  const users = featureNames('user', store.users, names);
  const ofHistory = (features: ReadonlyMap<string, string>, name: string): Map<string, string> =>
    new Map(Array.from(features, ([feature, column]) => [feature, names.give(`${name}_${column}`)]));
  return {
    user,
    item,
    time,
    group,
    items,
    users,
    histories: histories.map((history) => {
      const name = names.give(history.name);
      return {
        name,
        categories: ofHistory(items.categories, name),
        vectors: ofHistory(items.vectors, name),
      };
    }),
  };
}

import { ColumnNames, type FeatureNames, featureNames } from './names.js';
import type { Exported } from './types.js';

/** RecBole's names of the parts, in the order of `benchmark_filename`. */
export const recboleParts = { train: 'train', validation: 'valid', test: 'test' } as const;

/** Names of the fields in RecBole's files; a field has one name over all files. */
export interface RecboleNames {
  readonly user: string;
  readonly item: string;
  readonly time: string;
  readonly users: FeatureNames;
  readonly items: FeatureNames;
  /** Of the histories, in their order. */
  readonly histories: readonly string[];
}

export function recboleNames({ store, histories }: Exported): RecboleNames {
  const names = new ColumnNames([...Object.keys(store.interactions.columns), 'item_length', 'position_id']);
  const user = names.give('user_id');
  const item = names.give('item_id');
  return {
    user,
    item,
    time: names.give('timestamp'),
    // The name by which RecBole's sequential models find the items of a history.
    histories: histories.map(({ name }, i) => names.give(i === 0 ? `${item}_list` : name)),
    items: featureNames('item', store.items, names),
    users: featureNames('user', store.users, names),
  };
}

import { didYouMean, UserError } from '../base/index.js';
import type { Interactions, Store } from './types.js';

/** @throws UserError naming the nearest column there is */
export function findColumn({ columns }: Interactions, name: string): Float32Array {
  const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
  if (column) return column;
  throw new UserError(`the data set has no column ${name}`, didYouMean(name, Object.keys(columns)));
}

/** @throws UserError naming a row whose label is neither 0 nor 1 */
export function requireBinary(
  label: Float32Array,
  name: string,
  { interactions, userIds, itemIds }: Store,
): void {
  const row = label.findIndex((value) => value !== 0 && value !== 1);
  if (row < 0) return;
  const user = userIds[interactions.user[row]!];
  const item = itemIds[interactions.item[row]!];
  throw new UserError(
    `label ${name} must be 0 or 1, found ${label[row]} (user ${user}, item ${item})`,
    'Choose a column that holds only 0 and 1.',
  );
}

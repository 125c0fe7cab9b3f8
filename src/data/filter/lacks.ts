import { hintFor, UserError } from '../../base/index.js';
import type { Store } from '../types.js';
import type { FilterSpec } from './filter.js';

const lists = ['rowsWith', 'usersWithAll', 'usersWithAny'] as const satisfies readonly (keyof FilterSpec)[];

/** Columns that the conditions of a filter name and the log does not have: an error a condition. */
export function filterLacks({ name, interactions }: Store, filter: FilterSpec | undefined): UserError[] {
  const { columns } = interactions;
  const isThere = (column: string): boolean => Object.hasOwn(columns, column);
  return lists.flatMap((condition): UserError[] => {
    const named = filter?.[condition] ?? [];
    const missing = named.filter((column) => !isThere(column));
    if (missing.length === 0) return [];
    const there = named.filter(isThere);
    const setting = `data.filter.${condition}`;
    const many = missing.length > 1;
    return [
      new UserError(
        `${name} has no column${many ? 's' : ''} ${missing.join(', ')} (${setting})`,
        `${hintFor(missing, Object.keys(columns), 'Columns')} Without ${many ? 'them' : 'it'}: ${setting}: ${there.length > 0 ? `[${there.join(', ')}]` : 'null'}.`,
      ),
    ];
  });
}

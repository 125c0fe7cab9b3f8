import { range, sha256, UserError, UserErrors } from '../../base/index.js';
import { findColumn } from '../labels.js';
import type { Filtered, Store } from '../types.js';
import { filterLacks } from './lacks.js';
import { subsetOf, unnamedItems } from './subset.js';

/**
 * Which rows of a log take part, and which of its users and items, with all of their rows. Every count is over all rows of the
 * log, those that a split puts into the test included. All conditions but `kCore` are judged on the rows that `rowsWith` leaves.
 */
export interface FilterSpec {
  /** Rows in which each of these columns is above 0. Of the others not even a history tells. */
  readonly rowsWith?: readonly string[] | undefined;
  /** Users with a positive row in each of these columns. SCAA's filtered subset: likes and follows. */
  readonly usersWithAll?: readonly string[] | undefined;
  /** Users with a positive row in at least one of these columns: its other reading. */
  readonly usersWithAny?: readonly string[] | undefined;
  /** Users with so many rows. */
  readonly minUserRows?: number | undefined;
  /** Users with so many positive rows of the label. UVCAN: 5. */
  readonly minUserPositives?: number | undefined;
  /** Items with so many rows. */
  readonly minItemRows?: number | undefined;
  /** Of what is left, the largest part in which every user and every item has so many rows. */
  readonly kCore?: number | undefined;
}

/**
 * The part of a store that a filter leaves, users and items numbered anew, and what it dropped; the store itself and
 * null for a filter without conditions.
 *
 * @param label column whose positive rows `minUserPositives` counts
 * @throws UserError when a column does not exist, or nothing is left, saying which conditions leave nothing by themselves
 */
export function filterStore(
  store: Store,
  filter: FilterSpec | undefined,
  label: string,
): { readonly store: Store; readonly filtered: Filtered | null } {
  const conditions = Object.entries(filter ?? {})
    .filter(([, value]) => value !== undefined)
    .sort();
  if (!filter || conditions.length === 0) return { store, filtered: null };
  const lacking = filterLacks(store, filter);
  if (lacking.length > 0) throw new UserErrors(lacking);
  const members = new Members(store);
  const drops = [
    ...dropRows(members, store, filter.rowsWith),
    ...dropOnce(members, store, filter, label),
    ...dropToCore(members, filter.kCore),
  ];
  const rows = members.rowsLeft();
  if (rows.length === 0) throw nothingLeft(store, drops);
  const counted = filter.minUserPositives === undefined ? [] : [label];
  const subset = subsetOf(store, rows, members.items);
  // Before version 2 these were dropped.
  const version = unnamedItems(subset).length > 0 ? 2 : 1;
  const address = ['filter', version, store.fingerprint, conditions, counted];
  const left = { ...subset, fingerprint: sha256(JSON.stringify(address)) };
  return {
    store: left,
    filtered: { before: sizeOf(store), after: sizeOf(left), dropped: drops.map(({ text }) => text) },
  };
}

/** What a condition has dropped. */
interface Drop {
  readonly condition: keyof FilterSpec;
  /** In words, with its number. */
  readonly text: string;
  /** Whether it drops all there is by itself. */
  readonly dropsAll: boolean;
  /** Of a condition on several columns: how many meet it for each. */
  readonly detail?: string;
}

function nothingLeft({ name, interactions }: Store, drops: readonly Drop[]): UserError {
  const texts = drops.map(({ text, dropsAll, detail }) =>
    dropsAll ? `${text}, which is all of them${detail ? ` (${detail})` : ''}` : text,
  );
  const alone = drops.filter(({ dropsAll }) => dropsAll).map(({ condition }) => condition);
  return new UserError(
    `data.filter leaves nothing of the ${count(interactions.rows)} rows of ${name}: ${texts.join('; ')}`,
    alone.length > 0
      ? `Leave out what drops all: ${alone.map((condition) => `data.filter.${condition}: null`).join(', ')}.`
      : 'No condition drops all by itself: ask for less of one.',
  );
}

const sizeOf = ({ userIds, itemIds, interactions }: Store): Filtered['before'] => ({
  users: userIds.length,
  items: itemIds.length,
  rows: interactions.rows,
});

/** One line for people. */
export function filteredText({ before, after, dropped }: Filtered): string {
  const parts = (['users', 'items', 'rows'] as const).map(
    (what) => `${count(before[what] - after[what])} of ${count(before[what])} ${what}`,
  );
  return `dropped ${parts.join(', ')} (${dropped.join('; ')}; counted over all rows, test included)`;
}

const count = (n: number): string => n.toLocaleString('en');

/** Rows, users and items that are still in, as marks. A row is in while it is marked and both of its sides are. */
class Members {
  readonly rows: Uint8Array;
  readonly users: Uint8Array;
  readonly items: Uint8Array;

  constructor(private readonly store: Store) {
    this.rows = new Uint8Array(store.interactions.rows).fill(1);
    this.users = new Uint8Array(store.userIds.length).fill(1);
    this.items = new Uint8Array(store.itemIds.length).fill(1);
  }

  rowsLeft(): Int32Array {
    return range(0, this.rows.length).filter((row) => this.isIn(row));
  }

  private isIn(row: number): boolean {
    const { user, item } = this.store.interactions;
    return this.rows[row] === 1 && this.users[user[row]!] === 1 && this.items[item[row]!] === 1;
  }

  /** Rows that are in, of each user and item; those where `counts` is not positive left out. */
  count(counts?: Float32Array): { users: Int32Array; items: Int32Array } {
    const { user, item, rows } = this.store.interactions;
    const users = new Int32Array(this.users.length);
    const items = new Int32Array(this.items.length);
    for (let row = 0; row < rows; row++) {
      if (!this.isIn(row) || (counts && !(counts[row]! > 0))) continue;
      users[user[row]!]!++;
      items[item[row]!]!++;
    }
    return { users, items };
  }
}

/** Takes out rows in which one of the columns is not above 0. */
function dropRows(members: Members, { interactions }: Store, names: readonly string[] | undefined): Drop[] {
  if (!names) return [];
  const columns = names.map((name) => findColumn(interactions, name));
  let gone = 0;
  for (let row = 0; row < members.rows.length; row++) {
    if (columns.every((column) => column[row]! > 0)) continue;
    members.rows[row] = 0;
    gone++;
  }
  const having = columns.map((column) => column.reduce((sum, value) => sum + Number(value > 0), 0));
  return [
    {
      condition: 'rowsWith',
      text: `rowsWith ${names}: ${count(gone)} rows`,
      dropsAll: gone === members.rows.length,
      detail: havingEach(names, having),
    },
  ];
}

/** How many there are above 0 in each column, for conditions on columns. */
const havingEach = (names: readonly string[], having: readonly number[]): string =>
  names.map((name, at) => `with ${name}: ${count(having[at]!)}`).join(', ');

/** Takes out users and items that do not meet a condition. */
function dropOnce(members: Members, { interactions }: Store, filter: FilterSpec, label: string): Drop[] {
  const { usersWithAll, usersWithAny, minUserRows, minUserPositives, minItemRows } = filter;
  const positives = (name: string) => members.count(findColumn(interactions, name)).users;
  // All counts before anything is dropped.
  const rows = members.count();
  const all = usersWithAll?.map(positives);
  const any = usersWithAny?.map(positives);
  const ofLabel = minUserPositives === undefined ? undefined : positives(label);
  const drops: Drop[] = [];
  const drop = (
    side: 'users' | 'items',
    condition: keyof FilterSpec,
    meets: (one: number) => boolean,
    detail?: string,
  ): void => {
    const failing = range(0, members[side].length).filter((one) => !meets(one));
    for (const one of failing) members[side][one] = 0;
    const text = `${condition} ${filter[condition]}: ${count(failing.length)} ${side}`;
    const dropsAll = failing.length === members[side].length;
    drops.push({ condition, text, dropsAll, ...(detail !== undefined && { detail }) });
  };
  const each = (names: readonly string[], counts: readonly Int32Array[]) =>
    havingEach(
      names,
      counts.map((of) => of.reduce((users, n) => users + Number(n > 0), 0)),
    );
  if (all)
    drop('users', 'usersWithAll', (u) => all.every((having) => having[u]! > 0), each(usersWithAll!, all));
  if (any)
    drop('users', 'usersWithAny', (u) => any.some((having) => having[u]! > 0), each(usersWithAny!, any));
  if (minUserRows) drop('users', 'minUserRows', (u) => rows.users[u]! >= minUserRows);
  if (ofLabel) drop('users', 'minUserPositives', (u) => ofLabel[u]! >= minUserPositives!);
  if (minItemRows) drop('items', 'minItemRows', (i) => rows.items[i]! >= minItemRows);
  return drops;
}

/** Takes out users and items with fewer than k rows until all that are left have as many. */
function dropToCore(members: Members, k: number | undefined): Drop[] {
  if (k === undefined) return [];
  let users = 0;
  let items = 0;
  for (let rounds = 1; ; rounds++) {
    const left = members.count();
    const gone = [dropBelow(members.users, left.users, k), dropBelow(members.items, left.items, k)] as const;
    if (gone[0] + gone[1] === 0) {
      const text = `kCore ${k}: ${count(users)} users and ${count(items)} items in ${rounds - 1} round${rounds === 2 ? '' : 's'}`;
      return [{ condition: 'kCore', text, dropsAll: users > 0 && users === members.users.length }];
    }
    users += gone[0];
    items += gone[1];
  }
}

function dropBelow(marks: Uint8Array, rows: Int32Array, k: number): number {
  let gone = 0;
  for (let i = 0; i < marks.length; i++) {
    if (marks[i] === 0 || rows[i]! >= k) continue;
    marks[i] = 0;
    gone++;
  }
  return gone;
}

import type { Place } from '../base/index.js';
import { Database } from './database.js';
import { type NumericColumn, openGiven, readGiven } from './givenIds.js';
import { partNames, type Store } from './types.js';

/** Rows of a file of candidates, in its order. */
export interface GivenPairs {
  /** Users and items of the store. [pairs] */
  readonly user: Int32Array;
  readonly item: Int32Array;
  /** Row of the store whose list it is; null where the file has no such column. [pairs] */
  readonly row: Int32Array | null;
  /** An index of `partNames`. [pairs] */
  readonly part: Int32Array | null;
  /** 0 or 1. [pairs] */
  readonly label: Int32Array | null;
  /** Where a pair stands in the file. */
  place(pair: number): Promise<Place>;
}

export interface FileOptions {
  /** Folder for what does not fit into memory. */
  readonly spill: string;
  /** Ends the reading with an InterruptedError. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a CSV (or, by its ending, TSV or Parquet) file with the columns `user` and `item` (or `user_id` and `item_id`), and
 * perhaps `row`, `split` and `label`; others are ignored.
 *
 * @throws UserError naming the first line that is wrong: no user or item, one that the store does not have, a row, part
 * or label that is none
 */
export async function readCandidateFile(
  path: string,
  store: Store,
  { spill, signal }: FileOptions,
): Promise<GivenPairs> {
  return Database.use(spill, signal, async (database) => {
    const table = await openGiven(database, path, signal);
    const { ids, numbers, place } = await readGiven(
      database,
      table,
      store,
      ['user', 'item'],
      numericColumns(store),
    );
    return {
      user: ids.user!,
      item: ids.item!,
      row: numbers.row ?? null,
      part: numbers.split ?? null,
      label: numbers.label ?? null,
      place,
    };
  });
}

function numericColumns({ interactions: { rows } }: Store): readonly NumericColumn[] {
  const parts = partNames.map((name, n) => `WHEN '${name}' THEN ${n}`).join(' ');
  return [
    {
      name: 'row',
      sql: 'TRY_CAST("row" AS DOUBLE)',
      isRight: (row) => Number.isInteger(row) && row >= 0 && row < rows,
      rule: `the number of a row of the data set, from 0 to ${rows - 1}`,
    },
    {
      name: 'split',
      sql: `CASE split ${parts} END`,
      isRight: (part) => part >= 0,
      rule: partNames.join(', '),
    },
    {
      name: 'label',
      sql: 'TRY_CAST(label AS DOUBLE)',
      isRight: (label) => label === 0 || label === 1,
      rule: '0 or 1',
    },
  ];
}

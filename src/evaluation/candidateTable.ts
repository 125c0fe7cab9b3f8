import { type PreparedData, type SampledSpec, type SplitName, sampledLists } from '../data/index.js';
import { type Column, writeTableParts } from './table.js';

const columns = [
  { name: 'split', type: 'VARCHAR' },
  { name: 'row', type: 'INTEGER' },
  { name: 'user', type: 'VARCHAR' },
  { name: 'item', type: 'VARCHAR' },
  { name: 'label', type: 'INTEGER' },
] as const;

/** Candidates that are put into columns at a time. */
const PAIRS = 100_000;

/**
 * Writes the lists of sampled candidates as CSV or Parquet, after the ending of the path, whole or not at all, so that
 * other programs can rank the same. Columns: `split`, `row` (of the store; it tells lists apart), `user`, `item`,
 * `label` (1 for what is to be found, which comes first in its list).
 *
 * @param onLists called now and then with the number of lists done so far; what it throws ends the work
 * @returns how many lists and candidates
 * @throws UserError for another ending, a full disk or a place that is not writable
 */
export async function writeCandidates(
  path: string,
  data: PreparedData,
  splits: readonly SplitName[],
  spec: SampledSpec,
  onLists: (done: number) => void = () => {},
): Promise<{ readonly lists: number; readonly pairs: number }> {
  const written = { lists: 0, pairs: 0 };
  await writeTableParts(path, columns, partsOf(data, splits, spec, written, onLists));
  return written;
}

function* partsOf(
  { store, ...data }: PreparedData,
  splits: readonly SplitName[],
  spec: SampledSpec,
  written: { lists: number; pairs: number },
  onLists: (done: number) => void,
): Generator<readonly Column['values'][]> {
  const { user } = store.interactions;
  for (const split of splits) {
    const lists = sampledLists({ store, ...data }, split, spec);
    for (let from = 0; from < lists.anchor.length; ) {
      const rows: number[] = [];
      const items: number[] = [];
      const labels: number[] = [];
      for (; from < lists.anchor.length && items.length < PAIRS; from++) {
        lists.candidates(from).forEach((item, i) => {
          rows.push(lists.anchor[from]!);
          items.push(item);
          labels.push(i < lists.relevant[from]! ? 1 : 0);
        });
        written.lists++;
      }
      written.pairs += items.length;
      onLists(written.lists);
      yield [
        items.map(() => split),
        Int32Array.from(rows),
        rows.map((row) => store.userIds[user[row]!]!),
        items.map((item) => store.itemIds[item]!),
        Int32Array.from(labels),
      ];
    }
  }
}

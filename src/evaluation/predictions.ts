import { writeTable } from './table.js';

/** Scored rows in columns, with the identifiers of the source. All of one length. */
export interface Predictions {
  /** Part of the split that the row belongs to. */
  readonly split: readonly string[];
  /** Row of the store: the log sorted by user and time. */
  readonly row: Int32Array;
  readonly user: readonly string[];
  readonly item: readonly string[];
  readonly label: Float32Array;
  readonly score: Float64Array;
}

/**
 * Writes predictions as CSV or Parquet, after the ending of the path, whole or not at all. Columns: `split`
 * (text), `row` (integer), `user` and `item` (text), `label` and `score` (double), in the order of the arrays.
 *
 * @throws UserError for another ending, a full disk or a place that is not writable
 */
export async function writePredictions(path: string, predictions: Predictions): Promise<void> {
  const { split, row, user, item, label, score } = predictions;
  await writeTable(path, [
    { name: 'split', type: 'VARCHAR', values: split },
    { name: 'row', type: 'INTEGER', values: row },
    { name: 'user', type: 'VARCHAR', values: user },
    { name: 'item', type: 'VARCHAR', values: item },
    { name: 'label', type: 'DOUBLE', values: label },
    { name: 'score', type: 'DOUBLE', values: score },
  ]);
}

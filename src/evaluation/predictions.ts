import { extname } from 'node:path';
import { DOUBLE, DuckDBDataChunk, DuckDBInstance, INTEGER, VARCHAR } from '@duckdb/node-api';
import { replaceAtomically, UserError } from '../base/index.js';

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

const formats: Readonly<Record<string, string>> = {
  '.csv': 'FORMAT csv, HEADER',
  '.parquet': 'FORMAT parquet, COMPRESSION zstd',
};

/**
 * How predictions are written to a file of that name; to be called before hours of scoring, too.
 *
 * @throws UserError for an ending other than .csv and .parquet
 */
export function predictionsFormat(path: string): string {
  const ending = extname(path).toLowerCase();
  const format = formats[ending];
  if (format) return format;
  throw new UserError(
    `predictions are not written as '${ending || path}'`,
    `Give a file that ends in ${Object.keys(formats).join(' or ')}.`,
  );
}

/**
 * Writes predictions as CSV or Parquet, after the ending of the path, whole or not at all. Columns: `split`
 * (text), `row` (integer), `user` and `item` (text), `label` and `score` (double), in the order of the arrays.
 *
 * @throws UserError for another ending, a full disk or a place that is not writable
 */
export async function writePredictions(path: string, predictions: Predictions): Promise<void> {
  const format = predictionsFormat(path);
  await replaceAtomically(path, async (temporary) => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    try {
      await connection.run(
        'CREATE TABLE predictions (split VARCHAR, "row" INTEGER, "user" VARCHAR, item VARCHAR, label DOUBLE, score DOUBLE)',
      );
      const appender = await connection.createAppender('predictions');
      for (const chunk of chunksOf(predictions)) appender.appendDataChunk(chunk);
      appender.closeSync();
      await connection.run(`COPY predictions TO '${temporary.replaceAll("'", "''")}' (${format})`);
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  });
}

/** As many rows as DuckDB's vectors hold. */
const CHUNK_ROWS = 2048;

function* chunksOf({ split, row, user, item, label, score }: Predictions): Generator<DuckDBDataChunk> {
  for (let start = 0; start < row.length; start += CHUNK_ROWS) {
    const end = Math.min(start + CHUNK_ROWS, row.length);
    const chunk = DuckDBDataChunk.create([VARCHAR, INTEGER, VARCHAR, VARCHAR, DOUBLE, DOUBLE]);
    chunk.setColumns([
      split.slice(start, end),
      Array.from(row.subarray(start, end)),
      user.slice(start, end),
      item.slice(start, end),
      Array.from(label.subarray(start, end)),
      Array.from(score.subarray(start, end)),
    ]);
    yield chunk;
  }
}

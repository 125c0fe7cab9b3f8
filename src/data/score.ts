import { randomStream } from '../base/index.js';
import { BatchAssembler, type HistorySampling, type PairList } from './batch.js';
import type { Batch, ContextSpec, PreparedData } from './types.js';

export interface ScoreSpec extends ContextSpec {
  /** At most this many users (contexts) a batch. */
  readonly contextsPerBatch: number;
  /** At most this many pairs a batch. */
  readonly maxPairs?: number;
}

/** Sampled histories in evaluation are a function of the user and the window, so batch sizes change no score. */
export const fixedSamples: HistorySampling = {
  per: 'context',
  stream: (_, key) => randomStream('history', 'score', key),
};

/**
 * Batches that hold every given row exactly once, in the given order. Neighbours that share a history are encoded
 * once, so hand in ascending rows (as the parts of a split are).
 */
export function* scoreBatches(data: PreparedData, rows: Int32Array, spec: ScoreSpec): Generator<Batch> {
  const { contextsPerBatch, maxPairs = 16384 } = spec;
  const assembler = new BatchAssembler(data, spec);
  let start = 0;
  while (start < rows.length) {
    let end = start;
    let contexts = 0;
    for (; end < rows.length && end - start < maxPairs; end++) {
      if (end > start && assembler.sharesContext(rows[end]!, rows[end - 1]!)) continue;
      if (contexts === contextsPerBatch) break;
      contexts++;
    }
    yield assembler.assemble(rowsAsPairs(data, rows.slice(start, end)), fixedSamples);
    start = end;
  }
}

function rowsAsPairs({ label, store }: PreparedData, row: Int32Array): PairList {
  const item = new Int32Array(row.length);
  const labels = new Float32Array(row.length);
  for (let p = 0; p < row.length; p++) {
    item[p] = store.interactions.item[row[p]!]!;
    labels[p] = label[row[p]!]!;
  }
  return { anchor: row, item, label: labels, row };
}

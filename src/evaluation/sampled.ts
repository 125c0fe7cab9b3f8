import { CandidateBatches, type PreparedData, type SplitName, sampledCandidates } from '../data/index.js';
import type { Ranks } from '../metrics/index.js';
import type { FittedModel, Model } from '../models/index.js';
import { type CatalogueOptions, requireNumbers } from './catalogue.js';
import { rankOf } from './rows.js';
import { rankingScorer } from './scorers.js';

/** Pairs that are scored at a time. */
const PAIRS = 16_384;

/** Ranks each positive row of a part, a list of its own, among sampled items. */
export async function rankSampled(
  model: Model | FittedModel,
  data: PreparedData,
  part: SplitName,
  spec: { readonly negatives: number; readonly seed: number },
  { contextsPerBatch, onLists }: CatalogueOptions,
): Promise<Ranks> {
  const rows = data.split[part].filter((row) => data.label[row] === 1);
  const batches = new CandidateBatches(data, 'history' in model ? model.history : null);
  const score = rankingScorer(model, data);
  const step = Math.max(1, Math.min(contextsPerBatch, Math.floor(PAIRS / (1 + spec.negatives))));
  const above = new Int32Array(rows.length);
  const tied = new Int32Array(rows.length);
  const candidates = new Int32Array(rows.length);
  for (let from = 0; from < rows.length; from += step) {
    const to = Math.min(rows.length, from + step);
    const items = Array.from(rows.subarray(from, to), (row) => sampledCandidates(data, row, spec));
    const scores = await score(batches.batch(...listsOf(rows.subarray(from, to), items)));
    let start = 0;
    items.forEach(({ length }, i) => {
      const list = scores.subarray(start, start + length);
      requireNumbers(list.subarray(0, 1));
      ({ above: above[from + i], tied: tied[from + i] } = rankOf(list, 0));
      candidates[from + i] = length;
      start += length;
    });
    onLists?.(to);
    await new Promise(setImmediate); // signals are heard between batches
  }
  const list = Int32Array.from(rows.keys());
  return {
    user: list,
    candidates,
    offsets: Int32Array.from({ length: rows.length + 1 }, (_, i) => i),
    above,
    tied,
  };
}

/** Anchor and candidate of every pair, list after list. */
function listsOf(rows: Int32Array, items: readonly Int32Array[]): [anchor: Int32Array, item: Int32Array] {
  const count = items.reduce((sum, { length }) => sum + length, 0);
  const anchor = new Int32Array(count);
  const item = new Int32Array(count);
  let start = 0;
  items.forEach((candidates, i) => {
    anchor.fill(rows[i]!, start, start + candidates.length);
    item.set(candidates, start);
    start += candidates.length;
  });
  return [anchor, item];
}

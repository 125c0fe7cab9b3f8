import { describe, expect, it } from '@jest/globals';
import {
  type Batch,
  type EpochSpec,
  type HistorySpec,
  type PreparedData,
  planEpoch,
  prepare,
} from '../../src/data/index.js';
import { effort } from '../support/index.js';
import { fc } from '../support/property.js';
import { arbitraryStore } from './arbitrary.js';
import { causalHistory, historyOf, trainHistory } from './fixture.js';

/** Against the definition of a history, taken row by row from the log, in random logs. */

const split = { kind: 'time', scope: 'user', train: 0.8, validation: 0.2 } as const;
const arbitraryData = arbitraryStore
  .map((store) => ({ store, train: trainRows(store.interactions.userOffsets) }))
  .filter(({ train }) => train > 0)
  .map(({ store }) => prepare(store, { label: 'is_click', split }));
const arbitraryEpoch = fc.record({
  batchSize: fc.integer({ min: 1, max: 30 }),
  batching: fc.constantFrom('shuffled' as const, 'byUser' as const),
  pairsPerUser: fc.integer({ min: 1, max: 12 }),
  histories: fc.array(
    fc.record({
      events: fc.constantFrom('positive' as const, 'negative' as const),
      length: fc.integer({ min: 1, max: 8 }),
      sample: fc.constantFrom('recent' as const, 'first' as const, 'random' as const),
      target: fc.constantFrom('causal' as const, 'include' as const, 'exclude' as const),
      prefixes: fc.constantFrom('shared' as const, 'separate' as const),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});
type Epoch = typeof arbitraryEpoch extends fc.Arbitrary<infer T> ? T : never;

/** A user of one row gives nothing to test or validation; what `prepare` needs is one of two rows or more. */
function trainRows(offsets: Int32Array): number {
  return [...offsets.slice(1)].filter((end, user) => end - offsets[user]! >= 5).length;
}

function batchesOf(data: PreparedData, epoch: Epoch): Batch[] {
  const spec: EpochSpec = {
    ...epoch,
    negatives: { kind: 'logged', ratio: 'all' },
    pairing: 'pointwise',
    lastBatch: 'keep',
    seed: 1,
    epoch: 0,
  };
  const plan = planEpoch(data, spec);
  return Array.from({ length: plan.steps }, (_, step) => plan.batch(step));
}

/** All that a model may see of a row's user, before a longer history is cut. */
function visible(data: PreparedData, row: number, { target, events }: HistorySpec): number[] {
  const of = events === 'negative' ? { ...data, label: data.label.map((label) => 1 - label) } : data;
  if (target === 'causal') return causalHistory(of, row);
  return trainHistory(of, row, target === 'exclude' ? data.store.interactions.item[row]! : -1);
}

/** Whether `part` can be had from `whole` by leaving items out. */
function isSubsequence(part: readonly number[], whole: readonly number[]): boolean {
  let from = 0;
  return part.every((item) => {
    from = whole.indexOf(item, from) + 1;
    return from > 0;
  });
}

/** Checks one history of a batch at a time: its number `h`, and what was wished of it. */
function forEachHistory(
  check: (batch: Batch, h: number, wish: HistorySpec, data: PreparedData, epoch: Epoch) => void,
) {
  fc.assert(
    fc.property(arbitraryData, arbitraryEpoch, (data, epoch) => {
      for (const batch of batchesOf(data, epoch)) {
        for (const [h, wish] of epoch.histories.entries()) check(batch, h, wish, data, epoch);
      }
    }),
    { numRuns: 60 * effort },
  );
}

describe('a batch', () => {
  it("shows every pair its history: the beginning of its context's sequence", () => {
    forEachHistory((batch, h, wish, data) => {
      const { length, sample } = wish;
      const { contexts, pairs } = batch;
      pairs.row.forEach((row, p) => {
        const c = pairs.context[p]!;
        const shown = historyOf(batch, c, h);
        const all = visible(data, row, wish);
        expect(contexts.user[c]).toBe(data.store.interactions.user[row]);
        if (sample === 'recent') expect(shown).toEqual(all.slice(-length));
        else if (sample === 'first') expect(shown).toEqual(all.slice(0, length));
        else {
          expect(shown).toHaveLength(Math.min(length, all.length));
          expect(isSubsequence(shown, all)).toBe(true);
        }
      });
    });
  });

  it('names every item once, and pads sequences with one past the last', () => {
    forEachHistory(({ items, histories, pairs }, h, _, data) => {
      expect(new Set(items).size).toBe(items.length);
      expect([...pairs.item].map((at) => items[at]!)).toEqual(
        [...pairs.row].map((row) => data.store.interactions.item[row]!),
      );
      const { count, width, item, length } = histories[h]!.sequences;
      expect(item).toHaveLength(count * width);
      for (let s = 0; s < count; s++) {
        for (let t = 0; t < width; t++) {
          if (t < length[s]!) expect(item[s * width + t]).toBeLessThan(items.length);
          else expect(item[s * width + t]).toBe(items.length);
        }
      }
    });
  });

  it('has sequences as long as the longest history that begins them', () => {
    forEachHistory(({ histories }, h) => {
      const { sequences, sequence, length } = histories[h]!;
      const longest = new Int32Array(sequences.count);
      sequence.forEach((s, c) => {
        longest[s] = Math.max(longest[s]!, length[c]!);
      });
      expect(longest).toEqual(sequences.length);
    });
  });

  it('separate: a sequence a context, in their order', () => {
    forEachHistory(({ histories, contexts }, h, { prefixes }) => {
      if (prefixes === 'shared') return;
      const { sequences, sequence, length } = histories[h]!;
      expect([...sequence]).toEqual([...Array(contexts.count).keys()]);
      expect(sequences.count).toBe(contexts.count);
      expect(sequences.length).toEqual(length);
    });
  });

  it('shared: one sequence a user, but for windows that slide, samples, and histories that lack the candidate', () => {
    forEachHistory((batch, h, wish, data, { batching, histories }) => {
      const { length, sample, target, prefixes } = wish;
      if (prefixes === 'separate') return;
      if (sample === 'random' && histories.length > 1) return; // a context that another history makes draws anew
      const { contexts, pairs } = batch;
      const told = new Set<string>();
      pairs.row.forEach((row, p) => {
        const user = contexts.user[pairs.context[p]!]!;
        const item = data.store.interactions.item[row]!;
        const seen = visible(data, row, wish);
        const full = target === 'exclude' ? visible(data, row, { ...wish, target: 'include' }) : seen;
        const lacks = target === 'exclude' && !sameCut(seen, full, length, sample);
        const long = (lacks ? seen : full).length > length;
        if (sample === 'random' && long && batching === 'shuffled') told.add(`pair ${p}`);
        else if (lacks) told.add(`user ${user} without ${item}`);
        else if (long && sample !== 'first') told.add(`user ${user} until ${full.length}`);
        else told.add(`user ${user}`);
      });
      expect(batch.histories[h]!.sequences.count).toBe(told.size);
    });
  });
});

/** Whether leaving the candidate out changes what the model is shown; a sample may differ wherever the history does. */
function sameCut(
  without: readonly number[],
  full: readonly number[],
  length: number,
  sample: HistorySpec['sample'],
): boolean {
  const cut = (items: readonly number[]) =>
    sample === 'recent' ? items.slice(-length) : sample === 'first' ? items.slice(0, length) : items;
  return `${cut(without)}` === `${cut(full)}`;
}

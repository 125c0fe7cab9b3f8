import { describe, expect, it } from '@jest/globals';
import { range } from '../../src/base/index.js';
import { pickHistories } from '../../src/data/sourceHistory.js';
import type { SourceHistory } from '../../src/data/types.js';
import { fc } from '../support/property.js';

/** Histories as lists. */
const listsOf = ({ item, start, end }: SourceHistory): number[][] =>
  Array.from(start, (from, row) => [...item.subarray(from, end[row])]);

/** Keeps the numbers of items, but for some. */
const without = (items: number, ...gone: number[]): Int32Array =>
  Int32Array.from({ length: items }, (_, item) => (gone.includes(item) ? -1 : item));

describe('histories without some items', () => {
  it('of prefixes are the prefixes of what is left', () => {
    const history: SourceHistory = {
      item: Int32Array.of(5, 6, 5, 7),
      start: Int32Array.of(0, 0, 0, 0, 0),
      end: Int32Array.of(0, 1, 2, 3, 4),
    };
    const left = pickHistories(history, range(0, 5), without(8, 5));
    expect(left).toEqual({
      item: Int32Array.of(6, 7),
      start: Int32Array.of(0, 0, 0, 0, 0),
      end: Int32Array.of(0, 0, 1, 1, 2),
    });
  });

  it('of windows that slide and now end alike are the longest of them', () => {
    // Windows of three: 0 1 2, then 1 2 3, then 2 3 4. Without 3 the first two both end with 2.
    const history: SourceHistory = {
      item: Int32Array.of(0, 1, 2, 3, 4),
      start: Int32Array.of(0, 1, 2),
      end: Int32Array.of(3, 4, 5),
    };
    const left = pickHistories(history, range(0, 3), without(5, 3));
    expect(listsOf(left)).toEqual([
      [0, 1, 2],
      [0, 1, 2],
      [2, 4],
    ]);
  });

  it('drop the events that no row shows any more, and number items anew', () => {
    const history: SourceHistory = {
      item: Int32Array.of(0, 1, 2, 3, 4, 5),
      start: Int32Array.of(0, 2, 4),
      end: Int32Array.of(2, 4, 6),
    };
    const left = pickHistories(history, Int32Array.of(0, 2), Int32Array.of(0, 1, -1, -1, -1, 2));
    expect(left).toEqual({
      item: Int32Array.of(0, 1, 2),
      start: Int32Array.of(0, 2),
      end: Int32Array.of(2, 3),
    });
  });

  it('end with what the rows showed, and keep the last event telling of a history', () => {
    const lists = fc.array(
      fc.record({
        events: fc.array(fc.nat(5), { minLength: 1, maxLength: 12 }),
        width: fc.integer({ min: 1, max: 12 }),
      }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(lists, fc.uniqueArray(fc.nat(5)), fc.nat(3), (users, gone, skip) => {
        // Each user's rows show windows of a list, the last `width` events before them.
        const item: number[] = [];
        const start: number[] = [];
        const end: number[] = [];
        for (const { events, width } of users) {
          const first = item.length;
          item.push(...events);
          for (let e = 0; e <= events.length; e++) {
            start.push(first + Math.max(0, e - width));
            end.push(first + e);
          }
        }
        const history = {
          item: Int32Array.from(item),
          start: Int32Array.from(start),
          end: Int32Array.from(end),
        };
        const rows = range(0, start.length).filter((row) => row % (skip + 1) === 0);
        const left = pickHistories(history, rows, without(6, ...gone));
        const before = listsOf(history);
        const startOf = new Map<number, number>();
        listsOf(left).forEach((shown, i) => {
          const wanted = before[rows[i]!]!.filter((one) => !gone.includes(one));
          expect(shown.slice(shown.length - wanted.length)).toEqual(wanted);
          if (wanted.length === 0) expect(shown).toEqual([]);
          if (shown.length === 0) return;
          const known = startOf.get(left.end[i]!) ?? left.start[i]!;
          expect(left.start[i]).toBe(known);
          startOf.set(left.end[i]!, known);
        });
        expect([...left.item].some((one) => gone.includes(one))).toBe(false);
      }),
    );
  });
});

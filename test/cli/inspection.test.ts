import { describe, expect, it } from '@jest/globals';
import { describeStore, inspectionText } from '../../src/cli/inspection.js';
import type { Store } from '../../src/data/index.js';
import { type Row, storeOf } from '../data/fixture.js';

// Two users, ten rows, clicks 3 of 10; the second never clicks.
const rows: Row[] = Array.from({ length: 10 }, (_, i) => [
  i < 5 ? 0 : 1,
  i % 5,
  1.6e12 + i * 3_600_000,
  i < 3 ? 1 : 0,
]);
const store = storeOf(rows);
const textOf = (changed: Partial<Store['interactions']> = {}, more: Partial<Store> = {}): string =>
  inspectionText(describeStore({ ...store, ...more, interactions: { ...store.interactions, ...changed } }));

describe('what data inspect prints', () => {
  it('sizes, rates, the default split', () => {
    const text = textOf();
    for (const line of [
      /^users +2$/m,
      /^rows +10$/m,
      /^time +2020-09-13 12:26 to 2020-09-13 21:26 UTC, 9\.0 hours$/m,
      /^is_click rate +30\.0 %$/m,
      /^one-class users +1 \(no per-user AUC\): 1 never positive, 0 always$/m,
      /^train +6 rows, 2 users, 3 items, is_click 50\.0 %$/m,
      /^test +2 rows, 2 users, 1 item, is_click 0\.0 %; 1 item \(100\.0 %\) unseen in train, in 100\.0 % of the rows$/m,
      /^column +rate$/m,
      /^is_click +30\.0 %$/m,
      /^rows a user: mean 5\.0, median 5, max 5$/m,
      /^ +4-7 █{30} 2$/m,
    ]) {
      expect(text).toMatch(line);
    }
  });

  it.each([
    [90_000, '1.5 minutes'],
    [36 * 3_600_000, '36.0 hours'],
    [72 * 3_600_000, '3.0 days'],
  ])('a span of %d ms in a unit that shows it', (span, words) => {
    const time = Float64Array.from(rows.keys(), (row) => 1.6e12 + (row * span) / 9);
    expect(textOf({ time })).toContain(` UTC, ${words}\n`);
  });

  it('zeros of columns that are no labels', () => {
    const duration = Float32Array.of(0, 0, 1.5, 2500, 3, 4, 5, 6, 7, 8);
    expect(textOf({ columns: { duration } })).toMatch(
      /^column +rate +mean +min +max +zeros\nduration +253\.5 +0 +2,500 +2$/m,
    );
  });

  it('the parts that were published, in place of the default ones', () => {
    const text = textOf({ part: Uint8Array.of(0, 0, 0, 0, 2, 0, 0, 0, 0, 2) });
    expect(text).toMatch(/^published train +8 rows, 2 users, 4 items, is_click 37\.5 %$/m);
    expect(text).toMatch(
      /^published test .*; 1 item \(100\.0 %\) unseen in train, in 100\.0 % of the rows$/m,
    );
    expect(text).not.toMatch(/^train/m);
  });

  it('histories that were published', () => {
    const end = Int32Array.from(rows, (_, i) => i % 5);
    const histories = { seen: { item: new Int32Array(4), start: new Int32Array(10), end } };
    expect(textOf({}, { histories })).toMatch(
      /^history seen +mean 2\.0, max 4; empty in 20\.0 % of the rows$/m,
    );
  });

  it.each([
    [1.6e9, '2020-09-13 12:26 to'],
    [1.6e15, '2020-09-13 12:26 to'],
    [5.3e10, '53000000000 to 53000000010, in the unit of the source'],
  ])('times from %d', (first, expected) => {
    expect(textOf({ time: Float64Array.from(rows, (_, i) => first + (i * 10) / 9) })).toContain(expected);
  });
});

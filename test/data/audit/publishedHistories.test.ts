import { describe, expect, it } from '@jest/globals';
import type { PreparedData, SourceHistory } from '../../../src/data/index.js';
import { audit, cleanRows, countRows, finding, honest, type LogRow, preparedOf, sorted } from './clean.js';

/** Histories as a source may write them: row r has the items of `of(r)`, and rows whose lists are alike share one. */
function published(rows: readonly LogRow[], of: (row: number) => readonly number[]): SourceHistory {
  const item: number[] = [];
  const known = new Map<string, number>();
  const start: number[] = [];
  const end: number[] = [];
  for (const [row, { user }] of rows.entries()) {
    const list = of(row);
    const key = `${user}:${list.join()}`;
    if (!known.has(key)) {
      known.set(key, item.length);
      item.push(...list);
    }
    start.push(known.get(key)!);
    end.push(known.get(key)! + list.length);
  }
  return { item: Int32Array.from(item), start: Int32Array.from(start), end: Int32Array.from(end) };
}

function auditOf(rows: readonly LogRow[], of: (row: number) => readonly number[], length = 100) {
  const data = preparedOf(rows, { histories: { clicked: published(rows, of) }, history: 'clicked' });
  const model = { ...honest.model, history: { length, sample: 'recent', target: 'causal' } as const };
  return { data, found: audit(data, { history: 'clicked', model }) };
}

const log = cleanRows();
const clicksBefore = (rows: readonly LogRow[], row: number, last = 4): number[] =>
  rows
    .filter(({ user, time, click }) => user === rows[row]!.user && time < rows[row]!.time && click === 1)
    .map(({ item }) => item)
    .slice(-last);

describe('histories that came with the log', () => {
  it('are clean where they hold what the user clicked before', () => {
    expect(auditOf(log, (row) => clicksBefore(log, row)).found.findings).toEqual([]);
  });

  it('hold the row itself where a window reaches one click too far', () => {
    const clicks = [...log.keys()].filter((row) => log[row]!.click === 1);
    const planted = [clicks[3]!, clicks[50]!];
    const { found } = auditOf(log, (row) => [
      ...clicksBefore(log, row),
      ...(planted.includes(row) ? [log[row]!.item] : []),
    ]);
    expect(found.leaks).toBe(1);
    expect(finding(found, 'target-in-history')).toMatchObject({
      severity: 'leak',
      count: 2,
      subject: 'clicked',
      example: { row: planted[0], item: `i${log[planted[0]!]!.item}` },
    });
  });

  it('see the future where rows were ordered by times as text', () => {
    // Times 901 .. 1300: as text, 1000 comes before 901.
    const numbers = sorted(log.map((row) => ({ ...row, time: 901 + (row.time - log[0]!.time) / 1000 })));
    const place = (a: LogRow, b: LogRow): boolean => String(a.time) < String(b.time);
    const before = (row: number): number[] =>
      numbers
        .filter(
          (other) => other.user === numbers[row]!.user && other.click === 1 && place(other, numbers[row]!),
        )
        .sort((a, b) => (place(a, b) ? -1 : 1))
        .map(({ item }) => item)
        .slice(-4);
    const { data, found } = auditOf(numbers, before);
    const timeOf = (user: number, item: number): number =>
      numbers.find((row) => row.user === user && row.item === item && row.click === 1)!.time;
    const late = (row: number): boolean =>
      before(row).some((item) => timeOf(numbers[row]!.user, item) > numbers[row]!.time);
    const after = finding(found, 'history-after-impression')!;
    expect(after).toMatchObject({ severity: 'leak', count: countRows(data, late) });
    expect(after.count).toBeGreaterThan(20);
    expect(after.other!.time).toBeGreaterThan(after.example!.time);
    expect(finding(found, 'target-in-history')).toBeUndefined();
  });

  it('are judged by the first time that the user met an item', () => {
    // User 0 clicks item 90 in the first row and again in the last: a history in between may hold it.
    const again = log.map((row, r) => (r === 0 || r === 9 ? { ...row, item: 90, click: 1 } : row));
    const { found } = auditOf(again, (row) => [...clicksBefore(again, row), ...(row === 5 ? [90] : [])]);
    expect(found.leaks).toBe(0);
  });

  it('that stay as they were at the end of train are fine in the test, and leak in train', () => {
    const all = (row: number): number[] =>
      log
        .filter(({ user, click }, r) => user === log[row]!.user && click === 1 && r % 10 < 7)
        .map(({ item }) => item);
    const clean = auditOf(log, (row) => (row % 10 < 7 ? clicksBefore(log, row) : all(row)));
    expect(clean.found.findings).toEqual([]);
    const { data, found } = auditOf(log, all);
    const positions = (row: number): number[] =>
      [...log.keys()].filter((r) => log[r]!.user === log[row]!.user && log[r]!.click === 1 && r % 10 < 7);
    const isTrain = (row: number): boolean => row % 10 < 7;
    expect(finding(found, 'target-in-history')!.count).toBe(
      countRows(data, (row) => isTrain(row) && log[row]!.click === 1),
    );
    const late = countRows(data, (row) => isTrain(row) && positions(row).some((at) => at > row));
    expect(finding(found, 'history-after-impression')).toMatchObject({ count: late, parts: { train: late } });
    // A model that reads the last click alone: rows after it see nothing too early, and it sees itself.
    const short = auditOf(log, all, 1).found;
    expect(finding(short, 'target-in-history')!.count).toBe(
      countRows(data, (row) => positions(row).at(-1) === row),
    );
  });

  it('of items that were passed over are judged by rows without a click', () => {
    const passed = (row: number, from: number): number[] =>
      log
        .filter(({ user, click }, r) => user === log[row]!.user && click === 0 && r < row + from)
        .map(({ item }) => item);
    expect(auditOf(log, (row) => passed(row, 0)).found.findings).toEqual([]);
    const { data, found } = auditOf(log, (row) => passed(row, 2));
    const late = countRows(data, (row) => row % 10 < 9 && log[row + 1]!.click === 0);
    expect(finding(found, 'history-after-impression')!.count).toBe(late);
    expect(finding(found, 'target-in-history')!.count).toBe(countRows(data, (row) => log[row]!.click === 0));
  });

  it('with items that are in no row of the user cannot be judged', () => {
    const own = log.filter(({ user }) => user === 1).map(({ item }) => item);
    const strange = [0, 1, 2, 3].filter((item) => !own.includes(item)).slice(0, 2);
    const { found } = auditOf(log, (row) => [...(row === 12 ? strange : []), ...clicksBefore(log, row)]);
    expect(found).toMatchObject({ leaks: 0, warnings: 0, notes: 1 });
    expect(finding(found, 'history-not-in-log')).toMatchObject({
      severity: 'note',
      count: 2,
      unit: 'events',
    });
  });
});

it('counts every row that sees too much exactly once, whatever the windows', () => {
  // Each row has all clicks of the user but those of the k rows around it, so windows shrink and shift.
  for (const k of [0, 1, 3]) {
    const around = (row: number): number[] =>
      log
        .filter(({ user, click }, r) => user === log[row]!.user && click === 1 && Math.abs(r - row) > k)
        .map(({ item }) => item);
    const { data, found } = auditOf(log, around);
    const clicks = (data: PreparedData, row: number): number[] =>
      [...data.label.keys()].filter((r) => log[r]!.user === log[row]!.user && log[r]!.click === 1);
    const late = countRows(data, (row) => clicks(data, row).some((at) => at > row + k));
    expect(finding(found, 'history-after-impression')!.count).toBe(late);
    expect(finding(found, 'target-in-history')).toBeUndefined();
  }
});

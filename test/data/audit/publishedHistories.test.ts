import { describe, expect, it } from '@jest/globals';
import type { PreparedData, SourceHistory } from '../../../src/data/index.js';
import {
  audit,
  cleanRows,
  countRows,
  finding,
  history,
  honest,
  type LogRow,
  preparedOf,
  sorted,
} from './clean.js';

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
  const model = { ...honest.model, histories: [{ ...history, length }] };
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

describe('a leak at rows without a click, in the test alone, in histories of clicks', () => {
  const passed = [...log.keys()].filter((row) => row % 10 >= 8 && log[row]!.click === 0);
  // Each user has two test rows, one of them with a click. Of 20 users the other one is the last row.
  const lastPassed = passed.filter((row) => row % 10 === 9);

  const clicks = (row: number): number[] => clicksBefore(log, row);
  const thrice = (row: number): number[] => [...clicks(row), ...clicks(row), ...clicks(row)];
  /** Adds an item to the histories of some rows. */
  const planting =
    (rows: readonly number[], itemOf: (row: number) => number, list = clicks) =>
    (row: number): number[] => [...list(row), ...(rows.includes(row) ? [itemOf(row)] : [])];

  /** Leaks of about a share of all events: of 1,200 events, and of two in each planted row alone. */
  const cases = [
    { share: 0.001, rows: 1, list: thrice },
    { share: 0.01, rows: 11, list: thrice },
    { share: 0.5, rows: 20, list: null },
  ];
  const only =
    (rows: readonly number[]) =>
    (row: number): number[] =>
      rows.includes(row) ? clicksBefore(log, row, 1) : [];
  const expectShare = (data: PreparedData, leaks: number, share: number): void => {
    const ratio = leaks / data.histories('positive').item.length / share;
    expect(Math.abs(ratio - 1)).toBeLessThan(0.2);
  };

  it.each(cases)('of the row itself is found at $share of the events', ({ share, rows: count, list }) => {
    const rows = passed.slice(0, count);
    const { data, found } = auditOf(
      log,
      planting(rows, (row) => log[row]!.item, list ?? only(rows)),
    );
    expectShare(data, count, share);
    expect(found).toMatchObject({ leaks: 1, warnings: 0, notes: 0 });
    expect(finding(found, 'target-in-history')).toMatchObject({
      count,
      parts: { test: count },
      example: { row: rows[0], label: 0, item: `i${log[rows[0]!]!.item}` },
    });
  });

  it.each(cases)('of a later item is found at $share of the events', ({ share, rows: count, list }) => {
    const rows = lastPassed.slice(0, count).map((row) => row - 1);
    const { data, found } = auditOf(
      log,
      planting(rows, (row) => log[row + 1]!.item, list ?? only(rows)),
    );
    expectShare(data, count, share);
    expect(found).toMatchObject({ leaks: 1, warnings: 0, notes: 0 });
    expect(finding(found, 'history-after-impression')).toMatchObject({
      count,
      parts: { test: count },
      example: { row: rows[0], label: 1 },
      other: { row: rows[0]! + 1, label: 0 },
    });
  });

  it('is none where the user had met the item, though without a click', () => {
    const before = (row: number): number =>
      log.findIndex(({ user, click }) => user === log[row]!.user && click === 0);
    const rows = passed.slice(0, 8);
    const { found } = auditOf(
      log,
      planting(rows, (row) => log[before(row)]!.item),
    );
    expect(found.findings).toEqual([]);
  });

  it('is told apart by what the user did with the item before and after', () => {
    // User 0 passes item 90 over in the rows 2 and 4, and clicks it in row 6.
    const met = new Map([
      [2, 0],
      [4, 0],
      [6, 1],
    ]);
    const again = log.map((row, r) => (met.has(r) ? { ...row, item: 90, click: met.get(r)! } : row));
    const leaksAt = (planted: number) =>
      auditOf(again, (row) => [
        ...clicksBefore(again, row),
        ...(row === planted ? [90] : []),
      ]).found.findings.filter(({ severity }) => severity === 'leak');
    // Nobody had met it: the row itself. A click that was still to come: another. The first click: the row itself.
    const itself = (row: number) => [{ code: 'target-in-history', count: 1, example: { row } }];
    expect(leaksAt(2)).toMatchObject(itself(2));
    for (const row of [1, 3, 4, 5]) {
      const other = { row: 6 };
      expect(leaksAt(row)).toMatchObject([{ code: 'history-after-impression', example: { row }, other }]);
    }
    expect(leaksAt(6)).toMatchObject(itself(6));
    expect(leaksAt(7)).toEqual([]);
  });

  it('is counted once of each kind, however often a history holds the row itself', () => {
    const row = lastPassed[0]! - 1; // of a user who clicks here and passes the next one over
    const [own, next] = [log[row]!.item, log[row + 1]!.item];
    const leaksOf = (list: readonly number[]) =>
      auditOf(log, (r) => (r === row ? list : clicksBefore(log, r))).found.findings.map(({ code }) => code);
    const before = clicksBefore(log, row);
    expect(leaksOf([own, ...before, own, own])).toEqual(['target-in-history']);
    for (const list of [
      [next, own, ...before, own],
      [own, ...before, next, own],
      [own, own, ...before, next],
    ]) {
      expect(leaksOf(list)).toEqual(['target-in-history', 'history-after-impression']);
    }
  });
});

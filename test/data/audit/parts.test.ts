import { describe, expect, it } from '@jest/globals';
import { HeldVectors, type SplitName } from '../../../src/data/index.js';
import {
  audit,
  cleanRows,
  codes,
  countRows,
  finding,
  honest,
  ITEMS,
  preparedOf,
  sorted,
  withParts,
} from './clean.js';

const log = cleanRows();
const noHistory = { model: { ...honest.model, histories: [] } };

describe('rows in two parts', () => {
  it('are found when train rows are repeated in test and validation', () => {
    const again = [log[0]!, log[11]!, log[25]!].map((row) => ({ ...row, part: 'test' as const }));
    const held = { ...log[32]!, part: 'validation' as const };
    const rows = sorted([...log, ...again, held]);
    const found = audit(preparedOf(rows, {}), noHistory);
    const twin = rows.findIndex(({ part, user }) => part === 'test' && user === 0);
    expect(finding(found, 'rows-in-two-parts')).toMatchObject({
      severity: 'leak',
      count: 4,
      parts: { test: 3, validation: 1 },
      example: { row: twin, part: 'test', user: 'u0' },
      other: { part: 'train', user: 'u0', item: `i${log[0]!.item}` },
    });
    // They are the same pairs too, which is not told a second time; and they come before train rows.
    expect(codes(found)).toEqual(['rows-in-two-parts', 'train-after-test', 'future-of-other-users']);
  });

  it('are a warning where validation alone has them', () => {
    const rows = sorted([...log, { ...log[0]!, part: 'validation' as const }]);
    expect(finding(audit(preparedOf(rows), noHistory), 'rows-in-two-parts')).toMatchObject({
      severity: 'warning',
      parts: { validation: 1 },
    });
  });

  it('are found when a split names rows twice', () => {
    const data = preparedOf(log);
    const twice = {
      ...data,
      split: {
        ...data.split,
        test: Int32Array.from([...data.split.train.slice(0, 5)].concat([...data.split.test])).sort(),
      },
    };
    expect(finding(audit(twice, noHistory), 'rows-in-two-parts')).toMatchObject({
      count: 5,
      of: 125,
      parts: { test: 5 },
    });
  });

  it('are none when labels or times differ', () => {
    const rows = sorted([...log, { ...log[0]!, click: 1 - log[0]!.click, part: 'test' }]);
    const found = audit(preparedOf(rows), noHistory);
    expect(finding(found, 'rows-in-two-parts')).toBeUndefined();
    expect(finding(found, 'conflicting-labels')).toMatchObject({
      severity: 'warning',
      count: 2,
      parts: { train: 1, test: 1 },
    });
    // User 0 has 11 rows now, of which the last three are test, as is the planted one.
    expect(finding(found, 'pairs-in-two-parts')).toMatchObject({ severity: 'warning', count: 1, of: 82 });
  });
});

describe('validation', () => {
  const test = log.filter((_, row) => row % 10 >= 8);

  it('that has the rows of the test is told as that alone', () => {
    const rows = sorted(
      [
        ...log.filter((_, row) => row % 10 < 7),
        ...test.map((row) => ({ ...row, part: 'test' as const })),
        ...test.map((row) => ({ ...row, part: 'validation' as const })),
      ].map((row) => ({ part: 'train' as const, ...row })),
    );
    const found = audit(preparedOf(rows), noHistory);
    expect(finding(found, 'validation-is-test')).toMatchObject({
      severity: 'leak',
      count: 80,
      of: 80,
      example: { part: 'test' },
      other: { part: 'validation' },
    });
    expect(codes(found)).toEqual(['validation-is-test']);
  });

  it('that names the rows of the test is the same', () => {
    const data = preparedOf(log);
    const one = { ...data, split: { ...data.split, validation: data.split.test } };
    expect(codes(audit(one, noHistory))).toEqual(['validation-is-test']);
  });

  it('that shares but some of its rows with the test is a case of rows in two parts', () => {
    const data = preparedOf(log);
    const some = { ...data, split: { ...data.split, validation: data.split.test.slice(0, 79) } };
    const found = audit(some, noHistory);
    expect(codes(found)).toEqual(['rows-in-two-parts']);
    expect(found.findings[0]).toMatchObject({ count: 79, parts: { test: 79 } });
  });
});

it('counts test rows of a user and item that were trained on', () => {
  const met = log.map((row, r) => (r % 10 === 9 && r < 30 ? { ...row, item: log[r - 9]!.item } : row));
  const found = audit(preparedOf(met), noHistory);
  expect(finding(found, 'pairs-in-two-parts')).toMatchObject({
    severity: 'warning',
    count: 3,
    of: 80,
    example: { row: 9, part: 'test' },
    other: { row: 0, part: 'train' },
  });
});

describe('the order of the parts', () => {
  const random = (row: number): SplitName =>
    row % 10 === 2 ? 'test' : row % 10 === 4 ? 'validation' : 'train';
  const data = withParts(preparedOf(log), random);

  it('matters where rows after a test row are trained on', () => {
    const found = finding(audit(data, { ...noHistory, split: 'published' }), 'train-after-test');
    // Of each user's train rows the ones at 3 and 5..9.
    expect(found).toMatchObject({
      severity: 'warning',
      count: 6 * 40,
      of: 320,
      example: { row: 3, part: 'train' },
      other: { row: 2, part: 'test' },
    });
    for (const split of ['random', 'itemColdStart']) {
      expect(finding(audit(data, { ...noHistory, split }), 'train-after-test')!.severity).toBe('note');
    }
  });

  it('is noted where other users are tested before', () => {
    const late = log.map((row) => (row.user === 3 ? { ...row, time: row.time - 1e9 } : row));
    const shifted = preparedOf(late);
    const found = audit(shifted, noHistory);
    expect(codes(found)).toEqual(['future-of-other-users']);
    expect(found.findings[0]).toMatchObject({
      severity: 'note',
      count: 39 * 7,
      of: 280,
      other: { row: 38, user: 'u3' },
    });
  });
});

it('counts train rows of the user with the first test row against the tests of others', () => {
  // User 0 is tested at time 1, user 1 at time 3; either has a train row at time 5. Row 1 of user 0 lies before both.
  const rows = (
    [
      [0, 1, 'test'],
      [0, 5, 'train'],
      [1, 3, 'test'],
      [1, 5, 'train'],
      [1, 6, 'validation'],
    ] as const
  ).map(([user, time, part], item) => ({ user, item, time, click: item % 2, part }));
  const found = finding(audit(preparedOf([...rows]), noHistory), 'future-of-other-users');
  expect(found).toMatchObject({ count: 2, of: 2, example: { row: 1 }, other: { row: 2 } });
});

it('tells that the epoch is chosen on the test', () => {
  const found = audit(preparedOf(log), { selectOn: 'test' });
  expect(found).toMatchObject({
    leaks: 1,
    findings: [{ code: 'selected-on-test', count: 80, setting: 'train.selectOn: test' }],
  });
});

describe('what was fitted on the test', () => {
  const fitted = (fittedOn: 'train' | 'all') => ({
    items: { vectors: { cover: new HeldVectors(new Float32Array(ITEMS), 1, { fittedOn }) } },
  });
  const model = { ...honest.model, histories: [], items: ['cover'] };

  it('are vectors whose card says so, if there are items of the test alone', () => {
    const rows = log.map((row, r) => (r % 10 === 9 && r < 40 ? { ...row, item: 97 + row.user } : row));
    const vectors = (on: 'train' | 'all') => ({
      items: { vectors: { cover: new HeldVectors(new Float32Array(101), 1, { fittedOn: on }) } },
    });
    const found = audit(preparedOf(rows, vectors('all')), { model });
    expect(codes(found)).toEqual(['vectors-fitted-on-all']);
    expect(found.findings[0]).toMatchObject({
      severity: 'note',
      count: 4,
      of: 101,
      unit: 'items',
      subject: 'items.cover',
      example: { row: 9 },
    });
    expect(audit(preparedOf(rows, vectors('train')), { model }).findings).toEqual([]);
    expect(audit(preparedOf(rows, vectors('all')), noHistory).findings).toEqual([]); // not used
    expect(audit(preparedOf(log, fitted('all')), { model }).findings).toEqual([]);
  });

  it('are filters that count all rows', () => {
    const found = audit(preparedOf(log), { countsAll: ['data.filter'] });
    expect(found.findings).toMatchObject([
      { code: 'counted-on-all', severity: 'note', count: 120, setting: 'data.filter' },
    ]);
  });
});

it('leaves alone rows that are in no part', () => {
  const rows = sorted([
    ...log,
    { ...log[0]!, part: null },
    { ...log[11]!, click: 1 - log[11]!.click, part: null },
  ]);
  const data = preparedOf(rows);
  expect(countRows(data, (row) => rows[row]!.part === null)).toBe(2);
  expect(audit(data, noHistory).findings).toEqual([]);
});

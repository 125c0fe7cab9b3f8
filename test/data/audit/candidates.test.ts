import { describe, expect, it } from '@jest/globals';
import { type AuditedLists, candidateSampler } from '../../../src/data/index.js';
import { audit, cleanRows, finding, honest, preparedOf } from './clean.js';

const log = cleanRows();
const data = preparedOf(log);
const noHistory = { model: { ...honest.model, histories: [] } };
const anchor = data.split.test.filter((row) => data.label[row] === 1);
const listsOf = (candidates: (row: number) => readonly number[], relevant = 1): AuditedLists => ({
  anchor,
  relevant: new Int32Array(anchor.length).fill(relevant),
  candidates: (list) => Int32Array.from(candidates(anchor[list]!)),
});
const positivesOf = (user: number): number[] =>
  log.filter((row) => row.user === user && row.click === 1).map(({ item }) => item);

describe('candidates', () => {
  it('that mvrec draws hold their positive and no other of the user', () => {
    const candidates = candidateSampler(data, { kind: 'sampled', negatives: 20, by: 'uniform', seed: 1 });
    const lists = listsOf((row) => [...candidates(row)]);
    expect(audit(data, { ...noHistory, candidates: lists }).findings).toEqual([]);
  });

  it('that are positives of the user are counted', () => {
    // User 5's first two positives, which are train items, stand as negatives in the user's list.
    const [first, second] = positivesOf(5);
    const clean = [0, 1, 2, 3].filter((item) => !positivesOf(5).includes(item));
    const lists = listsOf((row) => [
      log[row]!.item,
      ...(log[row]!.user === 5 ? [first!, second!, ...clean] : []),
    ]);
    expect(
      finding(audit(data, { ...noHistory, candidates: lists }), 'candidates-hold-positives'),
    ).toMatchObject({
      severity: 'warning',
      count: 2,
      of: anchor.length + 2 + clean.length,
      unit: 'candidates',
      example: { user: 'u5', part: 'test' },
      other: { user: 'u5', item: `i${first}`, label: 1 },
    });
    // As items to be found they are in their place.
    expect(
      audit(data, { ...noHistory, candidates: { ...lists, relevant: lists.relevant.map(() => 3) } }).warnings,
    ).toBe(0);
  });

  it('that lack the positive are counted', () => {
    const lists = listsOf((row) => (log[row]!.user < 3 ? [] : [log[row]!.item]));
    expect(
      finding(audit(data, { ...noHistory, candidates: lists }), 'candidates-lack-positive'),
    ).toMatchObject({
      severity: 'warning',
      count: 3,
      of: 40,
      unit: 'lists',
      example: { row: anchor[0] },
    });
  });
});

it('notes how often a drawn negative is a positive of validation or test', () => {
  // By definition: warm items that the user clicks in validation or test, and has not clicked in train.
  const clickedIn = (user: number, from: number, to: number): Set<number> =>
    new Set(
      log
        .filter((row, r) => row.user === user && row.click === 1 && r % 10 >= from && r % 10 < to)
        .map(({ item }) => item),
    );
  const warm = new Set(log.filter((_, r) => r % 10 < 7).map(({ item }) => item));
  let pairs = 0;
  let wrong = 0;
  let draws = 0;
  for (let user = 0; user < 40; user++) {
    const known = clickedIn(user, 0, 7);
    const later = [...clickedIn(user, 7, 10)].filter((item) => warm.has(item) && !known.has(item));
    const positives = log.filter((row, r) => row.user === user && row.click === 1 && r % 10 < 7).length;
    pairs += later.length;
    draws += positives;
    wrong += (positives * later.length) / (warm.size - known.size);
  }
  const found = finding(audit(data, { ...noHistory, drawsNegatives: true }), 'negatives-hold-positives');
  expect(found!.value).toBeCloseTo(wrong / draws, 12);
  expect(found).toMatchObject({
    severity: 'note',
    count: pairs,
    of: log.filter(({ click }) => click === 1).length,
    unit: 'pairs',
    example: { label: 1 },
  });
  expect(audit(data, noHistory).findings).toEqual([]);
});

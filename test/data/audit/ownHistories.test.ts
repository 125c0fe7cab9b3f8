import { describe, expect, it } from '@jest/globals';
import { randomStream } from '../../../src/base/index.js';
import type { HistorySpec, PreparedData, SplitName } from '../../../src/data/index.js';
import { audit, cleanRows, countRows, finding, history, honest, preparedOf, withParts } from './clean.js';

const data = preparedOf(cleanRows());
const { user, time, item, userOffsets } = data.store.interactions;
const rows = [...data.label.keys()];
const clicks = data.histories('positive');
const partOf = (row: number, { split }: PreparedData = data): string =>
  (Object.keys(split) as SplitName[]).find((part) => split[part].includes(row))!;
const clicksOf = (u: number): number[] => rows.filter((row) => user[row] === u && data.label[row] === 1);
const using = (use: Partial<HistorySpec>, of: PreparedData = data) =>
  audit(of, {
    model: {
      ...honest.model,
      histories: [{ ...history, ...use, setting: `model.historyTarget: ${use.target}` }],
    },
  });

/** The same data, but histories end where `end` says. */
const withEnds = (end: (row: number) => number): PreparedData => ({
  ...data,
  histories: () => ({ ...clicks, causalEnd: clicks.causalEnd.map((_, row) => end(row)) }),
});

describe('causal histories', () => {
  it('that end one event too late hold the row itself', () => {
    const planted = [...data.split.train].filter((row) => data.label[row] === 1).slice(2, 5);
    const { causalEnd } = clicks;
    const found = using(
      {},
      withEnds((row) => causalEnd[row]! + (planted.includes(row) ? 1 : 0)),
    );
    expect(finding(found, 'target-in-history')).toMatchObject({
      severity: 'leak',
      count: 3,
      of: 400,
      parts: { train: 3 },
      example: { row: planted[0], user: `u${user[planted[0]!]}`, label: 1, part: 'train' },
    });
    expect(found.leaks).toBe(1);
  });

  it('that hold all clicks of the user see what comes later', () => {
    const { offsets, causalEnd } = clicks;
    const late = (row: number): boolean => user[row] === 7;
    const found = using(
      {},
      withEnds((row) => (late(row) ? offsets[8]! : causalEnd[row]!)),
    );
    const own = clicksOf(7);
    // The latest click is always among the last three.
    const seesOthers = (row: number): boolean => late(row) && own.some((at) => at > row);
    const expected = finding(found, 'history-after-impression');
    expect(expected).toMatchObject({
      count: countRows(data, seesOthers),
      example: { row: rows.find(seesOthers) },
    });
    expect(expected!.count).toBeGreaterThan(3);
    expect(finding(found, 'target-in-history')!.count).toBe(Math.min(3, own.length));
  });

  it('are judged by what the model reads of them', () => {
    // Of a list that grows to one click too many, a model that reads the first two never sees the last.
    const [row] = [...data.split.test].filter(
      (at) => data.label[at] === 1 && clicksOf(user[at]!).indexOf(at) > 2,
    );
    const wrong = withEnds((at) => clicks.causalEnd[at]! + (at === row ? 1 : 0));
    expect(finding(using({}, wrong), 'target-in-history')).toMatchObject({ count: 1, example: { row } });
    expect(using({ sample: 'first', length: 2 }, wrong).findings).toEqual([]);
  });

  it('that show rows of a later part to an earlier one are told', () => {
    const random = randomStream(1, 'parts');
    const drawn = rows.map(() => (['train', 'train', 'validation', 'test'] as const)[random.int(4)]!);
    const mixed = withParts(data, (row) => drawn[row]!);
    const order = { train: 0, validation: 1, test: 2 };
    const sees = (row: number): boolean =>
      clicksOf(user[row]!)
        .filter((at) => time[at]! < time[row]!)
        .slice(-3)
        .some((at) => order[drawn[at]!] > order[drawn[row]!]);
    const found = finding(using({}, mixed), 'later-part-in-history');
    expect(found).toMatchObject({ severity: 'leak', count: countRows(data, sees) });
    expect(found!.count).toBeGreaterThan(50);
    expect(found!.parts!.test).toBeUndefined();
  });

  it('without later events in an item cold-start split are clean, and not if they show these', () => {
    const cold = new Set([...data.split.test].map((row) => item[row]!));
    const byItem = withParts(data, (row) =>
      cold.has(item[row]!) ? 'test' : row % 9 === 0 ? 'validation' : 'train',
    );
    const found = audit(byItem, { split: 'itemColdStart' });
    const held = rows.filter((row) => data.label[row] === 1 && byItem.warmItems[item[row]!] === 0);
    expect(finding(found, 'test-items-in-history')).toMatchObject({ severity: 'leak', count: held.length });
    // Published the same way, the protocol may be a running one.
    expect(finding(audit(byItem, { split: 'published' }), 'test-items-in-history')!.severity).toBe('warning');
  });
});

describe('static histories', () => {
  const trainClicks = (u: number): number[] => clicksOf(u).filter((row) => partOf(row) === 'train');
  const seesLate = (row: number, events: readonly number[]): boolean =>
    events.some((at) => at !== row && time[at]! >= time[row]!);

  it.each([
    ['recent', (events: number[]) => events.slice(-3)],
    ['first', (events: number[]) => events.slice(0, 3)],
    ['random', (events: number[]) => events],
  ] as const)('with the target (include), %s', (sample, window) => {
    const found = using({ target: 'include', sample });
    const own = (row: number): boolean => window(trainClicks(user[row]!)).includes(row);
    const late = (row: number): boolean => seesLate(row, window(trainClicks(user[row]!)));
    expect(finding(found, 'target-in-history')).toMatchObject({
      severity: 'leak',
      count: countRows(data, own),
      parts: { train: countRows(data, own) },
      setting: 'model.historyTarget: include',
    });
    expect(finding(found, 'history-after-impression')).toMatchObject({
      count: countRows(data, late),
      parts: { train: countRows(data, late) }, // the test comes after the train part
    });
  });

  it('without the target (exclude) still show the future to train rows', () => {
    const found = using({ target: 'exclude' });
    const late = (row: number): boolean =>
      seesLate(
        row,
        trainClicks(user[row]!).filter((at) => item[at] !== item[row]),
      );
    expect(finding(found, 'target-in-history')).toBeUndefined();
    expect(finding(found, 'history-after-impression')).toMatchObject({
      count: countRows(data, late),
      setting: 'model.historyTarget: exclude',
    });
  });
});

describe('lists that hold some events of later parts', () => {
  /** Lists of the clicks that may be shown, causal and static alike. */
  const shown = (of: PreparedData, may: (row: number) => boolean): PreparedData => {
    const events = rows.filter((row) => data.label[row] === 1 && may(row));
    const before = (row: number): number => events.filter((at) => at < row).length;
    const offsets = userOffsets.map(before);
    const list = Int32Array.from(events, (row) => item[row]!);
    const causalEnd = Int32Array.from(rows, (row) => before(row));
    const lists = { offsets, item: list, causalEnd, trainOffsets: offsets, trainItem: list };
    return { ...of, histories: () => lists };
  };
  const random = randomStream(1, 'parts');
  const drawn = rows.map(() => (['train', 'train', 'validation', 'test'] as const)[random.int(4)]!);
  const mixed = withParts(data, (row) => drawn[row]!);

  it.each([
    ['validation', (row: number) => drawn[row] !== 'test'],
    [
      'a third of the test',
      (row: number) => drawn[row] === 'train' || (drawn[row] === 'test' && row % 3 === 0),
    ],
  ] as const)('are told: %s, causal', (_, may) => {
    const order = { train: 0, validation: 1, test: 2 };
    const sees = (row: number): boolean =>
      clicksOf(user[row]!)
        .filter((at) => at < row && may(at))
        .slice(-3)
        .some((at) => order[drawn[at]!] > order[drawn[row]!]);
    const found = finding(using({}, shown(mixed, may)), 'later-part-in-history');
    expect(found).toMatchObject({ severity: 'leak', count: countRows(data, sees) });
    expect(found!.count).toBeGreaterThan(10);
  });

  it('are told: validation, static', () => {
    const may = (row: number): boolean => partOf(row) !== 'test';
    const found = using({ target: 'include', length: 99 }, shown(data, may));
    const held = (u: number): boolean => clicksOf(u).some((at) => partOf(at) === 'validation');
    expect(finding(found, 'later-part-in-history')).toMatchObject({
      count: countRows(data, (row) => partOf(row) === 'train' && held(user[row]!)),
      parts: { train: expect.any(Number) },
    });
    const own = countRows(data, (row) => data.label[row] === 1 && partOf(row) === 'validation');
    expect(finding(found, 'target-in-history')!.parts!.validation).toBe(own);
    expect(own).toBeGreaterThan(10);
  });

  it('are judged as far as the log has a row for their events', () => {
    // The first event of every user becomes an item of which the user has no row.
    const { offsets } = clicks;
    const foreign = clicks.item.slice();
    const met = (u: number): number[] => rows.filter((row) => user[row] === u).map((row) => item[row]!);
    for (let u = 0; u + 1 < offsets.length; u++) {
      if (offsets[u]! < offsets[u + 1]!) foreign[offsets[u]!] = rows.find((one) => !met(u).includes(one))!;
    }
    const all = withEnds((row) => offsets[user[row]! + 1]!);
    const found = using(
      {},
      {
        ...all,
        histories: (events) => ({ ...all.histories(events), item: foreign }),
      },
    );
    const sees = (row: number): boolean =>
      clicksOf(user[row]!)
        .slice(1)
        .slice(-3)
        .some((at) => at > row);
    expect(finding(found, 'history-after-impression')!.count).toBe(countRows(data, sees));
  });
});

it('asks nothing about histories of a model without one', () => {
  const { offsets } = clicks;
  const all = withEnds((row) => offsets[user[row]! + 1]!);
  expect(audit(all, { model: { ...honest.model, histories: [] } }).findings).toEqual([]);
  expect(userOffsets[1]).toBe(10);
});

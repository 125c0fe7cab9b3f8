import { describe, expect, it } from '@jest/globals';
import { parseCard } from '../../../src/data/index.js';
import { audit, cleanRows, codes, finding, honest, preparedOf, sorted } from './clean.js';

const log = cleanRows();
const noHistory = { model: { ...honest.model, histories: [] } };

describe('duplicates', () => {
  it('are rows that repeat another in every column', () => {
    const rows = sorted([...log, log[4]!, log[4]!, { ...log[77]! }]);
    const repeat = rows.findIndex((row, r) => row.user === 7 && row.time === rows[r - 1]!.time);
    const position = Float32Array.from(rows, (_, r) => (r === repeat ? 1 : 0));
    const train = rows.map((row) => ({ ...row, part: 'train' as const }));
    const data = preparedOf(train, { columns: { position } });
    // One of the three has another position.
    expect(finding(audit(data, noHistory), 'exact-duplicates')).toMatchObject({
      severity: 'warning',
      count: 2,
      of: 403,
      example: { row: 5, user: 'u0' },
      other: { row: 4 },
    });
  });

  it('with both labels contradict each other at one moment, and may change over time', () => {
    const opposite = { ...log[13]!, click: 1 - log[13]!.click };
    const later = { ...log[20]!, click: 1 - log[20]!.click, time: log[26]!.time + 1 };
    const rows = sorted([...log, opposite, later]).map((row) => ({ ...row, part: 'train' as const }));
    const found = audit(preparedOf(rows), noHistory);
    expect(finding(found, 'conflicting-labels')).toMatchObject({
      severity: 'warning',
      count: 2,
      example: { row: 13, user: 'u1' },
      other: { row: 14, user: 'u1' },
    });
    expect(finding(found, 'changing-labels')).toMatchObject({
      severity: 'note',
      count: 2,
      example: { user: 'u2' },
      other: { user: 'u2' },
    });
    expect(finding(found, 'exact-duplicates')).toBeUndefined();
  });
});

describe('the label', () => {
  it('that is constant in a part is told, more mildly where a catalogue is ranked', () => {
    const positives = preparedOf(log.map((row, r) => (r % 10 >= 8 ? { ...row, click: 1 } : row)));
    const found = audit(positives, noHistory);
    expect(codes(found)).toEqual(['label-constant']);
    expect(found.findings[0]).toMatchObject({
      severity: 'warning',
      count: 80,
      of: 400,
      parts: { test: 80 },
      subject: 'is_click',
    });
    expect(audit(positives, { ...noHistory, ranksUnlogged: true }).warnings).toBe(0);
  });

  it('that is constant for users leaves them out of per-user metrics', () => {
    const constant = (users: number) =>
      audit(
        preparedOf(
          log.map((row, r) => (r % 10 >= 8 && row.user < users ? { ...row, click: row.user % 2 } : row)),
        ),
        noHistory,
      );
    expect(constant(5).findings).toMatchObject([
      {
        code: 'label-constant-per-user',
        severity: 'note',
        count: 5,
        of: 40,
        unit: 'users',
        value: 10 / 80,
        example: { row: 8 },
      },
    ]);
    expect(constant(21)).toMatchObject({ warnings: 1, findings: [{ count: 21 }] });
  });

  it('that another column holds is told, by itself, as its opposite, or by a threshold', () => {
    const click = Float32Array.from(log, (row) => row.click);
    const found = audit(
      preparedOf(log, {
        columns: {
          same: click,
          opposite: click.map((value) => 1 - value),
          played: click.map((value, row) => (value === 1 ? 5000 + row : 4999 - row)),
          left: click.map((value, row) => (value === 1 ? row / 1000 : 1 + row)),
          nearly: click.map((value, row) => (row === 250 ? 1 - value : value)),
        },
      }),
      noHistory,
    );
    // Of `played` the least click is that of the first row; of `left` the least other is that of the second.
    expect(log.slice(0, 2).map((row) => row.click)).toEqual([1, 0]);
    expect(
      found.findings.map(({ code, severity, subject, count }) => [code, severity, subject, count]),
    ).toEqual([
      ['label-equals-column', 'warning', 'same', 400],
      ['label-equals-column', 'warning', 'opposite', 400],
      ['label-from-column', 'note', 'played >= 5000', 400],
      ['label-from-column', 'note', 'left < 2', 400],
    ]);
  });
});

describe('times', () => {
  it('that a log counts from its beginning are of one unit, whatever their size', () => {
    const first = log[0]!.time;
    const counted = log.map((row, r) => ({ ...row, time: row.time === first ? 10 : 4.9e8 + r }));
    expect(finding(audit(preparedOf(sorted(counted)), noHistory), 'mixed-time-units')).toBeUndefined();
  });

  it.each([
    ['seconds among milliseconds', 1 / 1000],
    ['microseconds among milliseconds', 1000],
    ['days among milliseconds', 1 / 86_400_000],
  ])('in two units: %s', (_, factor) => {
    const mixed = sorted(log.map((row) => (row.user === 2 ? { ...row, time: row.time * factor } : row)));
    const found = finding(audit(preparedOf(mixed), noHistory), 'mixed-time-units');
    expect(found).toMatchObject({
      severity: 'warning',
      count: 10,
      of: 400,
      example: { user: 'u2' },
      other: { row: 0 },
    });
  });

  it('that are 0 or negative beside others since 1970', () => {
    const rows = sorted(
      log.map((row, r) => (r % 10 === 0 && r < 30 ? { ...row, time: r === 20 ? -5 : 0 } : row)),
    );
    const found = audit(preparedOf(rows), noHistory);
    expect(codes(found)).toEqual(['times-not-positive']);
    expect(found.findings[0]).toMatchObject({
      severity: 'warning',
      count: 3,
      of: 400,
      example: { row: 0, time: 0 },
    });
  });

  it('that are counted from the beginning of a log may be 0 and grow past any unit', () => {
    const relative = log.map((row) => ({ ...row, time: (row.time - log[0]!.time) * 10_000 }));
    expect(Math.max(...relative.map(({ time }) => time))).toBeGreaterThan(3e9);
    expect(audit(preparedOf(relative), noHistory).findings).toEqual([]);
  });

  it('that are places in an order mean nothing across users, and have no unit', () => {
    const places = sorted(log).map((row, r) => ({ ...row, time: r }));
    const card = parseCard(
      'name: a\ntitle: a\nfiles: { log: { path: a.csv } }\ninteractions: { file: log, user: u, item: i, columns: [is_click] }',
      'card',
    );
    expect(codes(audit(preparedOf(places), noHistory))).toEqual(['future-of-other-users']);
    expect(audit(preparedOf(places), { ...noHistory, card }).findings).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { type AuditSettings, type Card, parseCard } from '../../../src/data/index.js';
import { audit, cleanRows, honest, preparedOf } from './clean.js';

/** 40 users with 7 train rows each, 3 of them with label 1: 120 of 280. */
const log = cleanRows();
const click = Float32Array.from(log, (row) => row.click);
const isTrain = (row: number) => row % 10 < 7;

/** What is found where a model reads a column of the row. */
function found(name: string, values: Float32Array, more: Partial<AuditSettings> = {}) {
  const model = { ...honest.model, histories: [], columns: [name] };
  return audit(preparedOf(log, { columns: { [name]: values } }), { model, ...more }).findings;
}

const hours = Float32Array.from(log, (_, row) => (7 * row) % 24);
const leak = (code: string, subject: string) => [{ code, severity: 'leak', count: 280, of: 280, subject }];

const cardOf = (columns: string): Card =>
  parseCard(
    `name: a\ntitle: a\nfiles: { log: { path: log.csv } }\ninteractions: { file: log, user: u, item: i, time: t, columns: ${columns} }`,
    'card',
  );

describe('a column of the row as a field', () => {
  it('is fine where it is known when the item is shown', () => expect(found('hour', hours)).toEqual([]));

  it('is a leak where it is the label', () => {
    expect(found('is_click', click)).toMatchObject(leak('feature-of-label', 'log.is_click'));
  });

  it('or is made of the column that the label is made of', () => {
    const card = cardOf(
      '{ is_click: { column: seen, over: whole, atLeast: 0.5 }, part: seen, whole: whole }',
    );
    expect(found('part', hours, { card })).toMatchObject(leak('feature-of-label', 'log.part (column seen)'));
    expect(found('whole', hours, { card })).toEqual([]); // how long the video is
  });

  it.each([
    'playing_time_ms',
    'play_duration',
    'watch_ratio',
    'finished',
    'watched_twice',
    'long_view',
    'is_like',
    'is_hate',
    'is_profile_enter',
    'comment_stay_time',
    'satisfaction',
    'label',
  ])('or has the name of an outcome: %s', (name) => {
    expect(found(name, hours)).toMatchObject(leak('field-of-outcome', `log.${name}`));
  });

  it.each(['hourmin', 'tab', 'is_rand', 'position', 'session', 'duration_ms', 'video_duration', 'channel'])(
    'but not one that is known before: %s',
    (name) => expect(found(name, hours)).toEqual([]),
  );

  it('or is such a column by another name, or one that the card makes a label of', () => {
    const card = cardOf(
      '{ is_click: click, spent: { column: end_time, minus: play_time }, long: { column: q, atLeast: 3 }, raw: q }',
    );
    expect(found('spent', hours, { card })).toMatchObject(
      leak('field-of-outcome', 'log.spent (column end_time)'),
    );
    expect(found('long', hours, { card })).toMatchObject(leak('field-of-outcome', 'log.long (column q)'));
    expect(found('raw', hours, { card })).toEqual([]);
  });

  it.each([
    ['of the data', { history: 'liked_it' }],
    ['of the data, negative', { negativeHistory: 'liked_it' }],
  ])('or makes the history %s', (_, more) => {
    const leaks = found('liked_it', hours, more).filter(({ severity }) => severity === 'leak');
    expect(leaks).toMatchObject(leak('field-of-outcome', 'log.liked_it'));
  });

  it('or a history of the model', () => {
    const events = { ...honest.model.histories[0]!, events: { column: 'noted' } };
    const model = { ...honest.model, histories: [events], columns: ['noted'] };
    const ones = click.map(() => 1);
    expect(audit(preparedOf(log, { columns: { noted: ones } }), { model }).findings).toMatchObject(
      leak('field-of-outcome', 'log.noted'),
    );
  });

  it('must be one of the log', () => {
    const model = { ...honest.model, columns: ['houw'] };
    expect(() => audit(preparedOf(log, { columns: { hour: hours } }), { model })).toThrow(
      'made by hand has no column houw, which the model asks for',
    );
  });
});

describe('a column that tells the label', () => {
  /** All rows have a value of their own, in the order of the label but for some train rows of label 1, which come first. */
  const but = (wrong: number) => {
    let left = wrong;
    return click.map((y, row) => (y === 0 ? row : isTrain(row) && left-- > 0 ? -1 - row : 1000 + row));
  };
  // Of 120 x 160 pairs those of the wrong ones are lost: AUC = 1 - wrong / 120.
  it.each([
    [2, 'leak', 1 - 2 / 120],
    [3, 'warning', 1 - 3 / 120],
  ])('by its order, but for %d of 120 rows, is a %s', (wrong, severity, value) => {
    for (const values of [but(wrong), but(wrong).map((x) => -x)]) {
      const [only, ...others] = found('speed', values);
      expect(others).toEqual([]);
      expect(only).toMatchObject({ code: 'feature-tells-label', severity, subject: 'log.speed' });
      expect(only!.value).toBeCloseTo(value, 12);
    }
  });

  it('is none when it does so for fewer', () => expect(found('speed', but(7))).toEqual([]));

  it('by its values alone is found as well, missing ones among them', () => {
    // Label 1 has 0 or 4, label 0 has 2 or none: no order tells them apart.
    const values = click.map((y, row) => (y === 1 ? 4 * (row % 2) : row % 2 ? 2 : Number.NaN));
    expect(found('shelf', values)).toMatchObject([
      { code: 'feature-tells-label', severity: 'leak', subject: 'log.shelf', value: 1 },
    ]);
  });
});

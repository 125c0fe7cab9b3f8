import { describe, expect, it } from '@jest/globals';
import { type Card, HeldVectors, parseCard } from '../../../src/data/index.js';
import { audit, cleanRows, codes, finding, honest, ITEMS, preparedOf } from './clean.js';

const log = cleanRows();
const uses = (...items: string[]) => ({ model: { ...honest.model, histories: [], items } });

/** Items that occur once each, so that what a row says of its item is the row's own. */
const once = log.map((row, r) => ({ ...row, item: r }));
const clicks = Int32Array.from(once, ({ click }) => click);

function cardOf(text: string): Card {
  return parseCard(
    `name: a\ntitle: a\nfiles: { log: { path: log.csv }, videos: { path: videos.csv } }
interactions: { file: log, user: u, item: i, time: t, columns: ${text}`,
    'card',
  );
}

describe('a feature that tells the label', () => {
  it('is a category that was made of the row', () => {
    const bucket = { values: clicks.map((click, r) => 2 * (r % 3) + click), cardinality: 6 };
    const found = audit(preparedOf(once, { items: { categories: { bucket } } }), uses('bucket'));
    expect(codes(found)).toEqual(['feature-tells-label']);
    expect(found.findings[0]).toMatchObject({
      severity: 'leak',
      count: 280,
      of: 280,
      subject: 'items.bucket',
      value: 1,
      example: { label: 1 },
    });
    expect(audit(preparedOf(once, { items: { categories: { bucket } } }), uses('id')).findings).toEqual([]);
  });

  it('is a warning when it does so nearly', () => {
    // 1 row in 40 is wrong: of positives and negatives about 2.5 % each, so the AUC is about 0.975.
    const bucket = { values: clicks.map((click, r) => (r % 40 === 0 ? 1 - click : click)), cardinality: 2 };
    const found = audit(preparedOf(once, { items: { categories: { bucket } } }), uses('bucket'));
    expect(finding(found, 'feature-tells-label')).toMatchObject({ severity: 'warning' });
    expect(finding(found, 'feature-tells-label')!.value).toBeCloseTo(0.975, 1);
  });

  it('is none when each value has a row of its own, though in train it would seem so', () => {
    const hash = { values: Int32Array.from(once.keys()), cardinality: once.length };
    expect(audit(preparedOf(once, { items: { categories: { hash } } }), uses('hash')).findings).toEqual([]);
  });

  it('is a column of a vector, in either direction', () => {
    const width = 3;
    const matrix = Float32Array.from({ length: width * once.length }, (_, i) => Math.sin(7 * i));
    once.forEach(({ click }, r) => {
      matrix[width * r + 1] = click === 1 ? -r : 1 + r;
    });
    const vectors = { numbers: new HeldVectors(matrix, width) };
    const found = audit(preparedOf(once, { items: { vectors } }), uses('numbers'));
    expect(found.findings).toMatchObject([
      { code: 'feature-tells-label', severity: 'leak', subject: 'items.numbers[1]', value: 1 },
    ]);
  });

  it('is not looked for in few rows', () => {
    const few = once.slice(0, 100);
    const bucket = { values: clicks, cardinality: 2 };
    expect(audit(preparedOf(few, { items: { categories: { bucket } } }), uses('bucket')).findings).toEqual(
      [],
    );
  });
});

describe('where a feature comes from', () => {
  const category = { values: Int32Array.from({ length: ITEMS }, (_, i) => i % 5), cardinality: 5 };
  const data = (name: string, columns = {}) =>
    preparedOf(log, { items: { categories: { [name]: category } }, columns });

  it('may be the column of the label', () => {
    const card = cardOf(
      '{ is_click: { column: playing, over: duration, atLeast: 0.5 } } }\nitems: { categories: { seen: { column: playing }, long: { column: duration }, same: { file: videos, column: playing } } }',
    );
    const found = audit(data('seen'), { ...uses('seen'), card });
    expect(found.findings).toMatchObject([
      { code: 'feature-of-label', severity: 'leak', count: 280, subject: 'items.seen (column playing)' },
    ]);
    // What the label is divided by is known before; and a table of videos is no log.
    expect(audit(data('long'), { ...uses('long'), card }).findings).toEqual([]);
    expect(audit(data('same'), { ...uses('same'), card }).findings.map(({ code }) => code)).not.toContain(
      'feature-of-label',
    );
  });

  it('may be a column of the log that differs between rows of one item', () => {
    const card = cardOf(
      '[is_click, ms] }\nitems: { categories: { bucket: { column: ms, bucket: log2Seconds } } }',
    );
    const constant = Float32Array.from(log, ({ item }) => 1000 * item);
    expect(audit(data('bucket', { ms: constant }), { ...uses('bucket'), card }).findings).toEqual([]);
    const twice = [200, 201, 350].filter((row) => log.findIndex(({ item }) => item === log[row]!.item) < row);
    const ms = constant.map((value, row) => (twice.includes(row) ? value + 1 : value));
    const found = audit(data('bucket', { ms }), { ...uses('bucket'), card });
    expect(found.findings).toMatchObject([
      {
        code: 'feature-varies',
        severity: 'warning',
        count: 3,
        subject: 'items.bucket (column ms)',
        example: { row: 200 },
        other: { item: `i${log[200]!.item}` },
      },
    ]);
  });

  it('may be such a column that the store has not kept: then the import has counted', () => {
    const card = cardOf('[is_click] }\nitems: { categories: { leak: { column: leak } } }');
    const varying = (count: number) =>
      preparedOf(log, { items: { categories: { leak: { ...category, varying: count } } } });
    expect(audit(varying(17), { ...uses('leak'), card }).findings).toMatchObject([
      {
        code: 'feature-varies',
        severity: 'warning',
        count: 17,
        of: ITEMS,
        unit: 'items',
        subject: 'items.leak (column leak)',
      },
    ]);
    expect(audit(varying(0), { ...uses('leak'), card }).findings).toEqual([]);
    // Of a table of items that is no log it says nothing about the impression.
    const table = cardOf('[is_click] }\nitems: { categories: { leak: { file: videos, column: leak } } }');
    expect(audit(varying(17), { ...uses('leak'), card: table }).findings).toEqual([]);
  });

  it.each([
    'play_time_ms',
    'playing_time',
    'watch_ratio',
    'stay_time',
    'long_view',
    'is_like',
    'finish',
    'play_cnt',
    'like_user_num',
  ])('may speak of an outcome: %s', (name) => {
    expect(audit(data(name), uses(name)).findings).toMatchObject([
      { code: 'feature-named-like-outcome', severity: 'warning', subject: `items.${name}` },
    ]);
    const card = cardOf(`[is_click] }\nitems: { categories: { bucket: { column: ${name} } } }`);
    expect(
      finding(audit(data('bucket'), { ...uses('bucket'), card }), 'feature-named-like-outcome')!.subject,
    ).toBe(`items.bucket (column ${name})`);
  });

  it.each([
    'duration_ms',
    'author',
    'category',
    'cover',
    'tag',
    'music',
    'upload_type',
    'city',
    'comments_allowed',
  ])('may as well be known before: %s', (name) => expect(audit(data(name), uses(name)).findings).toEqual([]));
});

it('notes a history of rows with any play time', () => {
  const played = Float32Array.from(log, ({ click }, row) => (click === 1 ? 100 + (row % 7) : row % 3));
  const data = preparedOf(log, { columns: { played }, history: 'played' });
  const found = audit(data, { history: 'played' });
  const measures = played.filter((value) => value > 1).length;
  expect(finding(found, 'history-of-measure')).toMatchObject({
    severity: 'note',
    count: measures,
    subject: 'played',
  });
  expect(finding(audit(data, { history: 'is_click' }), 'history-of-measure')).toBeUndefined();
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { cardSchema } from '../../src/data/card.js';
import { parseCard, readCard } from '../../src/data/index.js';
import { effort, temporaryFolder } from '../support/index.js';
import { fc } from '../support/property.js';
import {
  above,
  changed,
  columns,
  cover,
  good,
  history,
  log,
  md5,
  problemsOf,
  refuses,
  whole,
} from './cardFixture.js';

describe('parseCard', () => {
  it('fills in the defaults', () => {
    expect(parseCard(good, 'card.yaml')).toEqual({
      name: 'tiny',
      title: 'A tiny log',
      files: { log: { path: 'log.csv', table: 'rows', delimiter: 'comma', quotes: 'double' } },
      interactions: {
        file: 'log',
        user: 'u',
        item: 'v',
        columns: ['click'],
        timeFormat: 'number',
        missingTime: 'refuse',
        histories: {},
        duplicates: 'keep',
        ties: 'source',
      },
      items: { categories: {}, tags: {}, texts: {}, vectors: {} },
      users: { categories: {}, tags: {}, texts: {}, vectors: {} },
      notes: [],
    });
  });

  it('takes what may be written in more than one way', () => {
    for (const text of [
      log(
        '{ path: [a.csv, b.csv], md5: [0123456789abcdef0123456789abcdef, ffffffffffffffffffffffffffffffff] }',
      ),
      log('{ path: log.csv, itemOffset: 3 }'),
      log('{ path: log.csv, itemOffset: covers.npy }'),
      log('{ path: log.pkl, reader: kuaishou-pickle, table: lists }'),
      columns(
        '{ click: is click, ratio: { column: played, over: length }, click.2: { column: x, atLeast: 0.5 } }',
      ),
      columns('[]\n  positives: is_positive'),
      columns('[click, t]'), // times are kept as float32, too, if somebody wants to
      above('time', 'part: { column: p, values: { 0: train, 1: test } }'),
      history('{ file: videos, column: h, byRow: true, length: n, padding: "0" }'),
      cover('{ path: [a.npy, b.h5], values: v, keys: k, clips: 4 }'),
      cover('{ file: videos, column: emb, separator: " " }'),
    ]) {
      expect(problemsOf(text)).toEqual([]);
    }
  });

  it('takes what it gives: a card with every default written out', () => {
    const cards = [
      good,
      whole,
      log('{ path: log.parquet }'),
      cover('{ path: cover.npy, ids: ids.txt }'),
      cover('{ file: videos, columns: [a] }'),
    ];
    for (const text of cards) {
      const card = parseCard(text, 'card.yaml');
      expect(parseCard(JSON.stringify(card), 'card.json')).toEqual(card);
    }
  });

  it('says all that is wrong at once', () => {
    const bad = good.replace('  user: u', '  usr: u').replace('title: A tiny log\n', '');
    expect(problemsOf(bad).map(({ problem }) => problem)).toEqual([
      'unknown key interactions.usr',
      'interactions.user is missing',
      'title is missing',
    ]);
    const apart = whole.replace('file: log', 'file: lock').replace('file: videos', 'file: video');
    expect(problemsOf(apart).map(({ place }) => place.line)).toEqual([7, 14]);
  });
});

describe('a text that is no card', () => {
  refuses([
    ['nothing', '', ['', 'the file is empty\n  A card needs name, title, files and interactions']],
    ['comments', '# to do\n', ['', 'the file is empty']],
    ['a list', '- log.csv\n', ['1:1', 'expected a map of options (key: value), found a list']],
    ['a word', 'log.csv\n', ['1:1', 'expected a map of options (key: value), found a single value']],
    ['broken YAML', changed('[click]', '[click', good), ['10:1', 'not valid YAML']],
    ['a tab', 'name: tiny\n\ttitle: A tiny log\n', ['2:1', 'a tab indents this line']],
    ['a key given twice', `${good}name: again\n`, ['10:1', 'this key is given twice']],
    ['an alias of nothing', changed('[click]', '*click', good), ['9:12', '*click refers to nothing']],
    ['two documents', `${good}---\n${good}`, ['10:1', 'a second document begins here']],
  ]);
});

describe('readCard', () => {
  it('reads a file, and keeps its text', async () => {
    const path = join(temporaryFolder(), 'card.yaml');
    writeFileSync(path, `# A comment\n${good}`);
    const { card, text } = await readCard(path);
    expect(card).toEqual(parseCard(good, 'card.yaml'));
    expect(text).toBe(`# A comment\n${good}`);
  });

  it.each([
    ['no text', `${good}\0`, 'card.yaml: not a text file'],
    ['very much', '#'.repeat(1_000_001), 'card.yaml: larger than 1000000 bytes\n  That is not a card.'],
    ['nothing', '', 'card.yaml: the file is empty'],
  ])('refuses a file of %s', async (_, text, message) => {
    const path = join(temporaryFolder(), 'card.yaml');
    writeFileSync(path, text);
    await expect(readCard(path)).rejects.toThrow(message);
  });

  it('names the cards there are where there is none of that name', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'mine.yaml'), good);
    await expect(readCard(join(folder, 'mnie.yaml'))).rejects.toThrow(
      /there is no file .*\n {2}Did you mean .*mine\.yaml\?/,
    );
    await expect(readCard(folder)).rejects.toThrow('is a folder, not a card');
  });
});

describe('the checks and the schema', () => {
  type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
  const valid = parse(
    `${whole.replace('[click]', '{ click: x, ratio: { column: p, over: d } }')}users: { vectors: { like: { file: videos, columns: [a] } } }
expect: { rows: 3, positives: { click: 2 } }
`,
  ) as Json;

  const keys = ['name', 'path', 'file', 'column', 'columns', 'click', 'x', 'part', 'values', 'md5', 'clips'];
  const piece = fc.oneof(
    fc.constantFrom<Json>(null, true, false, -1, 0, 1, 1.5, '', 'a', 'a b', 'train', md5, 'rank', [], {}),
    fc.array(fc.constantFrom<Json>('a', 'a b', 7, null), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom(...keys), fc.constantFrom<Json>('a', 7, [], { column: 'a' }), {
      maxKeys: 3,
    }),
  );

  /** Puts a piece at a random place: in the place of something, or under a new key. */
  function altered(value: Json, choices: readonly number[], key: string, by: Json): Json {
    const [choice = 0, ...rest] = choices;
    if (value === null || typeof value !== 'object') return by;
    if (Array.isArray(value))
      return value.map((item, i) => (i === choice % value.length ? altered(item, rest, key, by) : item));
    const names = Object.keys(value);
    const at = choice % (names.length + 2);
    if (at === names.length) return by;
    if (at > names.length) return { ...value, [key]: by };
    return Object.fromEntries(
      Object.entries(value).map(([name, child], i) => [
        name,
        i === at ? altered(child, rest, key, by) : child,
      ]),
    );
  }

  it('refuse the same cards', () => {
    let refused = 0;
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 20 }), { minLength: 6, maxLength: 6 }),
        fc.constantFrom(...keys),
        piece,
        (choices, key, by) => {
          const card = altered(valid, choices, key, by);
          const problems = problemsOf(stringify(card));
          const broken = !cardSchema.safeParse(card).success;
          if (broken) refused++;
          // What the schema takes may still break a rule of several keys, which no words of the schema tell.
          if (broken) expect(problems).not.toEqual([]);
          else
            for (const { problem } of problems) expect(problem).not.toMatch(/unknown key|missing|Expected/);
          for (const { message } of problems) {
            expect(message).toMatch(/^card\.yaml(:\d+:\d+)?: /);
            expect(message).not.toMatch(/undefined|\[object|Invalid/);
          }
        },
      ),
      { numRuns: 200 * effort },
    );
    expect(refused).toBeGreaterThan(30 * effort);
  });
});

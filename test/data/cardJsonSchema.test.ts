import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { describeIf, projectRoot } from '../support/index.js';
import { editorsSchema, keysWithoutMeaning, schemaErrors, schemaValidator } from '../support/jsonSchema.js';
import { above, changed, columns, cover, good, history, log, whole } from './cardFixture.js';

const schema = editorsSchema('card');
const errorsOf = (texts: readonly string[]): number[] =>
  schemaErrors(
    schema,
    texts.map((text) => parse(text)),
  );

describeIf(schemaValidator.exists, schemaValidator.reason)("the editors' schema of cards", () => {
  it('accepts every card of the project', () => {
    const folder = join(projectRoot, 'datasets');
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const cards = names.filter((name) => name.endsWith('.yaml') && !name.startsWith('fixtures'));
    expect(cards.length).toBeGreaterThan(20);
    const texts = cards.map((name) => readFileSync(join(folder, name), 'utf8'));
    expect(errorsOf(texts)).toEqual(cards.map(() => 0));
  });

  it('accepts what may be written in more than one way, and refuses wrong keys and values at every level', () => {
    const right = [
      good,
      whole,
      columns('{ click: x, ratio: { column: played, over: length } }'),
      log('{ path: [a.csv, b.csv], itemOffset: covers.npy }'),
      cover('{ file: videos, columns: [a, b] }'),
    ];
    const wrong = [
      changed('title: A tiny log\n', ''),
      log('{ path: log.csv, delimeter: tab }'),
      log('{ path: log.csv, itemOffset: -1 }'),
      columns('[is like]'),
      columns('{ click: { column: x, atleast: 1 } }'),
      above('time', 'part: { column: p, values: { 0: tets } }'),
      history('{ column: h, separator: "::" }'),
      cover('{ path: cover.npy, file: videos }'),
      changed('  videos:', '  the videos:'),
    ];
    expect(errorsOf(right)).toEqual(right.map(() => 0));
    expect(errorsOf(wrong).map((count) => count > 0)).toEqual(wrong.map(() => true));
  });
});

describe("the editors' schema of cards", () => {
  it('says what every key means', () => {
    expect(keysWithoutMeaning(schema)).toEqual([]);
  });
});

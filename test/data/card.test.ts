import { describe, expect, it } from '@jest/globals';
import { UserErrors } from '../../src/base/index.js';
import { parseCard } from '../../src/data/index.js';

const good = `name: tiny
title: A tiny log
files:
  log: { path: log.csv }
interactions:
  file: log
  user: u
  item: v
  columns: [click]
`;

describe('parseCard', () => {
  it('fills in the defaults', () => {
    expect(parseCard(good, 'card.yaml')).toEqual({
      name: 'tiny',
      title: 'A tiny log',
      files: { log: { path: 'log.csv', table: 'rows', delimiter: 'comma' } },
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
      items: { categories: {}, tags: {}, vectors: {} },
      users: { categories: {}, tags: {}, vectors: {} },
      notes: [],
    });
  });

  it.each([
    [
      'an unknown key',
      `${good}license: MIT\n`,
      'card.yaml:10:1: unknown key license\n  Did you mean licence?',
    ],
    [
      'an unknown key below',
      good.replace('  user: u', '  users: u'),
      'card.yaml:7:3: unknown key interactions.users\n  Did you mean user?',
    ],
    ['a missing key', good.replace('  user: u\n', ''), 'card.yaml:5:1: interactions.user is missing'],
    ['a wrong type', good.replace('[click]', '7'), 'card.yaml:9:3: interactions.columns'],
    [
      'an unknown file',
      good.replace('file: log', 'file: lock'),
      'card.yaml:6:3: interactions.file: there is no file lock in files\n  Did you mean log?',
    ],
    [
      'a column that is kept and made',
      good.replace('columns: [click]', 'columns: [click]\n  positives: click'),
      'interactions: click is both a kept column and the one of positives',
    ],
    ['a name that cannot be a file', good.replace('[click]', '["a/b"]'), 'interactions.columns'],
    ['a duplicate key', `${good}name: again\n`, 'card.yaml:10:1: not valid YAML'],
    ['broken YAML', good.replace('[click]', '[click'), 'not valid YAML'],
    [
      'a wrong md5',
      good.replace('log.csv', 'log.csv, md5: abc'),
      'card.yaml:4:25: files.log.md5: expected 32 hexadecimal digits',
    ],
    ['an empty text', '', 'the card'],
    ['an alias to nothing', good.replace('[click]', '*click'), 'not valid YAML'],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseCard(text, 'card.yaml')).toThrow(message);
  });

  it('says all that is wrong at once', () => {
    const bad = good.replace('  user: u', '  usr: u').replace('title: A tiny log\n', '');
    try {
      parseCard(bad, 'card.yaml');
      throw new Error('was accepted');
    } catch (error) {
      expect(error).toBeInstanceOf(UserErrors);
      expect((error as UserErrors).all.map(({ problem }) => problem).sort()).toEqual([
        'interactions.user is missing',
        'title is missing',
        'unknown key interactions.usr',
      ]);
    }
  });
});

import { expect, it } from '@jest/globals';
import { UserError, UserErrors } from '../../src/base/index.js';
import { parseCard } from '../../src/data/index.js';

/** The smallest card. */
export const good = `name: tiny
title: A tiny log
files:
  log: { path: log.csv }
interactions:
  file: log
  user: u
  item: v
  columns: [click]
`;

/** A card in which most keys have a place. The lines of the texts below are counted in it. */
export const whole = `name: tiny
title: A tiny log
files:
  log: { path: log.csv }
  videos: { path: videos.csv }
interactions:
  file: log
  user: u
  item: v
  time: t
  columns: [click]
items:
  categories:
    author: { file: videos, key: id, column: by }
  tags:
    tag: { column: tags }
  vectors:
    cover: { path: cover.npy }
`;

export function problemsOf(text: string): readonly UserError[] {
  try {
    parseCard(text, 'card.yaml');
  } catch (error) {
    if (error instanceof UserErrors) return error.all;
    if (error instanceof UserError) return [error];
    throw error;
  }
  return [];
}

/** Lines and columns are where an editor would put the cursor, counted by hand. */
export type Mistake = [what: string, text: string, ...problems: [place: string, message: string][]];

export function refuses(mistakes: readonly Mistake[]): void {
  it.each(mistakes.map((mistake) => [mistake[0], mistake] as const))('%s', (_, [, text, ...expected]) => {
    const problems = problemsOf(text).map(({ message }) => message);
    expect(problems).toHaveLength(expected.length);
    expected.forEach(([place, message], i) => {
      expect(problems[i]).toContain(`card.yaml${place === '' ? '' : `:${place}`}: ${message}`);
    });
  });
}

/** The card with a piece in the place of another, which it must have. */
export function changed(from: string, to: string, card = whole): string {
  if (!card.includes(from)) throw new Error(`the card has no ${from}`);
  return card.replace(from, () => to);
}
export const log = (keys: string): string => changed('{ path: log.csv }', keys);
export const columns = (value: string): string => changed('[click]', value);
export const above = (key: string, line: string): string => changed(`  ${key}:`, `  ${line}\n  ${key}:`);
export const history = (keys: string): string => above('columns', `histories: { clicks: ${keys} }`);
export const cover = (value: string): string => changed('{ path: cover.npy }', value);
export const md5 = '0123456789abcdef0123456789abcdef';

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { UserError } from '../../../src/base/index.js';
import { guessCard, openSource, parseCard, readManifest, storeNames } from '../../../src/data/index.js';
import { effort, temporaryFolder } from '../../support/index.js';
import { fc } from '../../support/property.js';

/** A log in some shape: its text, and what must come out. */
interface Made {
  readonly text: string;
  readonly rows: number;
  readonly users: number;
  readonly items: number;
  /** Whether it has a column of clicks that holds none. */
  readonly clickless: boolean;
}

const delimiter = fc.constantFrom(',', '\t', ';', '|');
const lineEnd = fc.constantFrom('\n', '\r\n');
const word = fc.stringMatching(/^[a-z][a-z0-9 _"'#:{}[\]-]{0,8}$/);
const cell = fc.oneof(
  fc.integer().map(String),
  word,
  fc.constant(''),
  fc.double({ noNaN: true }).map(String),
);

/** Any log with columns of the usual names, and others that hold and are called whatever. */
const log: fc.Arbitrary<Made> = fc
  .record({
    delimiter,
    lineEnd,
    mark: fc.constantFrom('', '\ufeff'),
    ids: fc.array(fc.tuple(fc.nat(6), fc.nat(9), fc.integer({ min: 0, max: 1 })), {
      minLength: 1,
      maxLength: 40,
    }),
    timed: fc.boolean(),
    labelled: fc.boolean(),
    names: fc.uniqueArray(word, { maxLength: 3, selector: (name) => name.toLowerCase() }),
    cells: fc.array(cell, { minLength: 1, maxLength: 30 }),
  })
  .map(({ delimiter, lineEnd, mark, ids, timed, labelled, names, cells }) => {
    const more = names.map((name) => `x ${name}`); // words that mean something to the guess would come by chance
    const header = [
      'user_id',
      'video_id',
      ...(timed ? ['time_ms'] : []),
      ...(labelled ? ['is_click'] : []),
      ...more,
    ];
    const rows = ids.map(([user, item, click], i) => [
      `u${user}`,
      `${item}`,
      ...(timed ? [`${1.6e12 + i}`] : []),
      ...(labelled ? [`${click}`] : []),
      ...more.map((_, c) => cells[(i * more.length + c) % cells.length]!),
    ]);
    const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    const lines = [header, ...rows].map((line) => line.map(quote).join(delimiter) + lineEnd);
    return {
      text: mark + lines.join(''),
      rows: ids.length,
      users: new Set(ids.map(([user]) => user)).size,
      items: new Set(ids.map(([, item]) => item)).size,
      clickless: labelled && ids.every(([, , click]) => click === 0),
    };
  });

describe('a guessed card', () => {
  it('parses, and imports all rows, unless no row is positive', async () => {
    let imported = 0;
    await fc.assert(
      fc.asyncProperty(log, async ({ text, rows, users, items, clickless }) => {
        const folder = temporaryFolder();
        mkdirSync(join(folder, 'data'));
        writeFileSync(join(folder, 'log.csv'), text);
        const spill = join(folder, 'spill');
        const guessed = guessCard(join(folder, 'log.csv'), { given: { labels: [], categories: [] }, spill });
        if (clickless) return expect(guessed).rejects.toThrow(UserError);
        const guess = await guessed;
        expect(parseCard(guess.text, 'card.yaml')).toEqual(guess.card);
        imported++;
        writeFileSync(join(folder, 'card.yaml'), guess.text);
        const dataDir = join(folder, 'data');
        const store = await openSource({ card: join(folder, 'card.yaml'), from: folder }, { dataDir });
        expect([store.userIds.length, store.itemIds.length]).toEqual([users, items]);
        const [name] = await storeNames(dataDir);
        const dropped = Number(
          /^dropped (\d+)/.exec((await readManifest(join(dataDir, name!))).report[0]!)?.[1] ?? 0,
        );
        expect(store.interactions.rows + dropped).toBe(rows);
        expect(dropped > 0).toBe(guess.card.interactions.duplicates === 'dropExact');
      }),
      { numRuns: 8 * effort },
    );
    expect(imported).toBeGreaterThan(2);
  });
});

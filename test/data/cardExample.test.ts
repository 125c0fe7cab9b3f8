import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { importInto, loadStore, readCard } from '../../src/data/index.js';
import { projectRoot } from '../support/index.js';
import { folderOf } from './import/support.js';

const page = readFileSync(join(projectRoot, 'docs', 'data.md'), 'utf8');
const section = page.slice(page.indexOf('\n## Cards\n'), page.indexOf('\n### What your files are like\n'));
/** The files of the example: a name, and below it what it holds. */
const files = Object.fromEntries(
  [...section.matchAll(/^`([\w.]+)`\n\n```\w+\n([\s\S]*?)^```$/gm)].map(([, name, text]) => [name!, text!]),
);
const [, told] = /^and reports\n\n```\n([\s\S]*?)^```$/m.exec(section)!;

it('the example of docs/data.md is read as the page says', async () => {
  expect(Object.keys(files)).toEqual(['april.csv', 'may.csv', 'videos.csv', 'clips.yaml']);
  const from = folderOf(files);
  const { card, text } = await readCard(join(from, 'clips.yaml'));
  const folder = join(from, '.stores', 'clips');
  const { report } = await importInto(card, from, folder, { dataDir: join(from, '.stores') }, text);
  expect(`${report.join('\n')}\n`).toBe(told);

  const { userIds, itemIds, interactions, items } = await loadStore(folder);
  expect(userIds).toEqual(['ann', 'bo']);
  expect(itemIds).toEqual(['v1', 'v2', 'v3']);
  const { user, item, part, columns } = interactions;
  expect([...user]).toEqual([0, 0, 0, 1, 1, 1]);
  expect([...item]).toEqual([0, 1, 2, 0, 1, 0]); // bo saw v1 a minute before v2
  expect([...part!]).toEqual([0, 0, 2, 0, 0, 2]); // train and test
  // 8 of 10 s, 0.5 of 20, 3 of 0 (no ratio), 10 of 10, 21 of 20, 5 of 10
  expect([...columns.watch_ratio!]).toEqual([0.8, 0.025, 0, 1, 1.05, 0.5].map(Math.fround));
  expect([...columns.finished!]).toEqual([0, 0, 0, 1, 1, 0]);
  expect([...items.categories.author!.values]).toEqual([0, 1, -1]); // cem, dee, unknown
  const { offsets, values } = items.tags.topic!;
  expect([...offsets]).toEqual([0, 2, 3, 3]);
  expect([...values]).toEqual([0, 1, 1]); // topics 3 and 5; 5; none
});

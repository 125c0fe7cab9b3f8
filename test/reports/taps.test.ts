import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { encodeSafetensors } from '../../src/base/index.js';
import type { HeatMap } from '../../src/reports/document.js';
import { tapSection } from '../../src/reports/index.js';
import { temporaryFolder } from '../support/index.js';

const folder = temporaryFolder();
const written = (name: string, contents: string | Uint8Array): string => {
  const file = join(folder, name);
  writeFileSync(file, contents);
  return file;
};
const maps = async (file: string): Promise<HeatMap[]> => (await tapSection(file)).charts as HeatMap[];

it('draws attention of each context, of further dimensions the mean, alike from both kinds of file', async () => {
  const values = [1, 3, 2, 4, 5, 7, 6, 8, 0, 0, 0, 0, 1, 1, 1, 1]; // [2, 2, 2, 2]
  const json = written('a.json', JSON.stringify({ 'blocks.attention': { shape: [2, 2, 2, 2], values } }));
  const data = Float32Array.from(values);
  const tensors = written(
    'a.safetensors',
    Buffer.concat(encodeSafetensors([{ name: 'blocks.attention', shape: [2, 2, 2, 2], data }])),
  );
  for (const file of [json, tensors]) {
    const drawn = await maps(file);
    expect(drawn.map((map) => map.title)).toEqual(['blocks.attention, 0 of 2', 'blocks.attention, 1 of 2']);
    expect(drawn.map((map) => map.values)).toEqual([
      [
        [2, 3],
        [6, 7],
      ],
      [
        [0, 0],
        [1, 1],
      ],
    ]);
    expect(drawn[0]!.description).toContain('2 rows and 2 columns, values from 2.00 to 7.00');
  }
});

it('leaves places of no group empty, and draws no logits', async () => {
  const file = written(
    'groups.json',
    JSON.stringify({
      logits: { shape: [2], values: [1, 2] },
      user: { shape: [2, 2], values: [1, 2, 3, 4] },
      'positive.assignment': { shape: [2, 2], values: [0, -1, 1, 0] },
    }),
  );
  expect((await maps(file)).map(({ title, values }) => [title, values])).toEqual([
    [
      'positive.assignment',
      [
        [0, null],
        [1, 0],
      ],
    ],
  ]);
});

it('draws the first of many contexts, rows and columns, and says so', async () => {
  const shape = [6, 101, 2];
  const file = written(
    'many.json',
    JSON.stringify({ attention: { shape, values: Array.from({ length: 6 * 202 }, (_, i) => i) } }),
  );
  const drawn = await maps(file);
  expect(drawn).toHaveLength(4);
  expect(drawn[1]!.values).toHaveLength(100);
  expect(drawn[1]!.values[0]).toEqual([202, 203]);
  expect(drawn[1]!.description).toContain('the first 100 x 2 of 101 x 2');
});

it.each([
  [
    'logits.json',
    '{"logits": {"shape": [1], "values": [1]}}',
    'no tap of attention or routing in it: logits',
  ],
  ['empty.json', '{}', 'it is empty'],
  ['list.json', '[1]', 'it holds no arrays'],
  ['broken.json', '{"a": ', 'it is not JSON of arrays'],
  [
    'short.json',
    '{"attention": {"shape": [2, 2], "values": [1]}}',
    'attention is no array with shape and values',
  ],
  ['word.json', '{"attention": null}', 'attention is no array'],
  ['text.safetensors', 'no tensors', 'text.safetensors'],
])('refuses %s', async (name, text, problem) => {
  await expect(tapSection(written(name, text))).rejects.toThrow(problem);
});

it('says which file is not there', async () => {
  await expect(tapSection(join(folder, 'none.json'))).rejects.toThrow('there is no file');
  await expect(tapSection(join(folder, 'none.safetensors'))).rejects.toThrow('there is no file');
  await expect(tapSection(folder)).rejects.toThrow(`${folder} is a folder`);
});

import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { SweepFolder, sweepFiles } from '../../src/sweeps/cell.js';
import { sweepFolder } from '../reports/fixture.js';
import { temporaryFolder } from '../support/index.js';

it('a folder that is moved while it is written is not made again in its old place', async () => {
  const results = temporaryFolder();
  const directory = await sweepFolder(results, 'moved-0', ['A', 'B', 'C']);
  const folder = new SweepFolder(directory);
  const { layout: _, ...record } = (await folder.open())!;
  await folder.begin(record);
  const [cell] = folder.cells;
  await folder.put(cell!);
  renameSync(directory, join(results, 'elsewhere'));
  await expect(folder.put(cell!)).rejects.toThrow(
    /moved-0: the folder of the sweep is gone: it was moved or removed while the command ran\n {2}Run the command again with the folder of results where it is now/,
  );
  await folder.close();
  expect(existsSync(directory)).toBe(false);
});

it.each([
  [sweepFiles.record, 'null'],
  ['cells.json', '{}'],
])('a folder whose %s says %s is damaged', async (file, text) => {
  const directory = await sweepFolder(temporaryFolder(), 'damaged-0', ['A', 'B', 'C']);
  writeFileSync(join(directory, file), text);
  await expect(new SweepFolder(directory).read()).rejects.toThrow('the file is damaged');
});

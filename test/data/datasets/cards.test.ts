import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeIf, projectRoot, python, temporaryFolder } from '../../support/index.js';
import { bundledCard, cardsFolder, fixturesFolder } from './support.js';

const names = readdirSync(cardsFolder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length));
/** Logs that bench/scale writes need no fixture. */
const published = names.filter((name) => !name.startsWith('simulated-'));

describe('the cards that come with mvrec', () => {
  for (const name of published) {
    it(`${name} says where its files are, what they may be used for, and has a fixture`, async () => {
      const card = await bundledCard(name);
      expect(card.name).toBe(name);
      expect(card.licence).toBeDefined();
      if (name !== 'kwai') {
        expect(card.source).toMatch(/^https:/);
        expect(card.citation).toBeDefined();
      }
      expect(existsSync(join(fixturesFolder, name))).toBe(true);
    });
  }

  it('are listed with their licences', () => {
    const listed = readFileSync(join(cardsFolder, 'README.md'), 'utf8');
    for (const name of names) expect(listed).toContain(`\`${name}.yaml\``);
  });
});

/** Formats of which every version of the libraries writes the same bytes. */
const stable = /\.(csv|tsv|txt|inter|json|npy|pkl)$/;

/** Runs a script as `python script ...` does, but leaves no compiled files. */
const asScript = `import os, runpy, sys
sys.dont_write_bytecode = True
sys.argv = sys.argv[1:]
sys.path.insert(0, os.path.dirname(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name='__main__')`;

const numpy = python('numpy', 'pandas', 'pyarrow', 'h5py');
describeIf(numpy.exists, numpy.reason)('the script that makes the fixtures', () => {
  it('makes those that are here', () => {
    const folder = temporaryFolder();
    const script = join(fixturesFolder, 'make.py');
    numpy.run(asScript, script, folder);
    const made = filesBelow(folder);
    const here = filesBelow(fixturesFolder).filter((file) => !/\.py$|\.pyc$|README/.test(file));
    expect(made).toEqual(here);
    for (const file of made.filter((name) => stable.test(name))) {
      const same = readFileSync(join(folder, file)).equals(readFileSync(join(fixturesFolder, file)));
      expect([file, same]).toEqual([file, true]);
    }
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

it('no fixture names a place of this machine', () => {
  for (const file of filesBelow(fixturesFolder)) {
    expect(readFileSync(join(fixturesFolder, file)).includes(projectRoot)).toBe(false);
  }
});

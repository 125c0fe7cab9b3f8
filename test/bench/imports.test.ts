import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';

// The benchmarks are not type-checked, and take minutes to run: at least what they take from mvrec must be there.
const files = readdirSync('bench', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => path.join('bench', file));
const imports = files.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/^import \{([^}]*)\} from '.*\/dist\/([^']+)\.js';/gm)].flatMap(
    ([, names, from]) =>
      names!.split(',').flatMap((each) => (each.trim() ? [[file, from!, each.trim().split(' ')[0]!]] : [])),
  ),
);

test('imports are found', () => {
  expect(imports.length).toBeGreaterThan(30);
});

test.each(imports)('%s takes what %s exports: %s', async (_file, from, name) => {
  expect(Object.keys(await import(path.resolve(`src/${from}.ts`)))).toContain(name);
});

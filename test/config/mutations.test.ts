import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { UserError } from '../../src/base/index.js';
import { formatExperiment, type LoadedExperiment, loadExperiment } from '../../src/config/index.js';
import { effort, projectRoot } from '../support/index.js';
import { fc } from '../support/property.js';
import { folderWith, load } from './write.js';

const valid = readFileSync(join(projectRoot, 'experiments/quickstart.yaml'), 'utf8');
const folder = folderWith({});
const project = { values: {}, defaults: null, origin: null };

async function attempt(text: string): Promise<LoadedExperiment | UserError> {
  writeFileSync(join(folder, 'a.yaml'), text);
  try {
    return await loadExperiment({ files: ['a.yaml'], env: {}, cwd: folder, project });
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

/** What people and editors do to a file: cut, repeat, swap, and type something else. */
const fragment = fc.oneof(
  fc.constantFrom(
    ':',
    '\n',
    '  ',
    '\t',
    '[',
    ']',
    '{',
    '}',
    '&a',
    '*a',
    '- ',
    '"',
    '#',
    '!!x ',
    '<<',
    '? ',
    '|',
    '---\n',
  ),
  fc.constantFrom(
    'null',
    '-1',
    '0',
    '.nan',
    '1e999',
    'true',
    '[]',
    '{}',
    '~',
    '0x1F',
    '2020-01-01',
    'é',
    '\u0000',
  ),
  fc.string({ maxLength: 4 }),
);
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat({ max: 12 }),
  insert: fragment,
});

function apply(text: string, edits: readonly { at: number; remove: number; insert: string }[]): string {
  return edits.reduce((now, { at, remove, insert }) => {
    const from = Math.floor(at * now.length);
    return now.slice(0, from) + insert + now.slice(from + remove);
  }, text);
}

describe('random edits of a valid experiment', () => {
  it('give an experiment or an explanation with its place, never an accident', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        const result = await attempt(apply(valid, edits));
        if (!(result instanceof UserError)) return;
        expect(result.message).toMatch(/^a\.yaml(:\d+:\d+)?: /);
        expect(result.message).not.toMatch(/invalid_|ZodError|undefined|\[object/);
        expect(result.fix).toBeTruthy();
      }),
      { numRuns: 300 * effort },
    );
  });

  it('of its values, where the YAML stays sound', async () => {
    const lines = valid.split('\n');
    const places = lines.flatMap((line, i) => (/^\s*\w+: \S/.test(line) ? [i] : []));
    const value = fc.oneof(fc.json({ maxDepth: 2 }), fragment);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), value, async (place, text) => {
        const changed = lines.map((line, i) =>
          i === place ? line.replace(/: .*/, () => `: ${text}`) : line,
        );
        await attempt(changed.join('\n'));
      }),
      { numRuns: 200 * effort },
    );
  });
});

describe('random --set', () => {
  it('gives an experiment or an explanation', async () => {
    const path = fc.oneof(
      fc.constantFrom(
        'seed',
        'name',
        'presets',
        'model',
        'model.name',
        'model.heads',
        'data.source',
        'train.schedule',
      ),
      fc.string({ maxLength: 8 }),
    );
    const value = fc.oneof(fragment, fc.json({ maxDepth: 2 }), fc.string({ maxLength: 8 }));
    const files = [join(projectRoot, 'experiments/quickstart.yaml')];
    await fc.assert(
      fc.asyncProperty(path, value, async (key, text) => {
        try {
          await loadExperiment({ files, set: [`${key}=${text}`], env: {}, cwd: folder, project });
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 150 * effort },
    );
  });
});

describe('the printed experiment', () => {
  it('reads back to the same', async () => {
    const variants = fc.constantFrom(
      [],
      ['model.name=bpr'],
      ['model.name=ncf', 'model.layers=[4, 2]'],
      ['model.name=random', 'train.schedule.kind=plateau'],
      ['data.split.kind=itemColdStart', 'train.negatives.kind=uniform'],
      ['data.source.store=./x #y', 'train.patience=null'],
      ['presets=[released]', 'train.clipNorm=1e-7'],
    );
    const label = fc.string({ minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(variants, label, async (set, text) => {
        const loaded = await load(
          { 'a.yaml': valid },
          { set: [...set, `data.label=${JSON.stringify(text)}`] },
        );
        const printed = formatExperiment(loaded);
        expect(parse(printed)).toEqual(loaded.experiment);
        expect((await load({ 'b.yaml': printed })).experiment).toEqual(loaded.experiment);
      }),
      { numRuns: 20 * effort },
    );
  });
});

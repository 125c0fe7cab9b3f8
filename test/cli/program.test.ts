import { describe, expect, it } from '@jest/globals';
import type { Command } from '../../src/cli/command.js';
import { commands, groups } from '../../src/cli/commands/index.js';
import { complete } from '../../src/cli/complete.js';
import { commandName, type Program, parseCommandLine, positionalsOf } from '../../src/cli/program.js';

const nothing = async () => ({ json: {}, text: '' });
const bake: Command = {
  usage: 'bake <cake..>',
  about: 'Bake cakes',
  positionals: { cake: { type: 'string', array: true } },
  options: {
    minutes: { type: 'number' },
    shape: { choices: ['round', 'square'], default: 'round' },
    add: { type: 'string', array: true },
    'dry-run': { type: 'boolean' },
    out: { type: 'string', requiresArg: true },
  },
  examples: [['mvrec bake lemon', 'a cake']],
  run: nothing,
};
const show: Command = {
  usage: 'shelf show <place> [depth]',
  about: 'Show what is there',
  positionals: { place: { type: 'string' }, depth: { type: 'number' } },
  examples: [],
  run: nothing,
};
const program: Program = { commands: [bake, show], groups: { shelf: 'Shelves.' } };

async function parse(line: string) {
  const parsed = await parseCommandLine(line === '' ? [] : line.split(' '), program);
  if (parsed.kind === 'text') return parsed.text;
  return { ...parsed.args, name: commandName(parsed.command) };
}

describe('a command line', () => {
  it('gives the command its arguments', async () => {
    expect(await parse('bake lemon --minutes 5 --add sugar plum --add=salt --dry-run')).toMatchObject({
      name: 'bake',
      cake: ['lemon', 'plum'],
      minutes: 5,
      add: ['sugar', 'salt'],
      'dry-run': true,
      shape: 'round',
      json: false,
    });
    expect(await parse('--json shelf show 12 3')).toMatchObject({
      name: 'shelf show',
      place: '12',
      depth: 3,
      json: true,
    });
    expect(await parse('bake a.b=c --minutes -4')).toMatchObject({ cake: ['a.b=c'], minutes: -4 });
  });

  it.each([
    ['', 'no command is given\n  Commands: bake, shelf.'],
    ['--json', 'no command is given with --json'],
    ['bkae lemon', 'unknown command bkae\n  Did you mean bake? Commands: bake, shelf.'],
    ['shelf', 'mvrec shelf needs another word\n  One of show.'],
    ['shelf shwo', 'unknown command shelf shwo\n  Did you mean show?'],
    ['bake', 'mvrec bake: <cake> is missing\n  See mvrec bake --help.'],
    ['shelf show', 'mvrec shelf show: <place> is missing'],
    ['shelf show a b', 'mvrec shelf show: <depth> is not a number'],
    ['shelf show a 1 c', 'mvrec shelf show: one argument too many: c'],
    ['bake a --minuts 3', 'unknown option --minuts\n  Did you mean --minutes?'],
    ['bake a -x', 'unknown option -x'],
    ['bake a --no-json', 'unknown option --no-json'],
    ['bake a --minutes', '--minutes needs a value'],
    ['bake a --minutes ten', '--minutes is not a number'],
    ['bake a --minutes 1 --minutes 2', '--minutes is given more than once'],
    ['bake a --out', '--out needs a value'],
    ['bake a --add', '--add needs a value'],
    ['bake a --add b --add', '--add needs a value'],
    ['bake a --add --add b', '--add needs a value'],
    ['bake a --shape rund', '--shape cannot be rund (did you mean round?); one of round, square'],
  ])('%j is refused', async (line, message) => {
    await expect(parse(line)).rejects.toThrow(message);
    await expect(parse(line)).rejects.toMatchObject({ name: 'UserError' });
  });

  it('asks for help anywhere, and for the version', async () => {
    expect(await parse('--help')).toMatch(/mvrec bake <cake\.\.>\s+Bake cakes[\s\S]*mvrec shelf/);
    expect(await parse('bake --help')).toMatch(/mvrec bake <cake\.\.>[\s\S]*--shape[\s\S]*mvrec bake lemon/);
    expect(await parse('bake lemon --bogus -h')).toContain('Bake cakes');
    expect(await parse('shelf --help')).toMatch(/Shelves\.[\s\S]*mvrec shelf show <place>/);
    expect(await parse('--version')).toMatch(/^\d+\.\d+\.\d+/);
    await expect(parse('nonsense --help')).rejects.toThrow('unknown command nonsense');
  });
});

describe('completion', () => {
  it.each([
    ['', ['bake', 'shelf']],
    ['b', ['bake']],
    ['shelf ', ['show']],
    ['bake --s', ['--shape']],
    ['bake lemon --jso', ['--json']],
    ['bake ', []],
    ['nonsense ', []],
  ])('of %j', async (line, words) => {
    expect(await complete(line.split(' '), program)).toEqual(words);
  });

  it('knows the models', async () => {
    expect(await complete(['models', 'thac'], { commands, groups })).toEqual(['thacil']);
  });
});

describe.each(commands.map((command) => [commandName(command), command] as const))(
  'mvrec %s',
  (name, command) => {
    it('has examples that parse', async () => {
      expect(command.examples.length).toBeGreaterThan(0);
      for (const [line] of command.examples.filter(([line]) => line.startsWith('mvrec '))) {
        const words = wordsOf(line.replace(/ (>>?|\|) .*$/, '')).slice(1);
        const parsed = await parseCommandLine(words, { commands, groups });
        expect(parsed).toMatchObject({ kind: 'command' });
        expect(parsed.kind === 'command' && commandName(parsed.command)).toBe(name);
      }
    });

    it('has help', async () => {
      const help = await parseCommandLine([...name.split(' '), '--help'], { commands, groups });
      expect(help.kind === 'text' && help.text).toMatch(/^mvrec [\s\S]*--json[\s\S]*Examples:\n\s+mvrec/);
    });

    it('describes every positional and option', () => {
      const { positionals = {}, options = {}, about } = command;
      expect(positionalsOf(command).map(({ name }) => name)).toEqual(Object.keys(positionals));
      for (const { describe } of Object.values({ ...positionals, ...options })) expect(describe).toBeTruthy();
      expect(about).toMatch(/^[A-Z].*[^.]$/);
      const [group, second] = name.split(' ');
      if (second) expect(Object.keys(groups)).toContain(group);
    });
  },
);

/** Splits as a shell would: at spaces, outside of single quotes. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''));
}

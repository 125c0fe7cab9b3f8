import { commandName, commonOptions, type Program, positionalsOf } from './program.js';

/**
 * What may stand where the cursor is. Nothing means: files.
 *
 * @param words after `mvrec`; the last one is being typed and may be empty
 */
export async function complete(words: readonly string[], program: Program): Promise<string[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1).filter((word) => !word.startsWith('-'));
  const names = program.commands.map((command) => commandName(command).split(' '));
  const command = program.commands[names.findIndex((name) => name.every((word, i) => before[i] === word))];
  if (!command) {
    const next = names
      .filter((name) => before.every((word, i) => name[i] === word) && name.length > before.length)
      .map((name) => name[before.length]!);
    return startingWith(current, next);
  }
  const options = { ...commonOptions, ...command.options };
  if (current.startsWith('-')) {
    return startingWith(
      current,
      Object.keys(options).map((key) => `--${key}`),
    );
  }
  const position = before.length - commandName(command).split(' ').length;
  return startingWith(current, await valuesOf(positionalsOf(command)[position]?.name));
}

async function valuesOf(positional: string | undefined): Promise<string[]> {
  switch (positional) {
    case 'model': {
      const { modelInfo } = await import('../config/index.js');
      return Object.keys(modelInfo);
    }
    case 'shell':
      return ['bash', 'zsh'];
    default:
      return [];
  }
}

function startingWith(start: string, words: readonly string[]): string[] {
  return [...new Set(words)].filter((word) => word.startsWith(start)).sort();
}

import type { Options, PositionalOptions } from 'yargs';
import { nearest, UserError } from '../base/index.js';

type Known = Readonly<Record<string, Options | PositionalOptions>>;

/** A positional of a command's usage. */
export interface Positional {
  readonly name: string;
  readonly required: boolean;
}

/**
 * Checks what yargs has read: unknown options, options without a value or given twice, numbers that are none, words
 * outside of the choices, missing and surplus positionals.
 *
 * @param name of the command, for messages
 * @throws UserError
 */
export function checkArguments(
  name: string,
  args: Readonly<Record<string, unknown>>,
  options: Known,
  positionals: Known,
  order: readonly Positional[],
): void {
  const fail = (problem: string, fix = `See ${name} --help.`): never => {
    throw new UserError(`${name}: ${problem}`, fix);
  };
  const all: Known = { ...positionals, ...options };
  const known = new Set(Object.entries(all).flatMap(([key, option]) => spellings(key, option)));
  for (const key of Object.keys(args)) {
    if (key !== '_' && key !== '$0' && !known.has(key)) {
      const near = nearest(key, Object.keys(options));
      fail(`unknown option ${flag(key)}`, near === null ? undefined : `Did you mean ${flag(near)}?`);
    }
  }
  for (const [key, option] of Object.entries(options).filter(([key]) => Object.hasOwn(args, key))) {
    const problem = isEmpty(args[key], option) ? 'needs a value' : faultOf(args[key], option);
    if (problem) fail(`${flag(key)} ${problem}`);
  }
  for (const { name: key, required } of order) {
    const option = positionals[key] ?? {};
    if (isEmpty(args[key], option)) {
      if (required) fail(`<${key}> is missing`);
      continue;
    }
    const problem = faultOf(args[key], option);
    if (problem) fail(`<${key}> ${problem}`);
  }
  const surplus = (args._ as readonly unknown[])[0];
  if (surplus !== undefined) fail(`one argument too many: ${surplus}`);
}

function flag(key: string): string {
  return key.length === 1 ? `-${key}` : `--${key}`;
}

function spellings(key: string, { alias }: Options | PositionalOptions): string[] {
  const aliases = typeof alias === 'string' ? [alias] : [...(alias ?? [])];
  return [key, ...aliases].flatMap((word) => [
    word,
    word.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
  ]);
}

/** Whether an option stands there without its value, or a positional does not stand there. */
function isEmpty(value: unknown, option: Options | PositionalOptions): boolean {
  const noItems = Array.isArray(value) && value.length === 0;
  return value === undefined || value === '' || (noItems && option.default === undefined);
}

function faultOf(value: unknown, option: Options | PositionalOptions): string | null {
  const many = option.array === true || option.type === 'array';
  if (Array.isArray(value) && !many) return 'is given more than once';
  for (const one of Array.isArray(value) ? value : [value]) {
    if (one === '') return 'needs a value';
    if (typeof one === 'number' && Number.isNaN(one)) return 'is not a number';
    if (option.choices && !option.choices.includes(one as string)) {
      const near = nearest(String(one), option.choices.map(String));
      const question = near === null ? '' : ` (did you mean ${near}?)`;
      return `cannot be ${one}${question}; one of ${option.choices.join(', ')}`;
    }
  }
  return null;
}

import { readFileSync } from 'node:fs';
import yargs, { type Argv, type Options, type PositionalOptions } from 'yargs';
import { didYouMean, UserError } from '../base/index.js';
import { checkArguments, type Positional } from './arguments.js';
import type { Command, CommonArguments } from './command.js';

/** All commands, and what the words say that several of them begin with (`runs`). */
export interface Program {
  readonly commands: readonly Command[];
  readonly groups: Readonly<Record<string, string>>;
}

export type Arguments = Readonly<Record<string, unknown>> & CommonArguments;

/** A command to run, or a text to print: help or the version. */
export type Parsed =
  | { readonly kind: 'command'; readonly command: Command; readonly args: Arguments }
  | { readonly kind: 'text'; readonly text: string };

/** Options that every command has. */
export const commonOptions = {
  help: { type: 'boolean', alias: 'h', describe: 'Show this help' },
  json: {
    type: 'boolean',
    default: false,
    describe: 'Print one JSON object on stdout and nothing else there',
  },
  quiet: { type: 'boolean', default: false, describe: 'No progress' },
  verbose: { type: 'boolean', default: false, describe: 'More progress' },
} as const satisfies Record<string, Options>;

/** The words before the positionals: `runs show` of `runs show <run>`. */
export function commandName({ usage }: Command): string {
  return usage.replace(/\s*[<[].*$/, '');
}

/** What stands in angle (required) and square (optional) brackets, in order. */
export function positionalsOf({ usage }: Command): Positional[] {
  return [...usage.matchAll(/([<[])([\w-]+)/g)].map((match) => ({
    name: match[2]!,
    required: match[1] === '<',
  }));
}

/**
 * Finds the command and reads its arguments.
 *
 * @throws UserError for unknown commands and options, missing or surplus arguments and values that do not fit
 */
export async function parseCommandLine(argv: readonly string[], program: Program): Promise<Parsed> {
  const before = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const help = before.includes('--help') || before.includes('-h');
  // Options before the command are switches, so the first bare words are the command.
  const words = before.filter((word) => !word.startsWith('-'));
  const command = program.commands.find((candidate) => {
    const name = commandName(candidate).split(' ');
    return name.every((word, i) => words[i] === word);
  });
  if (command) {
    const rest = withoutWords(argv, commandName(command).split(' ').length);
    if (help) return { kind: 'text', text: await commandHelp(command) };
    return { kind: 'command', command, args: await readArguments(command, rest) };
  }
  const [first, second] = words;
  if (first === undefined && before.includes('--version')) return { kind: 'text', text: version() };
  if (help && (first === undefined || Object.hasOwn(program.groups, first))) {
    return { kind: 'text', text: await overview(program, first) };
  }
  throw unknownCommand(program, first, second, before);
}

function withoutWords(argv: readonly string[], count: number): string[] {
  let left = count;
  return argv.filter((word) => word.startsWith('-') || left-- <= 0);
}

function unknownCommand(
  program: Program,
  first: string | undefined,
  second: string | undefined,
  argv: readonly string[],
): UserError {
  const names = program.commands.map(commandName);
  if (first === undefined) {
    const option = argv[0];
    return option === undefined
      ? new UserError('no command is given', `Commands: ${topWords(program).join(', ')}. See mvrec --help.`)
      : new UserError(`no command is given with ${option}`, 'Begin with a command; see mvrec --help.');
  }
  if (!Object.hasOwn(program.groups, first)) {
    return new UserError(`unknown command ${first}`, didYouMean(first, topWords(program), 'Commands'));
  }
  const subs = names
    .filter((name) => name.startsWith(`${first} `))
    .map((name) => name.slice(first.length + 1));
  return second === undefined
    ? new UserError(`mvrec ${first} needs another word`, `One of ${subs.join(', ')}.`)
    : new UserError(`unknown command ${first} ${second}`, didYouMean(second, subs, 'Commands'));
}

/** First words of all commands, each once. */
export function topWords({ commands }: Program): string[] {
  return [...new Set(commands.map((command) => commandName(command).split(' ')[0]!))];
}

function parserOf(command: Command, purpose: 'help' | 'parse'): Argv {
  const { usage, about, positionals = {}, options = {}, examples } = command;
  const name = commandName(command);
  const rest = usage.slice(name.length);
  const help = purpose === 'help';
  const parser = bare(`mvrec ${name}`)
    .parserConfiguration({ 'greedy-arrays': false, 'dot-notation': false, 'boolean-negation': false })
    .command(`$0${help ? rest : rest.replaceAll('<', '[').replaceAll('>', ']')}`, about, (builder) => {
      const shown = help ? positionals : lenient(positionals);
      for (const [key, value] of Object.entries(shown)) builder.positional(key, value);
      return builder.options(help ? { ...options } : lenient(options));
    })
    .options(commonOptions);
  for (const [line, what] of examples) parser.example(line, what);
  return parser;
}

/** A parser that neither prints nor ends the process; help and version are ours. */
function bare(script: string): Argv {
  return yargs([])
    .scriptName(script)
    .locale('en')
    .help(false)
    .version(false)
    .exitProcess(false)
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .fail((message, error) => {
      throw error ?? new UserError(message);
    });
}

async function commandHelp(command: Command): Promise<string> {
  return parserOf(command, 'help').getHelp();
}

/** Help of all commands, or of those that begin with a word. */
async function overview(program: Program, group: string | undefined): Promise<string> {
  const parser = bare(group === undefined ? 'mvrec' : `mvrec ${group}`);
  parser.usage(
    group === undefined
      ? '$0 <command>\n\nTrains, evaluates and compares models of micro-video recommendation.'
      : `$0 <command>\n\n${program.groups[group]}`,
  );
  for (const command of program.commands) {
    const words = commandName(command).split(' ');
    if (group !== undefined && words[0] !== group) continue;
    const shown = group === undefined ? command.usage : command.usage.slice(group.length + 1);
    // yargs takes one word for a command; a space that does not break keeps two together.
    parser.command(shown.replace(' ', '\u00a0'), command.about);
  }
  return (await parser.options(commonOptions).getHelp()).replaceAll('\u00a0', ' ');
}

async function readArguments(command: Command, rest: readonly string[]): Promise<Arguments> {
  const { options = {}, positionals = {} } = command;
  const args = (await parserOf(command, 'parse').parseAsync([...rest])) as Record<string, unknown>;
  const known = { ...commonOptions, ...options };
  for (const key of withoutItem(rest, options)) args[key] = undefined; // yargs passes over it where others have a value
  checkArguments(`mvrec ${commandName(command)}`, args, known, positionals, positionalsOf(command));
  return args as unknown as Arguments;
}

/** Lists that are asked for without a value: `--set a=1 --set`. */
function withoutItem(words: readonly string[], options: Readonly<Record<string, Options>>): string[] {
  return Object.keys(options).filter(
    (key) =>
      (options[key]!.array === true || options[key]!.type === 'array') &&
      words.some((word, i) => word === `--${key}` && (words[i + 1] ?? '--').startsWith('--')),
  );
}

/** yargs reads; what it would refuse in words of its own is left to `checkArguments`. */
function lenient<T extends Options | PositionalOptions>(
  options: Readonly<Record<string, T>>,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(options).map(([key, option]) => [
      key,
      { ...option, choices: undefined, requiresArg: undefined },
    ]),
  );
}

export function version(): string {
  const path = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

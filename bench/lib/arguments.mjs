// @ts-check
import { parseArgs } from 'node:util';

export const HELP = `npm run bench -- [NAME...] [options]

Runs comparisons of mvrec with other software: warm-up, then repetitions in which the two sides take turns. Writes
bench/results/NAME.json and the table of docs/performance.md. Without NAME all of them run.

  --list             names of the comparisons, and about how long a repetition of both sides takes
  --quick            small sizes, one repetition, nothing written: does it work?
  --repetitions N    turns of each side (default 5; targets are judged by no fewer)
  --threads N        threads of both sides (default: the number of cores)
  --no-install       use only the Python environments that are there already
  --table            only write the table again, from the results that are there
  --help             this text

MVREC_BENCH_PYTHON   the Python that makes the environments (default python3)
MVREC_SHARED_DATA    folder of the real logs (default ../shared/data beside the project)
MVREC_CACHE_DIR      where the environments are kept (default: this system's cache folder)
`;

/** A mistake in the call: one line, exit code 2. */
export class UsageError extends Error {}

/**
 * @param {readonly string[]} args
 * @param {readonly string[]} known names of the comparisons
 */
export function readArguments(args, known) {
  const { values, positionals } = parse(args, options);
  for (const name of positionals) {
    if (!known.includes(name)) throw new UsageError(`no comparison ${name}; there are ${known.join(', ')}`);
  }
  const quick = values.quick ?? false;
  return {
    names: positionals.length > 0 ? known.filter((name) => positionals.includes(name)) : known,
    quick,
    list: values.list ?? false,
    table: values.table ?? false,
    help: values.help ?? false,
    install: !values['no-install'],
    repetitions: wholeNumber('repetitions', values.repetitions) ?? (quick ? 1 : 5),
    threads: wholeNumber('threads', values.threads),
  };
}

const options = /** @type {const} */ ({
  list: { type: 'boolean' },
  quick: { type: 'boolean' },
  table: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  'no-install': { type: 'boolean' },
  repetitions: { type: 'string' },
  threads: { type: 'string' },
});

/**
 * @template {NonNullable<import('node:util').ParseArgsConfig['options']>} Options
 * @param {readonly string[]} args
 * @param {Options} options
 * @returns {ReturnType<typeof parseArgs<{ args: string[], allowPositionals: true, options: Options }>>}
 * @throws {UsageError}
 */
export function parse(args, options) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(/** @type {Error} */ (error).message.split('. ')[0]);
  }
}

/**
 * @param {string} name
 * @param {string | undefined} text
 * @returns {number | undefined}
 * @throws {UsageError}
 */
export function wholeNumber(name, text) {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new UsageError(`--${name} ${text}: must be a whole number from 1`);
  return Number(text);
}

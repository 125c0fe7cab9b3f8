import { InterruptedError, type Place, UserError, UserErrors } from '../base/index.js';
import type { CommonArguments, Output } from './command.js';
import { commands, groups } from './commands/index.js';
import { complete } from './complete.js';
import { parseCommandLine } from './program.js';

/** Runs the command line and ends the process with its exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  // Errors of writing reach `write`; progress that nobody reads is no reason to stop.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  process.on('uncaughtException', (error) => void finish(report(error, argv.includes('--json'))));
  await finish(await runCommandLine(argv));
}

/** What a command line leads to. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /**
   * 0: done. 1: a bug of mvrec. 2: a mistake of the user. 3: an audit found a leak, or a claim of a
   * sweep fails. 4: a claim is undecided. 5: cells of a sweep have no result. 130: interrupted, what was done is saved.
   */
  readonly exitCode: 0 | 1 | 2 | 3 | 4 | 5 | 130;
}

/** Parses and runs; never throws. Progress is written to stderr by the commands themselves as they go. */
export async function runCommandLine(argv: readonly string[]): Promise<Outcome> {
  const json = argv.includes('--json');
  try {
    if (argv[0] === '--complete')
      return said((await complete(argv.slice(1), { commands, groups })).join('\n'));
    const parsed = await parseCommandLine(argv, { commands, groups });
    if (parsed.kind === 'text') return said(parsed.text);
    const output = await parsed.command.run(parsed.args);
    return said(render(output, parsed.args), output.exitCode);
  } catch (error) {
    return report(error, json);
  }
}

function said(text: string, exitCode: Outcome['exitCode'] = 0): Outcome {
  return { stdout: text === '' || text.endsWith('\n') ? text : `${text}\n`, stderr: '', exitCode };
}

function render(output: Output, { json }: CommonArguments): string {
  return json ? JSON.stringify(output.json, null, 2) : output.text;
}

/** The error as people, or with `--json` as programs, should see it. */
function report(error: unknown, json: boolean): Outcome {
  const exitCode = error instanceof UserError ? 2 : error instanceof InterruptedError ? 130 : 1;
  const object = { error: describe(error), exitCode };
  return {
    stdout: json ? `${JSON.stringify(object, null, 2)}\n` : '',
    stderr: json && exitCode !== 1 ? '' : `${explain(error)}\n`,
    exitCode,
  };
}

interface ErrorObject extends Place {
  readonly message: string;
  readonly fix?: string;
  /** All of them, where there are several. */
  readonly problems?: readonly ErrorObject[];
}

function describe(error: unknown): ErrorObject {
  if (error instanceof UserError) {
    const own = { message: error.problem, fix: error.fix, ...error.place };
    const all = error instanceof UserErrors && error.all.length > 1 ? error.all.map(describe) : undefined;
    return all ? { ...own, problems: all } : own;
  }
  if (error instanceof InterruptedError) return { message: 'interrupted', fix: error.resumeCommand };
  return { message: error instanceof Error ? error.message : String(error) };
}

function explain(error: unknown): string {
  if (error instanceof UserError || error instanceof InterruptedError) return printable(error.message);
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [
    stack,
    '',
    'This is a bug in mvrec. Please report it in the issue tracker of the project, with the lines above, the command',
    'and what `mvrec doctor --json` prints.',
  ].join('\n');
}

/** Words of the user's files may stand in a message; a terminal must not obey what is in them. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be replaced
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

/** Writes everything, then ends the process: an engine may still hold threads that would keep it alive. */
async function finish({ stdout, stderr, exitCode }: Outcome): Promise<void> {
  const [failure] = await Promise.all([write(process.stdout, stdout), write(process.stderr, stderr)]);
  // `mvrec models | head -1`: a reader who has seen enough is no failure, the work is done all the same.
  if (failure && failure.code !== 'EPIPE') {
    await write(process.stderr, `the output cannot be written: ${failure.message}\n`);
    process.exit(2);
  }
  process.exit(exitCode);
}

/** Resolves to what went wrong, or null. */
function write(stream: NodeJS.WriteStream, text: string): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    if (text === '') resolve(null);
    else stream.write(text, (error) => resolve(error ?? null));
  });
}

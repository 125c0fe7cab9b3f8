import type { Options, PositionalOptions } from 'yargs';

/** What a command has to say: one JSON object for `--json`, else text for people. */
export interface Output {
  readonly json: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** Default: 0. */
  readonly exitCode?: 0 | 3 | 4 | 5;
}

/** Options that every command has. */
export interface CommonArguments {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/**
 * A command as data: `main.ts` turns it into yargs' terms, prints what `run` returns and maps errors to exit
 * codes. Files of commands import types only; `run` loads what it needs, so that `--help` is quick.
 */
export interface Command {
  /** Words and positionals in yargs' notation, for example `runs show <run>`. */
  readonly usage: string;
  readonly about: string;
  readonly positionals?: Readonly<Record<string, PositionalOptions>>;
  readonly options?: Readonly<Record<string, Options>>;
  /** Complete command lines with what they do; printed by `--help` and run by the tests where they can be. */
  readonly examples: readonly (readonly [command: string, about: string])[];
  run(args: Readonly<Record<string, unknown>> & CommonArguments): Promise<Output>;
}

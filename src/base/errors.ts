/** Where in a file a problem lies. Lines and columns count from 1. */
export interface Place {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/**
 * A mistake of the user or of the machine's set-up, not of mvrec: exit code 2, no stack trace.
 *
 * @param problem what is wrong, in one sentence, naming the value
 * @param fix what to do about it, in one sentence
 * @param place file, line and column where that is known
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  constructor(
    readonly problem: string,
    readonly fix?: string,
    readonly place: Place = {},
  ) {
    const { file, line, column } = place;
    const where = file ? `${[file, line, column].filter((part) => part !== undefined).join(':')}: ` : '';
    super(`${where}${problem}${fix ? `\n  ${fix}` : ''}`);
  }
}

/** Something could not be written: no space, no permission. It says nothing of what was to be written. */
export class WriteError extends UserError {}

/** Several mistakes found at once, for example all those of one file. Its problem, fix and place are the first one's. */
export class UserErrors extends UserError {
  /** @param all at least one */
  constructor(readonly all: readonly UserError[]) {
    super(all[0]!.problem, all[0]!.fix, all[0]!.place);
    const shown = all.slice(0, 10).map(({ message }) => message);
    const rest = all.length - shown.length;
    this.message = [...shown, ...(rest > 0 ? [`... and ${rest} more`] : [])].join('\n');
  }
}

/**
 * Makes all of the checks, whatever each of them finds.
 *
 * @throws UserErrors with every mistake once
 */
export function checkAll(checks: readonly (() => void)[]): void {
  const found = new Map<string, UserError>();
  for (const check of checks) {
    try {
      check();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      for (const one of error instanceof UserErrors ? error.all : [error]) found.set(one.message, one);
    }
  }
  if (found.size > 0) throw new UserErrors([...found.values()]);
}

/** The user or the system asked the process to stop; what was done so far is saved. Exit code 130. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  /** @param next what the command does: go on where it was, or begin again */
  constructor(
    readonly resumeCommand?: string,
    next: 'continue' | 'start over' = 'continue',
  ) {
    super(resumeCommand ? `interrupted; ${next} with\n  ${resumeCommand}` : 'interrupted');
  }
}

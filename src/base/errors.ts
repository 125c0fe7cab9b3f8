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

/** The user or the system asked the process to stop; what was done so far is saved. Exit code 130. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  constructor(readonly resumeCommand?: string) {
    super(resumeCommand ? `interrupted; continue with\n  ${resumeCommand}` : 'interrupted');
  }
}

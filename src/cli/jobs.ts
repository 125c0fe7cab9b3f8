import { InterruptedError, shellWord, UserError } from '../base/index.js';

/** @throws UserError for a `--jobs` that is no number of processes */
export function requireJobs(jobs: number): number {
  if (Number.isSafeInteger(jobs) && jobs >= 1 && jobs <= 256) return jobs;
  throw new UserError(`--jobs is ${jobs}`, 'Expected a whole number from 1 to 256.');
}

/** Work on many runs that is interrupted goes on with the same command. */
export function sameCommandGoesOn(error: unknown, command: readonly string[]): unknown {
  if (!(error instanceof InterruptedError)) return error;
  return new InterruptedError(`mvrec ${command.map(shellWord).join(' ')}`);
}

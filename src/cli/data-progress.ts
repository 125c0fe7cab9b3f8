import { InterruptedError } from '../base/index.js';
import type { OpenOptions } from '../data/index.js';
import { interruptSignal } from './interrupt.js';
import { createReporter } from './reporter.js';

/**
 * Runs work on data that shows its stages and can be interrupted. Nothing of it is kept then.
 *
 * @throws InterruptedError with the command line that starts over
 */
export async function dataProgress<T>(
  quiet: boolean,
  work: (options: Omit<OpenOptions, 'dataDir'>) => Promise<T>,
): Promise<T> {
  const reporter = createReporter({ quiet, verbose: false });
  const { signal, release } = interruptSignal(reporter, 'stopping');
  try {
    return await work({
      signal,
      onProgress: (stage) => reporter.note(stage),
      onCount: (done, rows) => reporter.counting({ what: 'rows', done, rows }),
    });
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    throw new InterruptedError(['mvrec', ...process.argv.slice(2).map(shellWord)].join(' '), 'start over');
  } finally {
    reporter.end();
    release();
  }
}

/** A word as a POSIX shell takes it. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

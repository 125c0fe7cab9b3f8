import { InterruptedError, shellWord } from '../base/index.js';
import type { OpenOptions } from '../data/index.js';
import type { Reporter } from '../training/index.js';
import { interruptSignal } from './interrupt.js';
import { createReporter } from './reporter.js';

export interface DataProgress extends Omit<OpenOptions, 'dataDir'> {
  readonly signal: AbortSignal;
}

/**
 * Runs work on data that shows its stages and can be interrupted. Nothing of it is kept then. Commands load the code
 * of their work inside, which takes longer than this file: an interrupt in the meantime is answered too.
 *
 * @throws InterruptedError with the command line that starts over
 */
export async function dataProgress<T>(
  quiet: boolean,
  work: (options: DataProgress, reporter: Reporter) => Promise<T>,
  verbose = false,
): Promise<T> {
  const reporter = createReporter({ quiet, verbose });
  const { signal, release } = interruptSignal(reporter, 'stopping');
  try {
    return await work(
      {
        signal,
        onProgress: (stage) => reporter.note(stage),
        onCount: (done, rows) => reporter.counting({ what: 'rows', done, rows }),
      },
      reporter,
    );
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    throw new InterruptedError(['mvrec', ...process.argv.slice(2).map(shellWord)].join(' '), 'start over');
  } finally {
    reporter.end();
    release();
  }
}

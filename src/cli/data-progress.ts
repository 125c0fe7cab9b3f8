import type { OpenOptions } from '../data/index.js';
import { interruptSignal } from './interrupt.js';
import { createReporter } from './reporter.js';

/** Runs work on data that shows its stages and can be interrupted. */
export async function dataProgress<T>(
  quiet: boolean,
  work: (options: Omit<OpenOptions, 'dataDir'>) => Promise<T>,
): Promise<T> {
  const reporter = createReporter({ quiet, verbose: false });
  const { signal, release } = interruptSignal(reporter);
  try {
    return await work({
      signal,
      onProgress: (stage) => reporter.note(stage),
      onCount: (done, rows) => reporter.counting({ what: 'rows', done, rows }),
    });
  } finally {
    reporter.end();
    release();
  }
}

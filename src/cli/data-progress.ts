import { SingleBar } from 'cli-progress';
import type { OpenOptions } from '../data/index.js';
import { interruptSignal } from './interrupt.js';

/** Runs work on data with its stages on stderr: a bar of rows on a terminal, else a line a stage. */
export async function dataProgress<T>(
  quiet: boolean,
  work: (options: Omit<OpenOptions, 'dataDir'>) => Promise<T>,
): Promise<T> {
  const { signal, release } = interruptSignal();
  const onTerminal = !quiet && process.stderr.isTTY;
  let bar: SingleBar | null = null;
  const endBar = (): void => {
    bar?.stop();
    bar = null;
  };
  const onProgress = (stage: string): void => {
    endBar();
    if (!quiet) process.stderr.write(`${stage}\n`);
  };
  const onCount = (done: number, total: number): void => {
    if (!onTerminal) return;
    if (!bar) {
      bar = new SingleBar({
        stream: process.stderr,
        format: '|{bar}| {percentage}%  {value} of {total}',
        clearOnComplete: true,
        hideCursor: true,
        gracefulExit: false,
      });
      bar.start(total, 0);
    }
    bar.update(done);
  };
  try {
    return await work({ signal, onProgress, onCount });
  } finally {
    endBar();
    release();
  }
}

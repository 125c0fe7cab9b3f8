import { type Options, SingleBar } from 'cli-progress';
import type { Reporter } from '../training/index.js';
import type { CommonArguments } from './command.js';

/** Progress on stderr: bars on a terminal, now and then a line elsewhere, nothing when quiet. */
export function createReporter(
  { quiet, verbose }: Pick<CommonArguments, 'quiet' | 'verbose'>,
  stream: NodeJS.WriteStream = process.stderr,
): Reporter & { end(): void } {
  if (quiet) return silent;
  return stream.isTTY ? bars(stream) : lines(stream, verbose ? 2 : 15);
}

const silent = { note() {}, step() {}, epoch() {}, counting() {}, end() {} };

function bars(stream: NodeJS.WriteStream): Reporter & { end(): void } {
  let bar: SingleBar | null = null;
  let title = '';
  const end = (): void => {
    bar?.stop();
    bar = null;
    title = '';
  };
  /** One bar at a time: another title begins another bar. */
  const show = (name: string, done: number, total: number, detail: string): void => {
    if (!bar || name !== title) {
      end();
      title = name;
      bar = new SingleBar(barOptions(stream));
      bar.start(total, done, { name, detail });
    }
    bar.update(done, { name, detail });
  };
  return {
    note: (text) => {
      end();
      stream.write(`${text}\n`);
    },
    step: ({ progress, steps, examplesPerSecond }) =>
      show(
        `epoch ${progress.epoch + 1}`,
        progress.step,
        steps,
        `loss ${meanLoss(progress)}  ${rate(examplesPerSecond)}`,
      ),
    epoch: ({ progress, line }) => {
      end();
      stream.write(`epoch ${progress.epoch}  ${line}\n`);
    },
    counting: ({ what, done, rows }) => show(what, done, rows, ''),
    end,
  };
}

function barOptions(stream: NodeJS.WriteStream): Options {
  return {
    stream,
    format: '{name} |{bar}| {percentage}%  {detail}  {eta_formatted} left',
    barsize: 24,
    clearOnComplete: true,
    hideCursor: true,
    fps: 5,
    gracefulExit: false, // interrupts are ours: they save first
    etaBuffer: 50,
  };
}

function lines(stream: NodeJS.WriteStream, everySeconds: number): Reporter & { end(): void } {
  let last = performance.now();
  const now = (text: string): void => {
    last = performance.now();
    stream.write(`${text}\n`);
  };
  const due = (): boolean => performance.now() - last >= everySeconds * 1000;
  return {
    note: now,
    step: ({ progress, steps, examplesPerSecond }) => {
      if (!due()) return;
      now(
        `epoch ${progress.epoch + 1}  step ${progress.step}/${steps}  loss ${meanLoss(progress)}  ${rate(examplesPerSecond)}`,
      );
    },
    epoch: ({ progress, line }) => now(`epoch ${progress.epoch}  ${line}`),
    counting: ({ what, done, rows }) => {
      if (due()) now(`${what}  ${done}/${rows}`);
    },
    end: () => {},
  };
}

const meanLoss = ({ lossSum, pairs }: { lossSum: number; pairs: number }): string =>
  (lossSum / pairs).toFixed(4);
const rate = (perSecond: number): string => `${Math.round(perSecond).toLocaleString('en')} examples/s`;

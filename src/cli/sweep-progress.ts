import {
  type CellResult,
  cellName,
  type RunningCell,
  type SweepSurroundings,
  type SweepView,
} from '../sweeps/index.js';
import type { CommonArguments } from './command.js';
import { metricText } from './output.js';
import { createReporter } from './reporter.js';
import { durationText, leftText } from './sweep.js';

type SweepReporter = SweepSurroundings['reporter'] & { end(): void };

/**
 * Progress of a sweep on stderr: on a terminal a table of the cells under way, drawn anew below the lines of those that have
 * ended; elsewhere the lines alone, of every epoch too with `--verbose`.
 */
export function createSweepReporter(
  args: Pick<CommonArguments, 'quiet' | 'verbose'>,
  stream: NodeJS.WriteStream = process.stderr,
): SweepReporter {
  const plain = createReporter(args, stream);
  if (args.quiet) return { ...plain, cells() {}, cell() {} };
  return stream.isTTY ? drawn(plain, stream) : lines(plain, args.verbose);
}

function lines(plain: ReturnType<typeof createReporter>, verbose: boolean): SweepReporter {
  const told = new Map<string, number>();
  return {
    ...plain,
    cells: ({ running }) => {
      for (const cell of running) {
        const name = cellName(cell);
        if (!verbose || cell.epoch <= (told.get(name) ?? 0)) continue;
        told.set(name, cell.epoch);
        plain.note(`${name}  ${epochText(cell)}`);
      }
    },
    cell: (result, view, taken) => plain.note(cellLine(result, view, taken)),
  };
}

/** Milliseconds between two drawings. */
const rest = 200;

function drawn(plain: ReturnType<typeof createReporter>, stream: NodeJS.WriteStream): SweepReporter {
  let height = 0;
  let last: SweepView | null = null;
  let drawnAt = 0;
  const clear = (): void => {
    if (height > 0) stream.write(`\u001b[${height}A\u001b[0J`);
    height = 0;
  };
  const draw = (): void => {
    if (!last) return;
    const width = Math.max(20, (stream.columns ?? 80) - 1);
    const shown = viewLines(last, Math.max(3, (stream.rows ?? 24) - 2)).map((line) => line.slice(0, width));
    clear();
    stream.write(`${shown.join('\n')}\n`);
    height = shown.length;
    drawnAt = performance.now();
  };
  const timer = setInterval(draw, 1000); // times go on when nothing happens
  timer.unref();
  return {
    ...plain,
    note: (text) => {
      clear();
      plain.note(text);
      draw();
    },
    counting: (count) => {
      clear();
      plain.counting(count);
    },
    cells: (view) => {
      last = view;
      if (performance.now() - drawnAt >= rest) draw();
    },
    cell: (result, view, taken) => {
      last = view;
      clear();
      plain.note(cellLine(result, view, taken));
      draw();
    },
    end: () => {
      clearInterval(timer);
      clear();
      plain.end();
    },
  };
}

/** The table under way; with more cells than lines the rest in a word. */
export function viewLines(view: SweepView, most: number): string[] {
  const { total, finished, lost, running, queued, secondsLeft } = view;
  const shown = running.slice(0, running.length > most - 1 ? most - 2 : undefined);
  const widest = Math.max(0, ...shown.map((cell) => cellName(cell).length));
  return [
    ...shown.map((cell) => `  ${cellName(cell).padEnd(widest)}  ${epochText(cell)}`),
    ...(running.length > shown.length ? [`  and ${running.length - shown.length} more`] : []),
    [
      `${finished + lost} of ${total} cells`,
      ...(lost > 0 ? [`${lost} without a result`] : []),
      ...(queued > 0 ? [`${queued} in the queue`] : []),
      ...(secondsLeft === null ? [] : [leftText(secondsLeft)]),
    ].join(', '),
  ];
}

function epochText({ epoch, epochs, metric, seconds }: RunningCell): string {
  const value = metric ? `  ${metric.name} ${metricText(metric.value)}` : '';
  return `epoch ${epoch}/${epochs}${value}  ${durationText(seconds)}`;
}

function cellLine(result: CellResult, view: SweepView, taken: boolean): string {
  const { state, reason, metrics, seconds } = result;
  const { total, finished, lost, secondsLeft } = view;
  const [first] = Object.entries(metrics ?? {});
  const outcome = first ? `${first[0]} ${metricText(first[1])} on test` : `${state}: ${reason}`;
  const left = secondsLeft === null || finished + lost === total ? '' : `, ${leftText(secondsLeft)}`;
  return `${finished + lost}/${total}  ${cellName(result)}  ${outcome}  (${taken ? 'done before' : durationText(seconds)}${left})`;
}

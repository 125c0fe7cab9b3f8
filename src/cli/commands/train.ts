import type { RunResult } from '../../training/index.js';
import type { Command } from '../command.js';
import { experimentArguments, experimentOptions, experimentPositional } from '../experiment.js';

export const train: Command = {
  usage: 'train [experiment..]',
  about: 'Train an experiment, or go on with an interrupted run, and evaluate it',
  positionals: experimentPositional,
  options: {
    ...experimentOptions,
    resume: { type: 'string', requiresArg: true, describe: 'Go on with this run instead of starting one' },
  },
  examples: [
    ['mvrec train experiments/quickstart.yaml', 'THACIL on a simulated log, in about a minute'],
    [
      'mvrec train experiments/quickstart.yaml --set train.epochs=2 --seed 7',
      'the same, shorter, with another seed',
    ],
    [
      'mvrec train base.yaml mine.yaml --preset paper',
      'two files, the second over the first, and a preset over both',
    ],
    ['mvrec train --resume quickstart/latest', 'go on where an interrupted run was saved'],
  ],
  async run(args) {
    const request = await trainRequest(args); // mistakes come before anything heavy is loaded
    const [{ resumeRun, startRun }, { loadSettings }, { createReporter }, { interruptSignal }] =
      await Promise.all([
        import('../../training/index.js'),
        import('../../config/index.js'),
        import('../reporter.js'),
        import('../interrupt.js'),
      ]);
    const settings = await loadSettings();
    const reporter = createReporter(args);
    const { signal, release } = interruptSignal(reporter);
    try {
      const surroundings = { settings, command: process.argv.slice(2), reporter, signal };
      const result =
        'resume' in request
          ? await resumeRun(request.resume, surroundings)
          : await startRun(request.experiment, Object.fromEntries(request.origins), surroundings);
      return { json: { ...result }, text: await describeRun(result) };
    } finally {
      reporter.end();
      release();
    }
  },
};

/** A run to resume, or an experiment, read and checked. */
async function trainRequest(args: Readonly<Record<string, unknown>>) {
  const { UserError } = await import('../../base/index.js');
  const files = (args.experiment as string[] | undefined) ?? [];
  const resume = args.resume as string | undefined;
  if (resume === undefined) return experimentArguments(args);
  const given = Object.keys(experimentOptions).filter(
    (key) => args[key] !== undefined && `${args[key]}` !== '',
  );
  if (files.length > 0 || given.length > 0) {
    const what = files.length > 0 ? 'an experiment file' : `--${given[0]}`;
    throw new UserError(
      `--resume goes on with a run as it was started, so ${what} cannot be given with it`,
      'Leave it out, or start a new run.',
    );
  }
  return { resume };
}

/** The table that a run ends with: its metrics on test beside the floors, and what to bear in mind. */
async function describeRun(result: RunResult): Promise<string> {
  const [{ formatTable, metricText }, { leakText }] = await Promise.all([
    import('../output.js'),
    import('../audit.js'),
  ]);
  const { metrics, floors, selection, run, directory, seconds, examplesPerSecond, caveat } = result;
  const names = Object.keys(metrics.validation);
  const row = (title: string, values: Readonly<Record<string, number | null>>): string[] => [
    title,
    ...names.map((name) => metricText(values[name])),
  ];
  const lines = [
    formatTable(
      [
        { title: metrics.test ? 'on test' : 'on validation' },
        ...names.map((title) => ({ title, align: 'right' as const })),
      ],
      [
        row('this run', metrics.test ?? metrics.validation),
        ...Object.entries(floors).map(([name, values]) => row(titles[name] ?? name, values)),
        ...(metrics.test ? [row('this run, validation', metrics.validation)] : []),
      ],
    ),
  ];
  if (caveat) lines.push(`Note: ${caveat}`);
  lines.push(...leakText(result.audit));
  if (selection?.on === 'test')
    lines.push('The epoch was chosen on TEST (train.selectOn): its numbers are optimistic.');
  const by = selection?.on === 'last' ? 'the last' : `by ${selection?.on} ${selection?.monitor}`;
  const chosen = selection?.epoch ? `epoch ${selection.epoch}, ${by}; ` : '';
  const speed =
    examplesPerSecond === null ? '' : `, ${Math.round(examplesPerSecond).toLocaleString('en')} examples/s`;
  lines.push(`Run ${run} (${chosen}${seconds.toFixed(0)} s${speed})`, `  ${directory}`);
  return lines.join('\n');
}

const titles: Readonly<Record<string, string>> = {
  oracle: "simulator's oracle",
};

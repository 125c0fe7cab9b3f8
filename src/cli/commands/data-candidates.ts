import type { Command } from '../command.js';
import { experimentArguments, experimentOptions, experimentPositional } from '../experiment.js';

export const dataCandidates: Command = {
  usage: 'data candidates <experiment..>',
  about: 'Write the sampled candidates of an experiment to a file, for other programs to rank the same',
  positionals: experimentPositional,
  options: {
    out: { type: 'string', requiresArg: true, describe: 'File to write: .csv or .parquet' },
    split: {
      choices: ['validation', 'test'],
      describe: 'Part of the data; default: both',
    },
    force: { type: 'boolean', default: false, describe: 'Write over a file that is there' },
    set: experimentOptions.set,
  },
  examples: [
    [
      "mvrec data candidates experiments/quickstart.yaml --set 'evaluate={candidates: {kind: sampled}, metrics: [hr@10]}' --set train.monitor=hr@10 --split test --out candidates.parquet",
      'Each positive test row and 1,000 other videos',
    ],
  ],
  async run(args) {
    const [{ InterruptedError, UserError }, { requireFree }] = await Promise.all([
      import('../../base/index.js'),
      import('../output.js'),
    ]);
    const path = args.out as string | undefined;
    if (path === undefined) {
      throw new UserError('data candidates needs --out', 'For example: --out candidates.parquet');
    }
    requireFree(path, args.force === true, '--out');
    const { experiment, mistake } = await experimentArguments(args);
    const spec = experiment.evaluate.candidates;
    if (spec.kind !== 'sampled') {
      throw mistake({
        path: 'evaluate.candidates.kind',
        problem: `evaluate.candidates.kind is ${spec.kind}: nothing is drawn`,
        fix: 'Say --set evaluate.candidates.kind=sampled, with metrics and a monitor such as hr@10.',
      });
    }
    const [{ openData }, evaluation, { loadSettings }, { createReporter }, { interruptSignal }] =
      await Promise.all([
        import('../../training/index.js'),
        import('../../evaluation/index.js'),
        import('../../config/index.js'),
        import('../reporter.js'),
        import('../interrupt.js'),
      ]);
    evaluation.tableFormat(path); // a wrong ending fails before the work
    const reporter = createReporter(args);
    const { signal, release } = interruptSignal(reporter);
    try {
      const data = await openData(experiment, { settings: await loadSettings(), reporter, signal });
      const splits = args.split === undefined ? (['validation', 'test'] as const) : [args.split as 'test'];
      const rows = splits
        .flatMap((split) => [...data.split[split]])
        .filter((row) => data.label[row] === 1).length;
      const written = await evaluation.writeCandidates(path, data, splits, spec, (done) => {
        if (signal.aborted) throw new InterruptedError();
        reporter.counting({ what: 'writing lists', done, rows });
      });
      const count = (n: number): string => n.toLocaleString('en');
      return {
        json: { out: path, ...written },
        text: `${count(written.lists)} lists, ${count(written.pairs)} candidates in all, written to ${path}`,
      };
    } finally {
      reporter.end();
      release();
    }
  },
};

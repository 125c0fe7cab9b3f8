import { existsSync } from 'node:fs';
import type { CandidateSpec } from '../../data/index.js';
import type { Command } from '../command.js';
import { runPositional, trainedOptions } from '../trained-options.js';

export const evaluate: Command = {
  usage: 'eval <run>',
  about: 'Evaluate a run again: another part, other metrics, or every score in a file',
  positionals: runPositional,
  options: {
    split: {
      choices: ['train', 'validation', 'test'],
      describe: 'Part of the data; default: validation and test',
    },
    metrics: {
      type: 'string',
      requiresArg: true,
      describe: "Metrics, separated by commas; default: the experiment's",
    },
    predictions: {
      type: 'string',
      requiresArg: true,
      describe:
        'Write the score of every row, or of the best items of a catalogue, to this .csv or .parquet file',
    },
    force: { type: 'boolean', default: false, describe: 'Write over a file that is there' },
    candidates: {
      type: 'string',
      requiresArg: true,
      describe:
        'What positives are ranked among: impressions, catalogue, sampled (1,000 items), or a .csv or .parquet file of lists; default: as the experiment says',
    },
    by: {
      type: 'string',
      requiresArg: true,
      describe:
        'Break the metrics down: item (with or without a train row), history (by its length), or item,history',
    },
    ...trainedOptions,
  },
  examples: [
    ['mvrec eval quickstart/latest', 'the newest quickstart run, on validation and test'],
    [
      'mvrec eval quickstart/latest --split validation --metrics auc,ndcg@10:thacil',
      'other metrics on validation',
    ],
    [
      'mvrec eval quickstart/latest --candidates catalogue --metrics hr@10,ndcg@10',
      'rank all videos for every user',
    ],
    [
      'mvrec eval quickstart/latest --split test --by item,history',
      'how well new videos, and users with short histories, are served',
    ],
    [
      'mvrec eval quickstart/latest --predictions scores.parquet',
      'every score, to compare models row by row',
    ],
  ],
  async run(args) {
    const [
      { evaluateRun },
      { loadSettings },
      { createReporter },
      { interruptSignal },
      { formatTable, metricText, requireFree },
      { leakText },
      { breakdownsOf, breakdownText },
    ] = await Promise.all([
      import('../../training/index.js'),
      import('../../config/index.js'),
      import('../reporter.js'),
      import('../interrupt.js'),
      import('../output.js'),
      import('../audit.js'),
      import('../breakdown.js'),
    ]);
    const predictions = (args.predictions as string | undefined) ?? null;
    if (predictions !== null) requireFree(predictions, args.force === true, '--predictions');
    const by = breakdownsOf(args.by as string | undefined);
    const candidates = await candidatesOf(args.candidates as string | undefined);
    const reporter = createReporter(args);
    const { signal, release } = interruptSignal(reporter);
    try {
      const result = await evaluateRun(
        {
          run: args.run as string,
          splits: args.split === undefined ? ['validation', 'test'] : [args.split as 'test'],
          checkpoint: args.checkpoint as 'best',
          metrics: (args.metrics as string | undefined)?.split(',') ?? null,
          engine: (args.engine as 'auto' | undefined) ?? null,
          candidates,
          by,
          predictions,
        },
        { settings: await loadSettings(), reporter, signal },
      );
      const { run, checkpoint, rows, metrics, caveat } = result;
      const names = [...new Set(Object.values(metrics).flatMap(Object.keys))];
      const lines = [
        formatTable(
          [{ title: '' }, ...names.map((title) => ({ title, align: 'right' as const }))],
          Object.entries(metrics).map(([split, values]) => [
            split,
            ...names.map((name) => metricText(values[name])),
          ]),
        ),
        ...breakdownText(result.breakdown),
        ...(caveat ? [`Note: ${caveat}`] : []),
        ...leakText(result.audit),
        ...(predictions ? [`Scores written to ${predictions}`] : []),
        `Run ${run}, checkpoint ${checkpoint}, ${rows.toLocaleString('en')} rows`,
      ];
      return { json: { ...result }, text: lines.join('\n') };
    } finally {
      reporter.end();
      release();
    }
  },
};

const kinds = ['impressions', 'catalogue', 'sampled'] as const;

/** The candidates that a word stands for: a kind, or a file by its ending. */
async function candidatesOf(word: string | undefined): Promise<CandidateSpec | null> {
  if (word === undefined) return null;
  if (/\.(csv|tsv|tab|parquet)$/i.test(word)) {
    if (existsSync(word)) return { kind: 'file', path: word };
    const { UserError } = await import('../../base/index.js');
    throw new UserError(
      `there is no file ${word}`,
      'Check the path; it is relative to the folder in which the command runs. mvrec data candidates writes such files.',
    );
  }
  const kind = kinds.find((known) => known === word);
  if (kind === 'sampled') return { kind, negatives: 1000, by: 'uniform', seed: 1 };
  if (kind) return { kind };
  const { nearest, UserError } = await import('../../base/index.js');
  const near = nearest(word, kinds);
  throw new UserError(
    `mvrec eval: --candidates cannot be ${word}${near === null ? '' : ` (did you mean ${near}?)`}`,
    `One of ${kinds.join(', ')}, or a file that ends in .csv or .parquet.`,
  );
}

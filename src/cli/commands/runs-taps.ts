import type { Reporter } from '../../training/index.js';
import type { Command, Output } from '../command.js';
import type { DataProgress } from '../data-progress.js';
import { runPositional, trainedOptions } from '../trained-options.js';

export const runsTaps: Command = {
  usage: 'runs taps <run>',
  about: "What a run's model makes of users: attention, routing and other intermediate results",
  positionals: runPositional,
  options: {
    users: {
      type: 'string',
      array: true,
      describe:
        'Identifiers of users, separated by commas; may be repeated. Each with the last of its test rows. Default: the first four with one',
    },
    tap: {
      type: 'string',
      array: true,
      default: ['all'],
      describe: 'Intermediate results, separated by commas, or all; may be repeated',
    },
    out: {
      type: 'string',
      requiresArg: true,
      describe: 'File to write: .safetensors or .json; default: print',
    },
    force: { type: 'boolean', default: false, describe: 'Replace a file that is there' },
    ...trainedOptions,
  },
  examples: [
    ['mvrec runs taps quickstart/latest --json', 'everything, of the first users'],
    [
      'mvrec runs taps mtin-figure6/latest --users 17,42 --tap positive.attention --out taps.safetensors',
      'attention of two users, for mvrec report RUN --taps taps.safetensors',
    ],
  ],
  async run(args) {
    const { dataProgress } = await import('../data-progress.js');
    const work = async ({ signal }: DataProgress, reporter: Reporter): Promise<Output> => {
      const [{ runTaps }, { loadSettings }] = await Promise.all([
        import('../taps.js'),
        import('../../config/index.js'),
      ]);
      return runTaps(args, { settings: await loadSettings(), reporter, signal });
    };
    return dataProgress(args.quiet, work, args.verbose);
  },
};

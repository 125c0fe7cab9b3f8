import type { Reporter } from '../../training/index.js';
import type { Command, Output } from '../command.js';
import type { DataProgress } from '../data-progress.js';
import { runPositional, trainedOptions } from '../trained-options.js';

export const recommend: Command = {
  usage: 'recommend <run>',
  about: 'Write the best items for users, new items among them, to a file',
  positionals: runPositional,
  options: {
    users: {
      type: 'string',
      requiresArg: true,
      default: 'all',
      describe:
        'Users: all, or a file: one identifier a line, or the column user_id of a .csv, .tsv or .parquet file',
    },
    top: { type: 'number', requiresArg: true, default: 50, describe: 'Items for each user' },
    candidates: {
      type: 'string',
      requiresArg: true,
      describe:
        'File of what may be recommended: items (one a line, or the column item_id) for all users, or a .csv, .tsv or .parquet file of pairs (user_id, item_id); default: all items',
    },
    seen: {
      type: 'boolean',
      default: false,
      describe: "Recommend also items of the user's positive rows, which are left out otherwise",
    },
    at: {
      choices: ['end', 'train'],
      default: 'end',
      describe:
        'When: histories, and what was seen, up to the end of the log, or of the train part as an evaluation needs it',
    },
    out: { type: 'string', requiresArg: true, describe: 'File to write: .csv or .parquet' },
    force: { type: 'boolean', default: false, describe: 'Write over a file that is there' },
    ...trainedOptions,
  },
  examples: [
    ['mvrec recommend quickstart/latest --out top.parquet', 'the best 50 items of every user'],
    [
      'mvrec recommend quickstart/latest --users users.txt --top 10 --out top.csv',
      'the best 10, for the users whose identifiers stand in users.txt, one a line',
    ],
    [
      'mvrec recommend quickstart/latest --candidates new.txt --top 20 --out new.csv',
      'the best 20 of the items that stand in new.txt, such as new ones',
    ],
    [
      'mvrec recommend quickstart/latest --candidates pairs.parquet --out reranked.parquet',
      'what another program chose for each user (columns user_id, item_id), in the order of this model',
    ],
  ],
  async run(args) {
    const { dataProgress } = await import('../data-progress.js');
    const work = async ({ signal }: DataProgress, reporter: Reporter): Promise<Output> => {
      const [{ recommendRun }, { loadSettings }, { recommendRequest, recommendText }] = await Promise.all([
        import('../../training/index.js'),
        import('../../config/index.js'),
        import('../recommend.js'),
      ]);
      const request = recommendRequest(args);
      const result = await recommendRun(request, { settings: await loadSettings(), reporter, signal });
      return { json: { ...result }, text: recommendText(result) };
    };
    return dataProgress(args.quiet, work, args.verbose);
  },
};

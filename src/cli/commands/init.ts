import type { Command } from '../command.js';
import { columnOptions } from '../import-options.js';

export const init: Command = {
  usage: 'init',
  about:
    'Write a first experiment: on your own log (and a card that says what is in it), or on a simulated one',
  options: {
    data: {
      type: 'string',
      requiresArg: true,
      describe:
        'File of a log (CSV, Parquet), a card, or a data set; default: the simulated world quickstart',
    },
    from: {
      type: 'string',
      requiresArg: true,
      describe: "Folder of a card's files; default: the card's own",
    },
    ...columnOptions,
    out: { type: 'string', requiresArg: true, describe: 'Folder to write to; default: the working folder' },
    force: { type: 'boolean', default: false, describe: 'Write over card.yaml and experiment.yaml' },
  },
  examples: [
    ['mvrec init', 'experiment.yaml on a simulated log'],
    ['mvrec init --data my.csv', 'card.yaml and experiment.yaml, which runs: mvrec train experiment.yaml'],
    ['mvrec init --data my.csv --user uid --item vid --out mine', 'With these columns, in another folder'],
  ],
  async run({ quiet, ...args }) {
    const [{ loadSettings }, { initExperiment }, { dataProgress }] = await Promise.all([
      import('../../config/index.js'),
      import('../init.js'),
      import('../data-progress.js'),
    ]);
    const { dataDir } = await loadSettings();
    return dataProgress(quiet, (progress) => initExperiment(args, { dataDir, ...progress }));
  },
};

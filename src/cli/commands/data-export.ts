import type { Reporter } from '../../training/index.js';
import type { Command, Output } from '../command.js';
import type { DataProgress } from '../data-progress.js';
import { fromOption, worldOptions } from '../source-options.js';

export const dataExport: Command = {
  usage: 'data export <source..>',
  about:
    'Write the parts of an experiment, or a whole data set, for RecBole, FuxiCTR or any reader of Parquet',
  positionals: {
    source: {
      type: 'string',
      array: true,
      describe:
        'Experiment (YAML), or a data set: name given at import, a world, a card (YAML), a store folder',
    },
  },
  options: {
    to: { choices: ['recbole', 'fuxictr', 'parquet'], describe: 'What is to read it' },
    out: { type: 'string', requiresArg: true, describe: 'Folder to make' },
    label: {
      type: 'string',
      requiresArg: true,
      describe: "Column to predict; default: the experiment's, or is_click",
    },
    'history-length': {
      type: 'number',
      requiresArg: true,
      describe:
        'Write histories: the latest so many items before each row; a data set as parquet has its own whole',
    },
    positives: {
      type: 'boolean',
      default: false,
      describe: 'Only rows with a positive label, for models that take every row as a positive',
    },
    replace: { type: 'boolean', default: false, describe: 'Replace an export that is there' },
    set: {
      type: 'string',
      array: true,
      describe: 'Change one option of the experiment: path=value; may be repeated',
    },
    from: fromOption,
    ...worldOptions,
  },
  examples: [
    [
      'mvrec data export experiments/quickstart.yaml --to recbole --out peers/recbole',
      'The parts that mvrec train uses, and a configuration that loads them',
    ],
    [
      'mvrec data export experiments/quickstart.yaml --to fuxictr --history-length 50 --out peers/fuxictr',
      'The same for FuxiCTR, with the latest 50 clicks before each row',
    ],
    ['mvrec data export quickstart --scale 0.1 --to parquet --out tables', 'A whole data set as tables'],
  ],
  async run(args) {
    const { dataProgress } = await import('../data-progress.js');
    const work = async (progress: DataProgress, reporter: Reporter): Promise<Output> => {
      const [{ exportRequest, exportText, selectRows }, { exportData, requireFree }, { loadSettings }] =
        await Promise.all([
          import('../data-export.js'),
          import('../../data/index.js'),
          import('../../config/index.js'),
        ]);
      const request = exportRequest(args);
      const { to, folder, replace } = request;
      await requireFree(folder, replace); // before data are read for minutes
      const settings = await loadSettings();
      const { signal } = progress;
      const { exported, request: asked } = await selectRows(request, { settings, reporter, signal });
      const summary = await exportData(exported, { to, folder, replace, request: asked, ...progress });
      return { json: { folder, ...summary }, text: exportText(summary, folder) };
    };
    return dataProgress(args.quiet, work, args.verbose);
  },
};

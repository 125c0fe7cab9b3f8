import type { Command } from '../command.js';

export const dataImport: Command = {
  usage: 'data import <input>',
  about: 'Read a log from CSV, TSV or Parquet files, by a card or by the names of its columns',
  positionals: {
    input: { type: 'string', describe: 'A card (YAML), or the file of the log' },
  },
  options: {
    from: {
      type: 'string',
      requiresArg: true,
      describe: "Folder of a card's files; default: the card's own",
    },
    user: { type: 'string', requiresArg: true, describe: 'Column of user identifiers' },
    item: { type: 'string', requiresArg: true, describe: 'Column of item identifiers' },
    time: {
      type: 'string',
      requiresArg: true,
      describe: 'Column of times (numbers); default: order of the rows',
    },
    label: {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Numeric column to keep: a label or context; may be repeated',
    },
    category: {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Column that is a category of the item; may be repeated',
    },
    delimiter: {
      type: 'string',
      choices: ['comma', 'tab', 'semicolon', 'pipe'],
      describe: 'Of CSV files; default: tab for .tsv and .tab, else comma',
    },
    'drop-duplicates': {
      type: 'boolean',
      default: false,
      describe: 'Drop rows that equal another in every column',
    },
    name: {
      type: 'string',
      requiresArg: true,
      describe: "Keep it under this name; default: the card's or the file's",
    },
    replace: {
      type: 'boolean',
      default: false,
      describe: 'Take the name even if data from other files have it; they are lost',
    },
  },
  examples: [
    ['mvrec data import datasets/example/example.yaml', 'The files that a card describes'],
    [
      'mvrec data import datasets/example/log.csv --user user_id --item video_id --time time_ms --label liked --name mine',
      'A single file; the card made of the options is kept beside the data',
    ],
  ],
  async run({ input, quiet, ...args }) {
    const [{ loadSettings }, { importInto, requireSameOrigin }, data, { dataProgress }] = await Promise.all([
      import('../../config/index.js'),
      import('../../data/index.js'),
      import('../data.js'),
      import('../data-progress.js'),
    ]);
    const { dataDir } = await loadSettings();
    const { card, from, text } = await data.importRequest(input as string, args);
    const folder = data.storeFolder(dataDir, card.name);
    if (!args.replace) await requireSameOrigin(folder, { card, from });
    const { store, report } = await dataProgress(quiet, (progress) =>
      importInto(card, from, folder, { dataDir, ...progress }, text),
    );
    const described = data.describeStore(store);
    const lines = [...report, '', data.inspectionText(described), `Kept as ${card.name} in ${folder}`];
    return { json: { folder, report, ...described }, text: lines.join('\n') };
  },
};

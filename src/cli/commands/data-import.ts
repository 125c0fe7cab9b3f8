import type { Command } from '../command.js';
import { columnOptions } from '../import-options.js';

export const dataImport: Command = {
  usage: 'data import <input>',
  about: 'Read a log: by a card, by the names of its columns, or by a card that is guessed and written down',
  positionals: {
    input: {
      type: 'string',
      describe:
        'A data set that mvrec knows (mvrec data cards), a card (YAML), the file of a log, or generic',
    },
  },
  options: {
    from: {
      type: 'string',
      requiresArg: true,
      describe: "Folder of a card's files, default: the card's own; with generic the file of the log",
    },
    ...columnOptions,
    card: {
      type: 'string',
      requiresArg: true,
      describe: 'Write the guessed card to this file; default: NAME.card.yaml',
    },
    'dry-run': { type: 'boolean', default: false, describe: 'Guess and write the card, import nothing' },
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
    'as-found': {
      type: 'boolean',
      default: false,
      describe: 'Import files whose checksums or counts are not those that the card expects',
    },
    force: {
      type: 'boolean',
      default: false,
      describe: 'Import again what has not changed; guess again where the card is there already',
    },
  },
  examples: [
    ['mvrec data import my.csv', 'Guess what the columns are, write my.card.yaml, import'],
    ['mvrec data import my.csv --user uid --item vid --dry-run', 'Only write the card, with these columns'],
    ['mvrec data import datasets/example/example.yaml', 'The files that a card describes'],
    ['mvrec data import kwai --from downloads/kwai', 'Files as downloaded, by a card that mvrec brings'],
    [
      'mvrec data import datasets/example/log.csv --user user_id --item video_id --time time_ms --label liked --name mine',
      'Nothing is guessed where user, item and labels are said; the card is kept beside the data',
    ],
  ],
  async run({ input, quiet, ...args }) {
    const { dataProgress } = await import('../data-progress.js');
    return dataProgress(quiet, async (progress) => {
      const [{ loadSettings }, { importOnce }] = await Promise.all([
        import('../../config/index.js'),
        import('../import.js'),
      ]);
      const { dataDir } = await loadSettings();
      return importOnce(input as string, args, { dataDir, ...progress });
    });
  },
};

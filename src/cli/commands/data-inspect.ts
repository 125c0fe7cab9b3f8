import type { Command } from '../command.js';

export const dataInspect: Command = {
  usage: 'data inspect <dataset>',
  about: 'Show what a data set holds: sizes, rates, sparsity, history lengths, cold items',
  positionals: {
    dataset: { type: 'string', describe: 'Name given at import, a world, a card (YAML), or a store folder' },
  },
  options: {
    from: {
      type: 'string',
      requiresArg: true,
      describe: "Folder of a card's files; default: the card's own",
    },
    label: {
      type: 'string',
      requiresArg: true,
      describe: 'Column that counts as the label; default: is_click',
    },
  },
  examples: [
    ['mvrec data inspect quickstart', 'The simulated world of the quickstart'],
    ['mvrec data inspect datasets/example/example.yaml --label liked', 'The files that a card describes'],
    ['mvrec data inspect quickstart --json', 'The same for programs'],
  ],
  async run({ dataset, from, label, quiet }) {
    const [{ loadSettings }, { openSource, sourceOf }, { describeStore, inspectionText }, { dataProgress }] =
      await Promise.all([
        import('../../config/index.js'),
        import('../../data/index.js'),
        import('../data.js'),
        import('../data-progress.js'),
      ]);
    const { dataDir } = await loadSettings();
    const source = await sourceOf(dataset as string, from as string | undefined, dataDir);
    const store = await dataProgress(quiet, (progress) => openSource(source, { dataDir, ...progress }));
    const described = describeStore(store, label as string | undefined);
    return { json: { ...described }, text: inspectionText(described) };
  },
};

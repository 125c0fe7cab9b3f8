import type { Command } from '../command.js';
import { fromOption, worldOptions } from '../source-options.js';

export const dataInspect: Command = {
  usage: 'data inspect <dataset>',
  about: 'Show what a data set holds: sizes, rates, sparsity, history lengths, cold items',
  positionals: {
    dataset: {
      type: 'string',
      describe: 'Name given at import, a world, a card (YAML, or one of data cards), or a store folder',
    },
  },
  options: {
    from: fromOption,
    label: {
      type: 'string',
      requiresArg: true,
      describe: 'Column that counts as the label; default: is_click',
    },
    ...worldOptions,
    set: { type: 'string', array: true, describe: 'Of a world: turn a knob, name=number; may be repeated' },
  },
  examples: [
    ['mvrec data inspect quickstart --scale 2', 'The log that experiments/quickstart.yaml trains on'],
    ['mvrec data inspect datasets/example/example.yaml --label liked', 'The files that a card describes'],
    ['mvrec data inspect quickstart --json', 'The same for programs'],
  ],
  async run({ dataset, from, label, scale, seed, set, quiet }) {
    const [{ knobsFrom, loadSettings }, { openSource }, data, { dataProgress }] = await Promise.all([
      import('../../config/index.js'),
      import('../../data/index.js'),
      import('../data.js'),
      import('../data-progress.js'),
    ]);
    const { describeStore, inspectionText, worldAs } = data;
    const { dataDir } = await loadSettings();
    const named = await data.knownSource(dataset as string, from as string | undefined, dataDir);
    const source = await worldAs(named, {
      scale: scale as number | undefined,
      seed: seed as number | undefined,
      set: set === undefined ? undefined : knobsFrom(set as string[]),
    });
    const store = await dataProgress(quiet, (progress) => openSource(source, { dataDir, ...progress }));
    const described = describeStore(store, label as string | undefined);
    return { json: { ...described }, text: inspectionText(described) };
  },
};

import type { Command } from '../command.js';
import { experimentArguments, experimentOptions, experimentPositional } from '../experiment.js';

export const config: Command = {
  usage: 'config <experiment..>',
  about: 'Print an experiment with every option filled in, and where each value comes from',
  positionals: experimentPositional,
  options: experimentOptions,
  examples: [
    ['mvrec config experiments/quickstart.yaml', 'Every option and who set it'],
    [
      'mvrec config experiments/quickstart.yaml --set train.epochs=3 --json',
      'With one option changed, for programs',
    ],
    [
      'mvrec config experiments/quickstart.yaml --preset released',
      "With the settings of the authors' code beneath",
    ],
  ],
  async run(args) {
    const { formatExperiment } = await import('../../config/index.js');
    const loaded = await experimentArguments(args);
    const { experiment, origins } = loaded;
    return { json: { experiment, origins: Object.fromEntries(origins) }, text: formatExperiment(loaded) };
  },
};

import type { Command } from '../command.js';

export const models: Command = {
  usage: 'models [model]',
  about: 'List the models, or the options and presets of one',
  positionals: { model: { type: 'string', describe: 'Name of a model, for example thacil' } },
  examples: [
    ['mvrec models', 'All models'],
    ['mvrec models thacil', 'Options and presets of THACIL'],
    ['mvrec models thacil --json', 'The same for programs'],
  ],
  async run({ model }) {
    const { describeModel, listModels } = await import('../models.js');
    return model === undefined ? listModels() : describeModel(model as string);
  },
};

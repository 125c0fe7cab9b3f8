import type { Command } from '../command.js';

export const models: Command = {
  usage: 'models [model]',
  about: 'List the models, the options and presets of one, or the arrays that it takes and hands out',
  positionals: { model: { type: 'string', describe: 'Name of a model, for example thacil' } },
  options: {
    inputs: {
      type: 'boolean',
      default: false,
      describe: 'Names, shapes and types of its weights, inputs and intermediate results (for mvrec forward)',
    },
    options: {
      type: 'string',
      array: true,
      describe: 'With --inputs: options of the model, key=value or a YAML or JSON file; may be repeated',
    },
    preset: { type: 'string', array: true, describe: 'With --inputs: presets of the model; may be repeated' },
  },
  examples: [
    ['mvrec models', 'All models'],
    ['mvrec models thacil', 'Options and presets of THACIL'],
    ['mvrec models thacil --json', 'The same for programs'],
    ['mvrec models thacil --inputs --options userSize=8', 'Its arrays with a user embedding'],
  ],
  async run({ model, inputs, options, preset }) {
    if (inputs !== true) {
      const given = [options, preset].findIndex((list) => list !== undefined);
      if (given >= 0) {
        const { UserError } = await import('../../base/index.js');
        throw new UserError(
          `--${['options', 'preset'][given]} goes with --inputs`,
          'Leave it out, or say --inputs.',
        );
      }
      const { describeModel, listModels } = await import('../models.js');
      return model === undefined ? listModels() : describeModel(model as string);
    }
    if (model === undefined) {
      const { UserError } = await import('../../base/index.js');
      throw new UserError('--inputs needs a model', 'For example: mvrec models thacil --inputs');
    }
    const { describeInputs } = await import('../model-inputs.js');
    return describeInputs(
      model as string,
      (options as string[] | undefined) ?? [],
      (preset as string[] | undefined) ?? [],
    );
  },
};

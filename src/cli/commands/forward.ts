import type { Command } from '../command.js';

export const forward: Command = {
  usage: 'forward <model>',
  about: 'Run one forward pass of a model on given arrays, with its intermediate results',
  positionals: { model: { type: 'string', describe: 'Name of a model, for example thacil' } },
  options: {
    options: {
      type: 'string',
      array: true,
      describe:
        'Options of the model: key=value (the value in YAML), or a YAML or JSON file; may be repeated. Default: those that the file of weights holds, else the defaults',
    },
    preset: {
      type: 'string',
      array: true,
      describe: 'Presets of the model, beneath --options; may be repeated',
    },
    weights: {
      type: 'string',
      requiresArg: true,
      describe: "Weights (safetensors); for thacil also its authors' TensorFlow checkpoint",
    },
    seed: { type: 'number', describe: 'In place of --weights: the weights that training starts from' },
    inputs: {
      type: 'string',
      requiresArg: true,
      describe: 'Input arrays (safetensors); `mvrec models MODEL --inputs` lists them',
    },
    tap: {
      type: 'string',
      array: true,
      describe: 'Intermediate results to hand out as well, separated by commas, or all; may be repeated',
    },
    out: {
      type: 'string',
      requiresArg: true,
      describe: 'File to write: .safetensors or .json; default: print',
    },
    force: { type: 'boolean', default: false, describe: 'Replace a file that is there' },
    engine: {
      choices: ['auto', 'tensorflow', 'webgpu', 'wasm', 'cpu'],
      describe: 'Engine; default: $MVREC_ENGINE, else auto',
    },
  },
  examples: [
    [
      'mvrec forward thacil --options blockSize=10 --weights w.safetensors --inputs i.safetensors --tap all --out o.safetensors',
      'Logits, probabilities and every intermediate result',
    ],
    [
      'mvrec forward thacil --weights w.safetensors --inputs i.safetensors --tap candidate.attention,user --out o.json',
      'Weights of a run (mvrec runs export), with the options that come with them',
    ],
    ['mvrec forward bpr --seed 1 --inputs i.safetensors --json', 'Initial weights, results on stdout'],
  ],
  async run(args) {
    const { runForward } = await import('../forward.js');
    return runForward({
      model: args.model as string,
      options: (args.options as string[] | undefined) ?? [],
      presets: (args.preset as string[] | undefined) ?? [],
      weights: args.weights as string | undefined,
      seed: args.seed as number | undefined,
      inputs: args.inputs as string | undefined,
      taps: (args.tap as string[] | undefined) ?? [],
      out: args.out as string | undefined,
      force: args.force === true,
      engine: (args.engine ?? process.env.MVREC_ENGINE ?? 'auto') as 'auto',
    });
  },
};

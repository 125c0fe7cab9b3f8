import type { Options, PositionalOptions } from 'yargs';

/** What every command that takes the weights of a run offers. */
export const runPositional = {
  run: { type: 'string', describe: 'Run: id, part of it, NAME/latest, or the path of its folder' },
} as const satisfies Record<string, PositionalOptions>;

export const trainedOptions = {
  checkpoint: {
    choices: ['best', 'last'],
    default: 'best',
    describe: 'Weights: the chosen epoch, or the last saved',
  },
  engine: {
    choices: ['auto', 'tensorflow', 'webgpu', 'wasm', 'cpu'],
    describe: "Engine; default: the run's own",
  },
} as const satisfies Record<string, Options>;

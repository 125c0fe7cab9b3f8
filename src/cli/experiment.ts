import type { Options, PositionalOptions } from 'yargs';
import type { LoadedExperiment } from '../config/index.js';

/** What every command that takes an experiment offers. */
export const experimentPositional = {
  experiment: {
    type: 'string',
    array: true,
    describe: 'Experiment files (YAML), merged left to right',
  },
} as const satisfies Record<string, PositionalOptions>;

export const experimentOptions = {
  set: {
    type: 'string',
    array: true,
    describe: 'Change one option: path=value, the value in YAML; may be repeated',
  },
  preset: {
    type: 'string',
    array: true,
    describe: 'Presets of the model, over the files and in place of theirs; may be repeated',
  },
  seed: { type: 'number', describe: 'Seed of initialisation, sampling, shuffling and dropout' },
  engine: { type: 'string', describe: 'auto, tensorflow, webgpu, wasm or cpu' },
  name: { type: 'string', describe: "Name of the experiment; default: the file's" },
} as const satisfies Record<string, Options>;

/**
 * The experiment that the arguments describe, resolved and checked as far as that goes without its data.
 *
 * @throws UserError for anything wrong in the files or options, and for metrics that do not exist
 */
export async function experimentArguments(
  args: Readonly<Record<string, unknown>>,
): Promise<LoadedExperiment> {
  const [{ loadExperiment }, { checkMetricNames }] = await Promise.all([
    import('../config/index.js'),
    import('./metric-names.js'),
  ]);
  const loaded = await loadExperiment({
    files: (args.experiment as string[] | undefined) ?? [],
    set: args.set as string[] | undefined,
    presets: args.preset as string[] | undefined,
    seed: args.seed as number | undefined,
    engine: args.engine as string | undefined,
    name: args.name as string | undefined,
    trials: args.trials as number | undefined,
    sampler: args.sampler as string | undefined,
    prune: args.prune as string | undefined,
  });
  checkMetricNames(loaded);
  return loaded;
}

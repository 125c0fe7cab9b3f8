import type { Command } from '../command.js';
import { experimentArguments, experimentOptions, experimentPositional } from '../experiment.js';

export const tune: Command = {
  usage: 'tune [experiment..]',
  about: 'Search the options that the section tune of an experiment names, by their score on validation',
  positionals: experimentPositional,
  options: {
    trials: {
      type: 'number',
      describe: 'Assignments to try; default: tune.trials, else 20, or the whole grid',
    },
    sampler: { type: 'string', choices: ['tpe', 'random', 'grid'], describe: 'In place of tune.sampler' },
    prune: { type: 'string', choices: ['asha', 'none'], describe: 'In place of tune.prune.kind' },
    jobs: { type: 'number', default: 1, describe: 'Trials at once, which share the cores' },
    'retry-failed': {
      type: 'boolean',
      default: false,
      describe: 'Go on with trials that failed, too, for example for want of disk',
    },
    ...experimentOptions,
  },
  examples: [
    ['mvrec tune experiments/tune.yaml', 'search; the same command goes on after Ctrl-C'],
    [
      'mvrec tune experiments/tune.yaml --trials 40 --prune asha --jobs 4',
      'more trials, bad ones stopped early',
    ],
    [
      "mvrec tune experiments/quickstart.yaml --set 'tune.space.model.heads={values: [1, 2, 4]}' --sampler grid",
      'a space on the command line',
    ],
  ],
  async run(args) {
    const { requireJobs, sameCommandGoesOn } = await import('../jobs.js');
    const jobs = requireJobs(args.jobs as number);
    const loaded = await experimentArguments(args);
    const [{ tune: search }, { loadSettings }, { createReporter }, { interruptSignal }, { tuneText }] =
      await Promise.all([
        import('../../sweeps/index.js'),
        import('../../config/index.js'),
        import('../reporter.js'),
        import('../interrupt.js'),
        import('../tune.js'),
      ]);
    const settings = await loadSettings();
    const reporter = createReporter(args);
    const { signal, release } = interruptSignal(reporter);
    const command = process.argv.slice(2);
    const retryFailed = args['retry-failed'] as boolean;
    try {
      const result = await search(
        loaded,
        { jobs, retryFailed, verbose: args.verbose },
        { settings, command, reporter, signal },
      );
      return { json: { status: 'finished', ...result }, text: tuneText(result) };
    } catch (error) {
      throw sameCommandGoesOn(error, command);
    } finally {
      reporter.end();
      release();
    }
  },
};

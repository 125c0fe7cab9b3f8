import type { Command } from '../command.js';

export const sweep: Command = {
  usage: 'sweep <file>',
  about: 'Train the cells of a sweep file over seeds and compare them in one table, on test',
  positionals: {
    file: {
      type: 'string',
      describe: 'Sweep file (YAML): a grid, a list of cells, seeds; see docs/sweeps.md',
    },
  },
  options: {
    'dry-run': {
      type: 'boolean',
      default: false,
      describe:
        'List the cells, what is done and what the rest would cost; write nothing but the script for Slurm',
    },
    only: {
      type: 'string',
      array: true,
      describe: 'Cells by their label, in which * and ? stand for anything; may be repeated',
    },
    on: { type: 'string', describe: 'Data to run on, by their name in the section on; default: the first' },
    seeds: { type: 'string', describe: 'So many seeds from 1, or a list: 3 or 1,2,7' },
    executor: {
      type: 'string',
      choices: ['local', 'slurm'],
      describe:
        "On this machine or as jobs of Slurm; default: the project file's, or local; see docs/sweeps.md",
    },
    jobs: {
      type: 'number',
      describe: 'Cells at once; default: the number of GPUs, or 1; of Slurm: as many as it lets',
    },
    'until-decided': {
      type: 'boolean',
      default: false,
      describe: 'Add seeds until the claims of the file are decided; see docs/claims.md',
    },
    'most-seeds': { type: 'number', describe: 'Most seeds with --until-decided; default: 20' },
    retry: { type: 'boolean', default: false, describe: 'Run cells that failed or diverged again' },
    'fail-fast': {
      type: 'boolean',
      default: false,
      describe: 'Stop at the first cell that fails or diverges',
    },
    set: {
      type: 'string',
      array: true,
      describe: 'Change one option of all cells: path=value, the value in YAML; may be repeated',
    },
    engine: { type: 'string', describe: 'auto, tensorflow, webgpu, wasm or cpu' },
    name: { type: 'string', describe: "Name of the sweep; default: the file's" },
  },
  examples: [
    ['mvrec sweep experiments/sweep.yaml', 'run it; the same command goes on after Ctrl-C'],
    ['mvrec sweep experiments/sweep.yaml --dry-run', 'what is done, and what the rest would cost'],
    ['mvrec sweep experiments/sweep.yaml --until-decided', 'with more seeds where its claims need them'],
    ['mvrec sweep experiments/sweep.yaml --executor slurm --jobs 8', 'on a cluster, eight cells at once'],
    ["mvrec sweep experiments/sweep.yaml --only 'THACIL*' --seeds 5 --jobs 2", 'some cells, more seeds'],
  ],
  async run(args) {
    const { sweepRequest } = await import('../sweep-request.js');
    const { loaded, options } = await sweepRequest(args);
    const [
      { sweep: runSweep },
      { loadSettings },
      { createSweepReporter },
      { interruptSignal },
      { sweepExitCode, sweepText },
      { sameCommandGoesOn },
    ] = await Promise.all([
      import('../../sweeps/index.js'),
      import('../../config/index.js'),
      import('../sweep-progress.js'),
      import('../interrupt.js'),
      import('../sweep.js'),
      import('../jobs.js'),
    ]);
    const settings = await loadSettings();
    const reporter = createSweepReporter(args);
    const doing = options.cluster ? 'stopping: what was submitted stays in the queue' : undefined;
    const { signal, release } = interruptSignal(reporter, doing);
    const command = process.argv.slice(2);
    try {
      const result = await runSweep(loaded, options, { settings, command, reporter, signal });
      const waiting = result.cells.some(({ state }) => state === 'waiting');
      const status = options.dryRun ? 'planned' : waiting ? 'stopped' : 'finished';
      return {
        json: { status, ...result },
        text: sweepText(result, options.dryRun),
        exitCode: options.dryRun ? 0 : sweepExitCode(result),
      };
    } catch (error) {
      throw sameCommandGoesOn(error, command);
    } finally {
      reporter.end();
      release();
    }
  },
};

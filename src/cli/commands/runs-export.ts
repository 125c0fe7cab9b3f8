import type { Command } from '../command.js';
import { runPositional } from '../positionals.js';

export const runsExport: Command = {
  usage: 'runs export <run>',
  about: "Write a run's weights to a safetensors file, for mvrec forward and other programs",
  positionals: runPositional,
  options: {
    checkpoint: {
      choices: ['best', 'last'],
      default: 'best',
      describe: 'Weights: the chosen epoch, or the last saved',
    },
    out: { type: 'string', requiresArg: true, describe: 'File to write (.safetensors)' },
    force: { type: 'boolean', default: false, describe: 'Replace a file that is there' },
  },
  examples: [
    ['mvrec runs export quickstart/latest --out weights.safetensors', 'The weights of the best epoch'],
    [
      'mvrec runs export latest --checkpoint last --out weights.safetensors --force',
      'Those of the last epoch',
    ],
  ],
  async run(args) {
    const { UserError } = await import('../../base/index.js');
    const out = args.out as string | undefined;
    if (out === undefined) throw new UserError('--out is missing', 'For example: --out weights.safetensors');
    const [{ exportWeights }, { loadSettings }] = await Promise.all([
      import('../export-weights.js'),
      import('../../config/index.js'),
    ]);
    const { resultsDir } = await loadSettings();
    return exportWeights({
      resultsDir,
      run: args.run as string,
      checkpoint: args.checkpoint as 'best',
      out,
      force: args.force === true,
    });
  },
};

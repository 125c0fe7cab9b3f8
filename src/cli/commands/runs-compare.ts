import type { Command } from '../command.js';
import { runsPositional } from '../positionals.js';

export const runsCompare: Command = {
  usage: 'runs compare <run..>',
  about: 'Lay runs side by side: metrics, and what differs of their options and set-up',
  positionals: runsPositional,
  examples: [
    ['mvrec runs compare thacil/latest bpr/latest', 'The newest runs of two experiments'],
    ['mvrec runs compare 1f0c2a9b 77d0e4c1 --json', 'Two runs by the ends of their ids, for programs'],
  ],
  async run({ run }) {
    const { loadSettings } = await import('../../config/index.js');
    const { compareRuns, openRun } = await import('../../runs/index.js');
    const { comparisonText } = await import('../runs.js');
    const { resultsDir } = await loadSettings();
    const runs = await Promise.all((run as string[]).map((one) => openRun(resultsDir, one)));
    const comparison = await compareRuns(runs);
    return { json: { ...comparison }, text: comparisonText(comparison) };
  },
};

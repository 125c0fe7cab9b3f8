import type { Command } from '../command.js';
import { runsPositional } from '../positionals.js';

export const runsCompare: Command = {
  usage: 'runs compare <run..>',
  about: 'Lay runs side by side: metrics, and what differs of their options and set-up',
  positionals: runsPositional,
  options: {
    users: {
      type: 'boolean',
      default: false,
      describe: 'Test how each run differs from the first, drawing users: same data, split and candidates',
    },
  },
  examples: [
    ['mvrec runs compare thacil/latest bpr/latest', 'The newest runs of two experiments'],
    ['mvrec runs compare 1f0c2a9b 77d0e4c1 --json', 'Two runs by the ends of their ids, for programs'],
    ['mvrec runs compare bpr/latest thacil/latest --users', 'Whether other users would say the same'],
  ],
  async run({ run, users }) {
    const { loadSettings } = await import('../../config/index.js');
    const { compareRuns, openRun } = await import('../../runs/index.js');
    const { comparisonText } = await import('../runs.js');
    const { resultsDir } = await loadSettings();
    const runs = await Promise.all((run as string[]).map((one) => openRun(resultsDir, one)));
    const comparison = await compareRuns(runs);
    if (!users) return { json: { ...comparison }, text: comparisonText(comparison) };
    const { compareUsers, userComparisonText } = await import('../compare-users.js');
    const tested = await compareUsers(runs, comparison);
    const text = [comparisonText(comparison), userComparisonText(tested, comparison.runs)];
    return { json: { ...comparison, users: tested }, text: text.join('\n\n') };
  },
};

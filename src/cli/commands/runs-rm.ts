import type { Command } from '../command.js';
import { runsPositional } from '../positionals.js';

export const runsRm: Command = {
  usage: 'runs rm <run..>',
  about: 'Delete runs with everything in their folders',
  positionals: runsPositional,
  options: {
    yes: { type: 'boolean', default: false, alias: 'y', describe: 'Do not ask' },
  },
  examples: [
    ['mvrec runs rm quickstart/latest', 'Asks first'],
    ['mvrec runs rm 1f0c2a9b 77d0e4c1 --yes', 'Without asking, for scripts'],
  ],
  async run({ run, yes }) {
    const { loadSettings } = await import('../../config/index.js');
    const { openRun, removeRuns } = await import('../../runs/index.js');
    const { confirm } = await import('../confirm.js');
    const { resultsDir } = await loadSettings();
    const runs = await Promise.all((run as string[]).map((one) => openRun(resultsDir, one)));
    const names = runs.map(({ directory }) => directory);
    if (!yes && !(await confirm(`Delete ${names.join(', ')}?`, '--yes'))) {
      return { json: { removed: [] }, text: 'nothing deleted' };
    }
    await removeRuns(runs);
    return { json: { removed: names }, text: names.map((name) => `deleted ${name}`).join('\n') };
  },
};

import type { Command } from '../command.js';
import { runPositional } from '../positionals.js';

export const runsShow: Command = {
  usage: 'runs show <run>',
  about: 'Show what a run is made of, how far it came and what it reached',
  positionals: runPositional,
  examples: [
    ['mvrec runs show latest', 'The newest run'],
    ['mvrec runs show quickstart/latest --json', 'The newest run of one experiment, for programs'],
  ],
  async run({ run }) {
    const { loadSettings } = await import('../../config/index.js');
    const { openRun } = await import('../../runs/index.js');
    const { describeRun, showText } = await import('../runs.js');
    const { resultsDir } = await loadSettings();
    const described = await describeRun(await openRun(resultsDir, run as string));
    return { json: described, text: await showText(described) };
  },
};

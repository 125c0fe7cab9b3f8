import type { Command } from '../command.js';

export const runsList: Command = {
  usage: 'runs list',
  about: 'List all runs, newest first',
  examples: [
    ['mvrec runs list', 'Id, status, epochs and the first test metric of every run'],
    ['mvrec runs list --json', 'The same for programs'],
  ],
  async run() {
    const { loadSettings } = await import('../../config/index.js');
    const { listRuns, summarizeRun } = await import('../../runs/index.js');
    const { listText } = await import('../runs.js');
    const { resultsDir } = await loadSettings();
    const { runs, unreadable } = await listRuns(resultsDir);
    const summaries = await Promise.all(runs.map(summarizeRun));
    return { json: { runs: summaries, unreadable }, text: listText(summaries, unreadable) };
  },
};

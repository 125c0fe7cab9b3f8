import type { Command } from '../command.js';

export const engineStatusCommand: Command = {
  usage: 'engine status',
  about: 'Show which TensorFlow is installed, where, and whether it is whole',
  examples: [
    ['mvrec engine status', 'The installations in the cache; * is the one in use'],
    ['mvrec engine status --json', 'The same for programs'],
  ],
  async run() {
    const [{ engineStatus }, { engineStatusText }] = await Promise.all([
      import('../../engine/index.js'),
      import('../engines.js'),
    ]);
    const status = engineStatus();
    return { json: { ...status }, text: engineStatusText(status) };
  },
};

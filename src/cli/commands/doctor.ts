import type { Command } from '../command.js';

export const doctor: Command = {
  usage: 'doctor',
  about: 'Show the engines, devices, versions and memory of this machine, and what auto picks',
  examples: [
    ['mvrec doctor', 'Starts every engine and measures it for a second'],
    ['mvrec doctor --json', 'The same for programs and bug reports'],
  ],
  async run() {
    const [{ diagnose }, { diagnosisText }, { version }] = await Promise.all([
      import('../../engine/index.js'),
      import('../engines.js'),
      import('../program.js'),
    ]);
    const found = { mvrec: version(), ...(await diagnose({ measure: 1000 })) };
    return { json: found, text: diagnosisText(found) };
  },
};

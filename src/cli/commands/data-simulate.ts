import type { Command } from '../command.js';

export const dataSimulate: Command = {
  usage: 'data simulate',
  about: 'Simulate a log whose true click probabilities are known',
  options: {
    world: { type: 'string', choices: ['quickstart'], default: 'quickstart', describe: 'What is simulated' },
    scale: { type: 'number', default: 1, describe: 'Multiplies the number of users and items' },
    seed: { type: 'number', default: 1, describe: 'Another seed, another log of the same kind' },
    name: { type: 'string', requiresArg: true, describe: 'Keep it under this name; default: WORLD' },
    replace: {
      type: 'boolean',
      default: false,
      describe: 'Take the name even if imported data have it; they are lost',
    },
  },
  examples: [
    ['mvrec data simulate --scale 2', 'The log that experiments/quickstart.yaml trains on'],
    ['mvrec data simulate --scale 4 --seed 2 --name larger', 'A larger one, kept by name'],
  ],
  async run({ world, scale, seed, name, replace, quiet }) {
    const [{ loadSettings }, { requireSameOrigin, simulateInto }, data, { dataProgress }] = await Promise.all(
      [
        import('../../config/index.js'),
        import('../../data/index.js'),
        import('../data.js'),
        import('../data-progress.js'),
      ],
    );
    const { dataDir } = await loadSettings();
    data.requireSeed(seed as number);
    const title = (name ?? world) as string;
    const folder = data.storeFolder(dataDir, title);
    if (!replace) await requireSameOrigin(folder, null);
    const spec = { world: world as 'quickstart', scale: scale as number, seed: seed as number };
    const store = await dataProgress(quiet, (progress) => simulateInto(spec, folder, title, progress));
    const described = data.describeStore(store);
    const text = `${data.inspectionText(described)}\nKept as ${title} in ${folder}`;
    return { json: { folder, ...described }, text };
  },
};

import type { WorldName } from '../../data/index.js';
import type { Command } from '../command.js';

/** Written out, because the files of commands load nothing. */
const worlds = ['quickstart', 'microvideo', 'kuaishou', 'toffee', 'frame'] as const satisfies WorldName[];

export const dataSimulate: Command = {
  usage: 'data simulate',
  about: 'Simulate a log whose true probabilities are known',
  options: {
    world: { type: 'string', choices: worlds, default: 'quickstart', describe: 'What is simulated' },
    scale: { type: 'number', default: 1, describe: 'Multiplies the number of users and items' },
    seed: { type: 'number', default: 1, describe: 'Another seed, another log of the same kind' },
    set: {
      type: 'string',
      array: true,
      describe: 'Turn a knob of the world: name=number, as in docs/simulator.md; may be repeated',
    },
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
    ['mvrec data simulate --world frame --scale 0.01', 'Videos watched clip by clip, as FRAME needs them'],
    ['mvrec data simulate --set satiationEffect=0 --name hungry', 'The same users, who never get enough'],
  ],
  async run({ world, scale, seed, set, name, replace, quiet }) {
    const [{ knobsFrom, loadSettings }, { simulateInto }, data, { dataProgress }] = await Promise.all([
      import('../../config/index.js'),
      import('../../data/index.js'),
      import('../data.js'),
      import('../data-progress.js'),
    ]);
    const { dataDir } = await loadSettings();
    data.requireSeed(seed as number);
    const knobs = knobsFrom((set ?? []) as string[]);
    const title = (name ?? world) as string;
    const folder = data.storeFolder(dataDir, title);
    const spec = { world: world as WorldName, scale: scale as number, seed: seed as number, knobs };
    const store = await dataProgress(quiet, (progress) =>
      simulateInto(spec, folder, title, { ...progress, replace: replace as boolean }),
    );
    const described = data.describeStore(store);
    const text = `${data.inspectionText(described)}\nKept as ${title} in ${folder}`;
    return { json: { folder, ...described }, text };
  },
};

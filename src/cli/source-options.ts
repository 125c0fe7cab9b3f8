import type { Options } from 'yargs';

/** Folder of the files of a card, for commands that take a data set. */
export const fromOption = {
  type: 'string',
  requiresArg: true,
  describe: "Folder of a card's files; default: the card's own",
} as const satisfies Options;

/** How large a simulated world is, and which. */
export const worldOptions = {
  scale: { type: 'number', describe: 'Of a world: multiplies users and items; default: 1' },
  seed: { type: 'number', describe: 'Of a world: seed of the simulation; default: 1' },
} as const satisfies Record<string, Options>;

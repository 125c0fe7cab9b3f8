/** The positional that commands on a run share. */
export const runPositional = {
  run: { type: 'string', describe: 'Run: id, part of it, NAME/latest, or the path of its folder' },
} as const;

export const runsPositional = {
  run: { type: 'string', array: true, describe: 'Runs: ids, parts of ids, NAME/latest, or paths' },
} as const;

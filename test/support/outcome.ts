import type { CellResult } from '../../src/sweeps/index.js';

/** Of a cell what must not depend on who did the work, and how often it was disturbed. */
export const outcome = ({ label, seed, identity, state, metrics }: CellResult) => [
  label,
  seed,
  identity,
  state,
  metrics,
];

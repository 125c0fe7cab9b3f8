import type { Range } from '../../src/sweeps/domain.js';

/** Real numbers, evenly, unless it is said otherwise. */
export const range = (low: number, high: number, more: Partial<Range> = {}): Range => ({
  low,
  high,
  log: false,
  integer: false,
  ...more,
});

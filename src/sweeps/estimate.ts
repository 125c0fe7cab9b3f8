import type { Probed } from '../training/index.js';
import type { CellResult, Job } from './cell.js';

/** How long a cell will take, and how that is known. */
export interface Estimate {
  readonly seconds: number;
  /** `finished`: the mean of the same cell's other seeds; `probed`: steps of all epochs times the seconds of one. */
  readonly by: 'finished' | 'probed';
}

/**
 * Null where nothing tells.
 *
 * @param ended what is known of the sweep's cells
 * @param probed what probes measured, by label
 */
export function estimateOf(
  { label }: Pick<Job, 'label'>,
  ended: readonly CellResult[],
  probed: ReadonlyMap<string, Probed>,
): Estimate | null {
  const siblings = ended.filter((cell) => cell.label === label && cell.state === 'finished');
  if (siblings.length > 0) {
    const total = siblings.reduce((sum, { seconds }) => sum + seconds, 0);
    return { seconds: total / siblings.length, by: 'finished' };
  }
  const { secondsPerStep = null, steps = 0 } = probed.get(label) ?? {};
  return secondsPerStep === null ? null : { seconds: secondsPerStep * steps, by: 'probed' };
}

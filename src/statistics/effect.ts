import { logGamma } from './distributions.js';
import { summarize } from './sample.js';

/** How large a difference is beside its own spread. */
export interface EffectSize {
  /** Cohen's d_z: mean of the differences over their standard deviation. */
  readonly d: number;
  /** d_z without the bias of small samples (Hedges 1981); null of two pairs, where it has no expectation. */
  readonly g: number | null;
}

/** Null of fewer than two differences, and of equal ones, which have no spread. */
export function effectSize(differences: readonly number[]): EffectSize | null {
  const { n, mean, sd } = summarize(differences);
  if (sd === null || sd === 0) return null;
  const d = mean / sd;
  return { d, g: n > 2 ? hedges(n - 1) * d : null };
}

/** Hedges's factor, exact: gamma(m / 2) / (sqrt(m / 2) gamma((m - 1) / 2)). @param dof m, from 2 */
export function hedges(dof: number): number {
  return Math.exp(logGamma(dof / 2) - logGamma((dof - 1) / 2)) / Math.sqrt(dof / 2);
}

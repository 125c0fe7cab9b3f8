import { createRequire } from 'node:module';

// The CommonJS build: it compiles its WebAssembly at once, where the other one has to be waited for.
const { lgam, ndtr, stdtr, stdtri } = createRequire(import.meta.url)('cephes') as Pick<
  typeof import('cephes', { with: { 'resolution-mode': 'require' }}),
  'lgam' | 'ndtr' | 'stdtr' | 'stdtri'
>;

/** Probability that a standard normal variable is at most x: to 1e-13 of itself; 0 below -27 or so, where it is below 1e-159. */
export function normalCdf(x: number): number {
  return ndtr(x);
}

/** Density of a standard normal variable. */
export function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

/**
 * Probability that a variable of Student's t distribution is at most t, to 1e-12 of itself; 0 or 1 where t has no square (from
 * 1.3e154 on, which cephes answers with 0.5).
 *
 * @param dof degrees of freedom, a whole number from 1
 */
export function studentCdf(t: number, dof: number): number {
  if (!Number.isFinite(t * t)) return t > 0 ? 1 : t < 0 ? 0 : Number.NaN;
  return stdtr(dof, t);
}

/** The t that a share `p` of Student's t distribution lies below, to 1e-11 of itself for p within [1e-6, 1 - 1e-6]. */
export function studentQuantile(p: number, dof: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`quantile of ${p}: give a share between 0 and 1`);
  return stdtri(dof, p);
}

/** Logarithm of the gamma function, x > 0. */
export function logGamma(x: number): number {
  return lgam(x);
}

// @ts-check
/** Whether our mean over seeds reaches the peer's. */

/**
 * @typedef {'beaten' | 'reached' | 'not reached'} Verdict beaten: better by more than two pooled standard deviations of the
 *   seeds; reached: within them; not reached: worse by more
 */

export const mean = (/** @type {readonly number[]} */ values) =>
  values.reduce((a, b) => a + b, 0) / values.length;

/** n - 1; NaN for one value. */
export function deviation(/** @type {readonly number[]} */ values) {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, x) => sum + (x - middle) ** 2, 0) / (values.length - 1));
}

const LOWER_IS_BETTER = ['logloss'];
/** Half of the last digit that is shown: what is equal in the table is not told apart. */
const SHOWN = 0.5e-4;
/** Share of a value by which models without chance may differ: of equally similar neighbours each library takes others. */
const TIES = 0.02;
const BEST_TO_WORST = /** @type {const} */ (['beaten', 'reached', 'not reached']);

/**
 * @param {string} metric
 * @param {readonly number[]} ours of the seeds
 * @param {readonly number[]} theirs
 * @param {{ fixed?: boolean }} [options] fixed: the same whatever the seed, so that one seed is enough
 * @returns {Verdict | null} null: too few seeds to say
 */
export function verdictOf(metric, ours, theirs, { fixed = false } = {}) {
  if (ours.length === 0 || theirs.length === 0) return null;
  const spread = pooled([ours, theirs]);
  if (Number.isNaN(spread) && !fixed) return null;
  const gain = (mean(ours) - mean(theirs)) * (LOWER_IS_BETTER.includes(metric) ? -1 : 1);
  const allowed = fixed ? TIES * mean(theirs) : Math.max(2 * spread, SHOWN);
  if (gain > allowed) return 'beaten';
  return gain >= -allowed ? 'reached' : 'not reached';
}

/** Standard deviation of groups that share one; NaN where no group has two values or one has less than two. */
function pooled(/** @type {readonly (readonly number[])[]} */ groups) {
  const freedom = groups.reduce((sum, { length }) => sum + length - 1, 0);
  const squares = groups.reduce((sum, group) => sum + (group.length - 1) * deviation(group) ** 2, 0);
  return Math.sqrt(squares / freedom);
}

/** Of several metrics the worst. */
export function worst(/** @type {readonly (Verdict | null)[]} */ verdicts) {
  if (verdicts.some((verdict) => verdict === null)) return null;
  return BEST_TO_WORST.findLast((verdict) => verdicts.includes(verdict)) ?? null;
}

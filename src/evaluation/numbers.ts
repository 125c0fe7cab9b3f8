import { UserError } from '../base/index.js';

/** @param what the scores are of, for the message */
export function requireNumbers(scores: Float32Array, what = "a positive's score"): void {
  const bad = scores.findIndex((score) => !Number.isFinite(score));
  if (bad < 0) return;
  throw new UserError(
    `${what} is ${scores[bad]}, not a finite number`,
    'The model has diverged or a feature is NaN: lower the learning rate, check the data with `mvrec data inspect`.',
  );
}

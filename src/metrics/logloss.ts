import type { ScoredRows } from './lists.js';

/**
 * Mean of `-log p` over positives and `-log(1 - p)` over negatives. Scores of exactly 0 or 1 are moved inside by
 * 2^-52, as scikit-learn does for doubles, so that one wrong certainty costs 36.04 and not infinity.
 *
 * @returns NaN when there are no rows or a score is not a probability
 */
export function logLoss({ label, score }: ScoredRows): number {
  return meanLoss(label, score, (probability, positive) =>
    Math.log(Math.max(positive ? probability : 1 - probability, Number.EPSILON)),
  );
}

/**
 * 5e-5 is added to the prediction, and again to the argument of each logarithm: twice for a positive, and for a
 * negative the two cancel, so that a negative with probability 1 makes it infinite.
 */
export function logLossOfFrame({ label, score }: ScoredRows): number {
  return meanLoss(label, score, (probability, positive) =>
    Math.log(positive ? probability + 2 * FRAME_SHIFT : 1 - probability),
  );
}

const FRAME_SHIFT = 5e-5;

function meanLoss(
  label: Float32Array,
  score: Float32Array | Float64Array,
  logLikelihood: (probability: number, positive: boolean) => number,
): number {
  let sum = 0;
  for (let row = 0; row < score.length; row++) {
    const probability = score[row]!;
    if (probability < 0 || probability > 1) return Number.NaN;
    sum += logLikelihood(probability, label[row] === 1);
  }
  return -sum / score.length;
}

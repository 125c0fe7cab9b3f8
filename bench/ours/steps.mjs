/**
 * One repetition of training: the next `steps` steps, epoch after epoch. Planning an epoch counts as much as the
 * steps that are taken of it.
 *
 * @param plan epoch number -> EpochPlan
 * @param step one training step; returns its loss
 * @param count examples of a batch: by default its pairs
 */
export function epochs(plan, steps, step, count = ({ pairs }) => pairs.count) {
  let epoch = -1;
  let current = { steps: 0 };
  let next = 0;
  let planSeconds = 0;
  return async () => {
    let seconds = 0;
    let examples = 0;
    let lossSum = 0;
    for (let i = 0; i < steps; i++, next++) {
      if (next === current.steps) {
        const began = performance.now();
        current = plan(++epoch);
        planSeconds = (performance.now() - began) / 1000;
        next = 0;
      }
      const began = performance.now();
      const batch = current.batch(next);
      lossSum += await step(batch, [1, epoch, next]);
      seconds += (performance.now() - began) / 1000 + planSeconds / current.steps;
      examples += count(batch);
    }
    return { seconds, examples, checks: { loss: lossSum / steps } };
  };
}

import { UserError, UserErrors } from '../base/index.js';
import type { LoadedExperiment } from '../config/index.js';
import { parseMetric, parseRankingMetric } from '../metrics/index.js';

/**
 * Metrics of an experiment by name; the configuration itself does not know the metrics.
 *
 * @throws UserErrors with the place of each name that is not a metric, or not one of the experiment's candidates
 */
export function checkMetricNames({ experiment, mistake }: LoadedExperiment): void {
  const named = [
    ...experiment.evaluate.metrics.map((name, i) => ({ name, path: `evaluate.metrics.${i}` })),
    { name: experiment.train.monitor, path: 'train.monitor' },
    ...(experiment.tune?.metric === undefined ? [] : [{ name: experiment.tune.metric, path: 'tune.metric' }]),
  ];
  const parse = experiment.evaluate.candidates.kind === 'impressions' ? parseMetric : parseRankingMetric;
  const mistakes = named.flatMap(({ name, path }) => {
    try {
      parse(name);
      return [];
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const ofTest = path === 'tune.metric' && /^test\b/i.test(name);
      const fix = ofTest ? 'A search measures validation alone: give the bare name, as in auc.' : error.fix;
      return [mistake({ path, problem: error.problem, fix: fix ?? '' })];
    }
  });
  if (mistakes.length > 0) throw new UserErrors(mistakes);
}

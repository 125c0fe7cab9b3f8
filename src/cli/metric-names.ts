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
  const { kind } = experiment.evaluate.candidates;
  const mistakes = named.flatMap(({ name, path }) => {
    const found = metricProblem(name, kind);
    if (!found) return [];
    const ofTest = path === 'tune.metric' && /^test\b/i.test(name);
    const fix = ofTest ? 'A search measures validation alone: give the bare name, as in auc.' : found.fix;
    return [mistake({ path, problem: found.problem, fix: fix ?? '' })];
  });
  if (mistakes.length > 0) throw new UserErrors(mistakes);
}

/** What is wrong with the name of a metric, if anything is, where positives are ranked among such candidates. */
export function metricProblem(
  name: string,
  candidates: LoadedExperiment['experiment']['evaluate']['candidates']['kind'],
): UserError | null {
  try {
    (candidates === 'impressions' ? parseMetric : parseRankingMetric)(name);
    return null;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

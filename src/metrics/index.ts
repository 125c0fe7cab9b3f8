export {
  evaluateMetrics,
  type Measurement,
  type MetricValues,
  measureMetrics,
  measureRanks,
  type UserValues,
} from './evaluate.js';
export type { ScoredRows } from './lists.js';
export { type Metric, metricDirection, metricNames, parseMetric, parseRankingMetric } from './names.js';
export type { Ranks } from './ranks.js';

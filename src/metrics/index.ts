export { evaluateMetrics, type Measurement, measureMetrics, type UserValues } from './evaluate.js';
export type { ScoredRows } from './lists.js';
export { type Metric, metricDirection, metricNames, parseMetric } from './names.js';

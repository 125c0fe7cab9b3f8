/** Metrics of scored rows: the named ones, or all. One thread, no engine. */
import { evaluateMetrics, metricNames } from '../../dist/metrics/index.js';
import { load } from './inputs.mjs';
import { serve, settings } from './side.mjs';

const all = metricNames.flatMap(([name]) =>
  name.includes('@K') ? ['10', '50'].map((k) => name.replace('@K', `@${k}`)) : [name],
);

await serve(async () => {
  const [user, label, score] = await load('user', 'label', 'score');
  const names = settings.metrics ?? all;
  return {
    device: 'CPU',
    threads: 1,
    run: async () => ({ examples: score.length, checks: evaluateMetrics(names, { user, label, score }) }),
  };
});

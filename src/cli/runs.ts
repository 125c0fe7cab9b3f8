import { auditLine } from '../data/index.js';
import type { MetricValues } from '../metrics/index.js';
import type { Comparison, Run, RunList, RunSummary } from '../runs/index.js';
import { summarizeRun } from '../runs/index.js';
import { formatTable, metricText } from './output.js';

const right = (title: string) => ({ title, align: 'right' as const });
const left = (title: string) => ({ title });
const listColumns = [...['run', 'name', 'status'].map(left), ...['epochs', 'test', 'seconds'].map(right)];

/** What `runs list` says. */
export function listText(summaries: readonly RunSummary[], unreadable: RunList['unreadable']): string {
  const rows = summaries.map((run) => [
    run.run,
    run.name,
    run.status,
    String(run.epochs),
    run.test ? `${run.test.metric} ${metricText(run.test.value)}` : '-',
    seconds(run.seconds),
  ]);
  const leftOut = unreadable.map(({ directory, problem }) => `left out: ${directory}: ${problem}`);
  const shown = rows.length > 0 ? formatTable(listColumns, rows) : 'no runs';
  return [shown, ...leftOut].join('\n');
}

/** Everything that a run's folder says about it, but its curves. */
export async function describeRun(run: Run) {
  const { provenance, trial, cell } = run.record;
  return {
    ...(await summarizeRun(run)),
    ...(trial && { trial }),
    ...(cell && { cell }),
    directory: run.directory,
    holder: await run.holder(),
    provenance,
    experiment: await run.experiment(),
    evaluation: await run.readEvaluation(),
  };
}

export async function showText(run: Awaited<ReturnType<typeof describeRun>>): Promise<string> {
  const { stringify } = await import('yaml');
  const { git, versions, platform, engine, data, audit, command } = run.provenance;
  const facts = [
    ['run', run.run],
    ['folder', run.directory],
    ['trial', run.trial ? `${run.trial.number} of ${run.trial.study}` : null],
    ['cell', run.cell ? `${run.cell.label} of ${run.cell.sweep}` : null],
    ['status', [run.status, run.reason].filter(Boolean).join(': ')],
    ['in use by', run.holder ? `process ${run.holder.pid} on ${run.holder.host}` : null],
    ['created', run.created],
    ['epochs', `${run.epochs} in ${seconds(run.seconds)} s`],
    ['command', command.join(' ')],
    [
      'engine',
      `${engine.name} ${versions.engine} on ${engine.device}, ${engine.threads} threads, ${platform}`,
    ],
    ['mvrec', `${versions.mvrec}, node ${versions.node}`],
    ['commit', git ? `${git.commit}${git.dirty ? ' with changes' : ''}` : null],
    ['data', `${data.name} ${data.fingerprint.slice(0, 12)}`],
    ['caveat', data.caveat],
    ['audit', audit ? auditLine(audit) : null],
  ].filter((fact): fact is [string, string] => Boolean(fact[1]));
  return [
    ...facts.map(([name, value]) => `${name.padEnd(10)} ${value}`),
    '',
    ...(run.evaluation ? [metricsText(run.evaluation.metrics), ''] : []),
    stringify(run.experiment).trimEnd(),
  ].join('\n');
}

/** A row a metric, a column a part. */
function metricsText(metrics: Readonly<Record<string, MetricValues>>): string {
  const parts = Object.keys(metrics);
  const names = [...new Set(parts.flatMap((part) => Object.keys(metrics[part]!)))];
  return formatTable(
    [left('metric'), ...parts.map(right)],
    names.map((name) => [name, ...parts.map((part) => metricText(metrics[part]![name]))]),
  );
}

export function comparisonText({ runs, config, provenance, metrics }: Comparison): string {
  // Ids are long and begin alike: numbers stand over the columns, and what they mean above the table.
  const legend = runs.map((run, i) => `${i + 1}  ${run}`);
  const value = (one: unknown): string =>
    one === undefined ? '' : typeof one === 'object' ? JSON.stringify(one) : String(one);
  const rows = [
    ...Object.entries(metrics).map(([name, values]) => [name, ...values.map(metricText)]),
    ...Object.entries({ ...config, ...provenance }).map(([key, values]) => [key, ...values.map(value)]),
  ];
  const shown =
    rows.length > 0
      ? formatTable([left(''), ...runs.map((_, i) => right(String(i + 1)))], rows)
      : 'no differences';
  return [...legend, '', shown].join('\n');
}

const seconds = (value: number): string => value.toFixed(1);

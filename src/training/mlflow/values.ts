import type { Experiment } from '../../config/index.js';
import type { MetricsRecord, RunRecord } from '../../runs/index.js';
import type { MlflowMetric } from './client.js';

/** What older servers take as the value of a parameter, too. */
const longest = 500;

/** Names as MLflow takes them: letters, digits, `_ - . / :` and blanks. `ndcg@10` is `ndcg_at_10`. */
export const mlflowName = (name: string): string =>
  name.replaceAll('@', '_at_').replaceAll(/[^\p{L}\p{N}_\-./: ]/gu, '_');

/** Options by their dotted path; lists as JSON. */
export function paramsOf(experiment: Experiment): Readonly<Record<string, string>> {
  const params: Record<string, string> = {};
  const visit = (value: unknown, path: string): void => {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) visit(inner, path ? `${path}.${key}` : key);
    } else if (value !== undefined) {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      params[mlflowName(path)] = text.slice(0, longest);
    }
  };
  visit(experiment, '');
  return params;
}

/** What has no value, as a metric that is undefined, is left out. */
export function metricsOf({ step, metrics }: MetricsRecord, timestamp: number): MlflowMetric[] {
  return Object.entries(metrics).flatMap(([part, values]) =>
    Object.entries(values).flatMap(([name, value]) =>
      value === null ? [] : [{ key: mlflowName(`${part}/${name}`), value, timestamp, step }],
    ),
  );
}

/** By which runs are found and filtered there. */
export function tagsOf({
  id,
  name,
  model,
  provenance,
  cell,
  trial,
}: RunRecord): Readonly<Record<string, string>> {
  const { git, versions, engine, data, command } = provenance;
  return {
    'mlflow.source.name': `mvrec ${command.join(' ')}`.slice(0, longest),
    'mlflow.source.type': 'LOCAL',
    ...(git && { 'mlflow.source.git.commit': git.commit }),
    'mvrec.run': `${name}/${id}`,
    'mvrec.model': model,
    'mvrec.version': versions.mvrec,
    'mvrec.engine': `${engine.name} (${engine.device})`,
    'mvrec.data': data.name,
    'mvrec.data.fingerprint': data.fingerprint,
    ...(data.caveat && { 'mvrec.data.caveat': data.caveat }),
    ...(cell && { 'mvrec.sweep': cell.sweep, 'mvrec.cell': cell.label }),
    ...(trial && { 'mvrec.study': trial.study, 'mvrec.trial': String(trial.number) }),
  };
}

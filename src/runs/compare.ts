import type { MetricValues } from '../metrics/index.js';
import type { Run } from './run.js';

/** Runs side by side; every list holds one entry a run, in their order. */
export interface Comparison {
  readonly runs: readonly string[];
  /** What differs of the resolved experiments, by dotted key; undefined where a run has no such key. */
  readonly config: Readonly<Record<string, readonly unknown[]>>;
  /** What differs of engine, threads, device, versions, data and commit. */
  readonly provenance: Readonly<Record<string, readonly unknown[]>>;
  /** All metrics of the final evaluations as `test/auc`; null where a run has none. */
  readonly metrics: Readonly<Record<string, readonly (number | null)[]>>;
}

export async function compareRuns(runs: readonly Run[]): Promise<Comparison> {
  const experiments = await Promise.all(runs.map((run) => run.experiment()));
  const evaluations = await Promise.all(runs.map((run) => run.readEvaluation()));
  const provenances = runs.map(({ record: { provenance } }) => {
    const { command: _, seed: __, ...compared } = provenance; // the seed stands in the experiment
    return compared;
  });
  const metrics = sideBySide(evaluations.map((evaluation) => flattenMetrics(evaluation?.metrics ?? {})));
  return {
    runs: runs.map(({ id }) => id),
    config: differing(sideBySide(experiments.map((experiment) => flatten(experiment)))),
    provenance: differing(sideBySide(provenances.map((provenance) => flatten(provenance)))),
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([key, values]) => [key, values.map((value) => value ?? null)]),
    ),
  };
}

/** `{a: {b: 1}}` as `{'a.b': 1}`; lists stay whole. */
export function flatten(value: object): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) flat[key] = inner;
    else for (const [rest, leaf] of Object.entries(flatten(inner))) flat[`${key}.${rest}`] = leaf;
  }
  return flat;
}

/** `{test: {auc: 0.7}}` as `{'test/auc': 0.7}`. */
export function flattenMetrics(
  metrics: Readonly<Record<string, MetricValues>>,
): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([part, values]) =>
      Object.entries(values).map(([name, value]) => [`${part}/${name}`, value] as const),
    ),
  );
}

function sideBySide<T>(columns: readonly Readonly<Record<string, T>>[]): Record<string, (T | undefined)[]> {
  const keys = new Set(columns.flatMap((column) => Object.keys(column)));
  return Object.fromEntries([...keys].map((key) => [key, columns.map((column) => column[key])]));
}

function differing(rows: Readonly<Record<string, readonly unknown[]>>): Record<string, readonly unknown[]> {
  const differs = (values: readonly unknown[]): boolean =>
    new Set(values.map((value) => JSON.stringify(value))).size > 1;
  return Object.fromEntries(Object.entries(rows).filter(([, values]) => differs(values)));
}

import { reportedName } from '../evaluation/index.js';
import { type Interval, meanInterval, summarize } from '../statistics/index.js';
import type { CellResult, Job } from './cell.js';
import type { Published } from './published.js';

/** A metric over seeds. */
export interface Spread {
  readonly mean: number | null;
  /** Of a sample (n - 1); null for fewer than two. */
  readonly sd: number | null;
  /** 95 % for the mean, by Student's t; null for fewer than two. */
  readonly interval: Interval | null;
  /** Seeds that define the metric. */
  readonly n: number;
}

/** A row of a sweep's table. */
export interface Row {
  readonly label: string;
  readonly coordinates: Readonly<Record<string, unknown>>;
  /** By the columns as the file names them. */
  readonly metrics: Readonly<Record<string, Spread>>;
  /** The paper's numbers on these data, where it has some. */
  readonly published?: Readonly<Record<string, number>>;
  /** Our mean less the paper's number; null where there is no mean. */
  readonly difference?: Readonly<Record<string, number | null>>;
  /** Seeds by how they came out. */
  readonly seeds: { readonly finished: number; readonly lost: number; readonly waiting: number };
}

/** What a data set's numbers must be held against. */
export interface FloorRow {
  /** `popularity`, `random`, `oracle`. */
  readonly label: string;
  /** Name of the data set. */
  readonly data: string;
  readonly metrics: Readonly<Record<string, number | null>>;
}

/**
 * @param metrics columns, as the file names them
 * @param published the paper's numbers on these data
 */
export function tableOf(
  jobs: readonly Job[],
  results: readonly CellResult[],
  metrics: readonly string[],
  published: Published | null = null,
): Row[] {
  return [...new Set(jobs.map(({ label }) => label))].map((label) => {
    const { coordinates, columns } = jobs.find((job) => job.label === label)!;
    const own = results.filter((cell) => cell.label === label);
    const count = (...states: readonly CellResult['state'][]) =>
      own.filter(({ state }) => states.includes(state)).length;
    const spread = (i: number) => spreadOf(own.map((cell) => cell.metrics?.[columns[i]!] ?? null));
    const spreads = Object.fromEntries(metrics.map((metric, i) => [metric, spread(i)]));
    return {
      label,
      coordinates,
      metrics: spreads,
      ...besidePublished(spreads, published?.[label]),
      seeds: {
        finished: count('finished'),
        lost: count('failed', 'diverged'),
        waiting: count('waiting', 'running'),
      },
    };
  });
}

function besidePublished(
  spreads: Row['metrics'],
  published: Row['published'],
): Pick<Row, 'published' | 'difference'> {
  if (!published) return {};
  const differences = Object.entries(published).map(([metric, value]) => {
    const { mean } = spreads[metric]!;
    return [metric, mean === null ? null : mean - value] as const;
  });
  return { published, difference: Object.fromEntries(differences) };
}

/** Floors of each data set and kind of candidates once, from the first run that measured them. */
export function floorsOf(
  jobs: readonly Job[],
  results: readonly CellResult[],
  metrics: readonly string[],
): FloorRow[] {
  const rows = new Map<string, FloorRow>();
  for (const { label, seed, data, floors } of results) {
    const job = jobs.find((one) => one.label === label && one.seed === seed);
    if (!job || !data || !floors) continue;
    for (const [name, values] of Object.entries(floors)) {
      const key = `${name} ${data.fingerprint} ${job.columns.join()}`;
      if (rows.has(key)) continue;
      const own = Object.fromEntries(metrics.map((metric, i) => [metric, values[job.columns[i]!] ?? null]));
      rows.set(key, { label: name, data: data.name, metrics: own });
    }
  }
  return [...rows.values()];
}

/** Whether the columns mean the same in all rows: numbers among different candidates must not stand side by side unsaid. */
export function candidatesOf(jobs: readonly Job[]): string[] {
  return [...new Set(jobs.map(({ experiment }) => reportedName(experiment.evaluate.candidates, '')))];
}

export function spreadOf(values: readonly (number | null)[]): Spread {
  const defined = values.filter((value) => value !== null);
  if (defined.length === 0) return { mean: null, sd: null, interval: null, n: 0 };
  return { ...summarize(defined), interval: meanInterval(defined) };
}

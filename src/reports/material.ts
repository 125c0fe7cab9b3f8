import type { Breakdown } from '../evaluation/index.js';
import type { MetricValues } from '../metrics/index.js';
import type { MetricsRecord, Provenance, RunCost, RunState } from '../runs/index.js';
import type { Judgement, Published } from '../sweeps/index.js';

/** What is not begun, or no more than planned, is `waiting`. */
export type EntryState = RunState | 'waiting';

/** A row of a table with a seed: at most one run. */
export interface Entry {
  /** Name of the row. */
  readonly label: string;
  readonly seed: number;
  readonly state: EntryState;
  readonly reason: string | null;
  /** `name/id` below the folder of results; null where there is none yet. */
  readonly run: string | null;
  /** Of the part that is reported, by the names of `evaluation.json`; null before the final evaluation. */
  readonly metrics: MetricValues | null;
  readonly floors: Readonly<Record<string, MetricValues>> | null;
  readonly breakdown: Breakdown | null;
  /** A record an epoch. */
  readonly epochs: readonly MetricsRecord[];
  /** Of work, over all resumes. */
  readonly seconds: number;
  readonly cost: RunCost | null;
  readonly provenance: Provenance | null;
  /** How the data are cut, what chooses the epoch, what is ranked; in words. */
  readonly protocol: string | null;
}

/** All that a report is made of, read once. */
export interface Material {
  /** Name of the sweep's folder, or of what the runs share: for addresses and file names. */
  readonly id: string;
  readonly kind: 'sweep' | 'runs';
  readonly title: string;
  /** What the data are; the paper's table. */
  readonly subtitle: string | null;
  /** The part that is reported. */
  readonly part: 'test' | 'validation';
  /** Columns of the table; an entry's metrics may have a prefix before them, see `metricValue`. */
  readonly metrics: readonly string[];
  /** Rows of the table, in order. */
  readonly labels: readonly string[];
  /** What the command line changed of a sweep's file; the subtitle has it, too. */
  readonly changes: readonly string[];
  /** Where rows lie on the axes of a sweep. */
  readonly coordinates: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  readonly axes: readonly { readonly name: string; readonly values: readonly unknown[] }[];
  readonly entries: readonly Entry[];
  readonly claims: Judgement | null;
  /** The paper's own numbers on these data, by row and column. */
  readonly published: Published | null;
  /** What is to be said of these. */
  readonly publishedNotes: readonly string[];
  /** What else is to be said before any number. */
  readonly notes: readonly string[];
  /** Whether a process is at work on it. */
  readonly going: boolean;
}

/** The value of a column, whatever was ranked: `ndcg@10` is also found as `catalogue/ndcg@10`. */
export function metricValue(metrics: MetricValues | null, column: string): number | null {
  if (!metrics) return null;
  if (Object.hasOwn(metrics, column)) return metrics[column] ?? null;
  const name = Object.keys(metrics).find((key) => key.endsWith(`/${column}`));
  return name === undefined ? null : (metrics[name] ?? null);
}

/** Whether all that was measured is of the same rows, so that numbers can be compared. */
export const hasOneDataSet = ({ entries }: Pick<Material, 'entries'>): boolean =>
  new Set(entries.flatMap(({ provenance }) => provenance?.data.fingerprint ?? [])).size <= 1;

/** The finite values of a row's seeds. */
export function seedValues(
  { entries }: Pick<Material, 'entries'>,
  label: string,
  column: string,
): ReadonlyMap<number, number> {
  const own = entries.filter((entry) => entry.label === label);
  return new Map(
    own.flatMap(({ seed, metrics }) => {
      const value = metricValue(metrics, column);
      return value === null ? [] : [[seed, value] as const];
    }),
  );
}

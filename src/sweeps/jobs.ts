import { isAbsolute, relative } from 'node:path';
import { didYouMean, sha256, UserError, UserErrors } from '../base/index.js';
import type { Experiment, LoadedSweep, SweepCell } from '../config/index.js';
import { reportedName } from '../evaluation/index.js';
import { contentOf, sorted } from '../runs/index.js';
import type { Job } from './cell.js';
import { threadsFor } from './executor.js';

/** What the command line says of which cells to run, and how. */
export interface JobRequest {
  /** Labels, or patterns with * and ?; none: all. */
  readonly only: readonly string[];
  /** In place of those of the file. */
  readonly seeds: readonly number[] | null;
  /** Cells at once, which share the cores. */
  readonly jobs: number;
}

/** What a sweep is made of. */
export interface SweepPlan {
  /** Name of its folder. */
  readonly name: string;
  readonly digest: string;
  /** Columns, as the file names them. */
  readonly metrics: readonly string[];
  /** Those that are wanted, in the order of the table: first all cells with the first seed. */
  readonly jobs: readonly Job[];
}

/**
 * @throws UserErrors for cells that are the same, cells that test is not measured of, and patterns that no label fits
 */
export function planSweep(loaded: LoadedSweep, { only, seeds, jobs }: JobRequest): SweepPlan {
  const { cells, sweep, folder } = loaded;
  requireDifferent(loaded);
  const metrics = sweep.metrics ?? cells[0]!.loaded.experiment.evaluate.metrics;
  const digest = sha256(
    sorted({
      metrics,
      cells: cells.map(({ label, loaded: { experiment } }) => {
        const { seed: _, ...content } = contentOf(experiment);
        const { candidates, metrics } = experiment.evaluate;
        return {
          label,
          content: placed({ ...content, candidates }, folder),
          metrics,
          engine: experiment.engine.name,
        };
      }),
    }),
  );
  const name = `${sweep.name}-${digest.slice(0, 8)}`;
  const wanted = chosen(cells, only);
  const seedsOf = ({ loaded: { experiment } }: SweepCell) => seeds ?? loaded.seeds ?? [experiment.seed];
  const most = Math.max(...wanted.map((cell) => seedsOf(cell).length));
  // One seed after another: after the first, the table has all its rows.
  const all = Array.from({ length: most }, (_, i) =>
    wanted.flatMap((cell) => {
      const seed = seedsOf(cell)[i];
      return seed === undefined ? [] : [jobOf(cell, seed, { name, metrics, jobs })];
    }),
  );
  return { name, digest, metrics, jobs: all.flat() };
}

function jobOf(
  { label, coordinates, loaded }: SweepCell,
  seed: number,
  {
    name,
    metrics,
    jobs,
  }: { readonly name: string; readonly metrics: readonly string[]; readonly jobs: number },
): Job {
  const { tune: _, ...own } = loaded.experiment;
  const { evaluate, engine } = own;
  const threads = engine.threads === 'auto' && jobs > 1 ? threadsFor(jobs) : engine.threads;
  const origins = Object.fromEntries([...loaded.origins].filter(([path]) => !path.startsWith('tune.')));
  const ours = ['name', 'seed', 'evaluate.metrics', 'engine.threads'];
  return {
    label,
    coordinates,
    seed,
    columns: metrics.map((metric) => reportedName(evaluate.candidates, metric)),
    experiment: {
      ...own,
      name,
      seed,
      evaluate: { ...evaluate, metrics: [...new Set([...evaluate.metrics, ...metrics])] },
      engine: { ...engine, threads },
    },
    origins: { ...origins, ...Object.fromEntries(ours.map((path) => [path, 'mvrec sweep'])) },
  };
}

function requireDifferent({ cells, mistake }: LoadedSweep): void {
  const seen = new Map<string, string>();
  const problems: UserError[] = [];
  for (const { label, loaded } of cells) {
    const { experiment } = loaded;
    if (!experiment.evaluate.test) {
      const problem = `evaluate.test is false in ${label}, and a sweep compares on test`;
      problems.push(loaded.mistake({ path: 'evaluate.test', problem, fix: 'Leave it out.' }));
    }
    const { seed: _, ...content } = contentOf(experiment);
    const { source } = experiment.data;
    const { candidates } = experiment.evaluate;
    const key = sorted({ content, source, candidates, engine: experiment.engine.name });
    const other = seen.get(key);
    seen.set(key, other ?? label);
    if (other === undefined) continue;
    problems.push(
      mistake({
        path: ['axes'],
        problem: `the cells ${other} and ${label} are the same experiment`,
        fix: 'Let them differ, or leave one out; look also at when and --set, which may undo what an axis sets.',
      }),
    );
  }
  if (problems.length > 0) throw new UserErrors(problems);
}

/** The cells that are wanted, in the order of the table. */
function chosen(cells: readonly SweepCell[], only: readonly string[]): readonly SweepCell[] {
  if (only.length === 0) return cells;
  const labels = cells.map(({ label }) => label);
  for (const pattern of only) {
    if (labels.some((label) => fits(label, pattern))) continue;
    throw new UserError(`--only ${pattern}: no cell is called that`, didYouMean(pattern, labels, 'Cells'));
  }
  return cells.filter(({ label }) => only.some((pattern) => fits(label, pattern)));
}

/** Whether a label is that of the pattern, in which * stands for anything and ? for a character. */
function fits(label: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return label === pattern || new RegExp(`^${source}$`, 'su').test(label);
}

/** Places of files as they are seen from the sweep's own, so that a sweep stays the same where all is moved. */
function placed(value: object, folder: string): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === 'string' && isAbsolute(inner) ? relative(folder, inner) : inner,
    ),
  );
}

/** What cells are told apart by before their data are known. */
export const sameGrounds = ({ engine, data, evaluate }: Experiment): string =>
  sorted({
    engine,
    source: data.source,
    // What a filter leaves: one of its conditions counts rows with the label.
    filter: data.filter && [data.filter, data.label],
    candidates: evaluate.candidates.kind === 'file' && evaluate.candidates,
  });

import { checkAll } from '../base/index.js';
import type { LoadedSweep, SweepOutline } from '../config/index.js';
import { type CellResult, isLost } from './cell.js';
import {
  type Cell,
  type ClaimResult,
  checkClaims,
  evaluateClaims,
  type OverallVerdict,
  overallVerdict,
} from './claims/index.js';
import type { SweepPlan } from './jobs.js';
import { checkPublished } from './published.js';

/** What the claims of a sweep come to, as `claims.json` keeps it. */
export interface Judgement {
  /** Of all together. */
  readonly verdict: OverallVerdict;
  /** What they were judged by: every cell with these. */
  readonly seeds: readonly number[];
  /** By how many all p are multiplied: how often the claims are looked at, those looks included that `--until-decided` settles. */
  readonly looks: number;
  /** Other seeds that they were judged by before, those that `--until-decided` settles left out. Old records do not say. */
  readonly before?: readonly (readonly number[])[] | undefined;
  /** How often the claims were changed after results had been seen. Old records do not say. */
  readonly restated?: number;
  /** In the order of the file. */
  readonly results: readonly ClaimResult[];
}

/** Most seeds that a sweep may have. */
export const mostSeeds = 1000;

/**
 * What can be known to be wrong with claims and published numbers of a sweep, also of one with other mistakes.
 *
 * @throws UserErrors, each at its place in the file
 */
export function checkOutline(outline: SweepOutline): void {
  const { sweep, axes, cells, mistake } = outline;
  const first = cells.find(({ loaded }) => loaded !== null)?.loaded;
  const metrics = sweep.metrics ?? first?.experiment.evaluate.metrics ?? null;
  const on = Object.keys(sweep.on ?? {});
  checkAll([
    () => checkClaims(sweep.claims ?? [], { axes, cells, metrics, on, mistake }),
    () => checkPublished(outline, metrics),
  ]);
}

/**
 * The seeds that all cells of a sweep with claims share; null where nothing is claimed.
 *
 * @param asked seeds in place of the file's
 * @throws UserErrors, each at its place in the file, also what `checkOutline` finds
 */
export function claimSeeds(loaded: LoadedSweep, asked: readonly number[] | null): readonly number[] | null {
  checkOutline(loaded);
  const { sweep, cells, mistake } = loaded;
  if (!sweep.claims?.length) return null;
  const own = [...new Set(cells.map(({ loaded: { experiment } }) => experiment.seed))];
  const seeds = asked ?? loaded.seeds ?? own;
  if (seeds !== own || own.length === 1) return seeds;
  throw mistake({
    path: ['claims'],
    problem: `claims compare cells seed by seed, and these have ${own.join(', ')}, each its own`,
    fix: 'Give the sweep seeds, for example seeds: 3.',
  });
}

/**
 * @param plan of all cells with all of the seeds
 * @param nextLooks as `ClaimSetting` has it
 * @param most seeds that may be asked for
 */
export function judge(
  { sweep, axes, cells, on }: LoadedSweep,
  plan: Pick<SweepPlan, 'metrics' | 'jobs'>,
  results: readonly CellResult[],
  {
    seeds,
    looks,
    nextLooks,
    before,
    restated,
    most,
  }: Pick<Judgement, 'seeds' | 'looks' | 'before' | 'restated'> & {
    readonly nextLooks: number;
    readonly most: number;
  },
): Judgement {
  const simulated = cells.every(({ loaded: { experiment } }) => 'world' in experiment.data.source);
  const control = on?.control ?? false;
  const data = on?.name ?? null;
  const setting = { seeds, data, control, simulated, mostSeeds: most, looks, nextLooks };
  const rows = cells.map(({ label }) => rowOf(label, plan, results));
  const judged = evaluateClaims(sweep.claims ?? [], { axes, cells }, rows, setting);
  return { verdict: overallVerdict(judged), seeds, looks, before, restated, results: judged };
}

/** Whether a claim is left that more seeds could decide; not one whose cells have no result. */
export const isOpen = ({ results }: Judgement): boolean =>
  results.some(
    ({ verdict, parts }) => verdict === 'undecided' && parts.every(({ problem }) => problem === null),
  );

function rowOf(
  label: string,
  { metrics, jobs }: Pick<SweepPlan, 'metrics' | 'jobs'>,
  results: readonly CellResult[],
): Cell {
  const { columns } = jobs.find((job) => job.label === label)!;
  const own = results.filter((cell) => cell.label === label);
  const values = metrics.map((metric, i) => {
    const bySeed = own.flatMap(({ seed, metrics }) =>
      metrics ? [[seed, metrics[columns[i]!] ?? null] as const] : [],
    );
    return [metric, new Map(bySeed)] as const;
  });
  const lost = own.filter(isLost);
  return {
    label,
    values: new Map(values),
    missing: new Map(lost.map(({ seed, state, reason }) => [seed, reason ?? state])),
  };
}

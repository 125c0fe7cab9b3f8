import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadedSweep, Settings } from '../config/index.js';
import { Lock, mvrecVersion, readJson } from '../runs/index.js';
import { type CellResult, cellName, SweepFolder, type SweepRecord, sweepFiles } from './cell.js';
import { waitingCell } from './cellRunner.js';
import { planSweep, type SweepPlan } from './jobs.js';
import { claimSeeds, type Judgement, judge, mostSeeds } from './judge.js';
import type { Looks } from './looks.js';
import { publishedFor, publishedNotesFor } from './published.js';
import { type Stated, statedNow } from './restated.js';

/** What is known of a sweep without running it. */
export interface SweepState {
  /** There or not: a sweep that was never run has none yet. */
  readonly directory: string;
  readonly record: Omit<SweepRecord, 'layout' | 'created'>;
  /** Every cell and seed, those to do as well. */
  readonly cells: readonly CellResult[];
  /** What the claims came to; null where there are none, or none were judged yet. */
  readonly claims: Judgement | null;
  /** Whether a process runs it at the moment. */
  readonly going: boolean;
}

export const isSweepFolder = (directory: string): boolean => existsSync(join(directory, sweepFiles.record));

/** What the sweep is, for its record. */
export function recordOf(
  { sweep, on, axes, cells, changes }: LoadedSweep,
  { name, digest, metrics }: SweepPlan,
  looks: Looks | null,
  stated: Stated,
): Omit<SweepRecord, 'layout' | 'created' | 'mvrec'> {
  const { title = null, table = null } = sweep;
  const labels = cells.map(({ label }) => label);
  const published = publishedFor({ sweep, on });
  const publishedNotes = publishedNotesFor({ sweep, on });
  return {
    ...{ sweep: name, title, table, digest, on, axes, metrics, published, publishedNotes },
    ...{ labels, changes, looks, stated },
  };
}

/** `with --set train.epochs=1`, beside a title: what was run is not what the file says; null where it is. */
export const withChanges = (changes: readonly string[]): string | null =>
  changes.length > 0 ? `with ${changes.join(' ')}` : null;

/**
 * A sweep as its folder tells of it.
 *
 * @throws UserError for a folder that is none, is damaged, or of a newer mvrec
 */
export async function readSweep(directory: string): Promise<SweepState> {
  const folder = new SweepFolder(directory);
  const record = await folder.read();
  if (!record) return readJson(join(directory, sweepFiles.record)); // which says that it is missing
  return {
    directory,
    record,
    cells: folder.cells,
    claims: await folder.judgement(),
    going: (await new Lock(join(directory, 'lock')).holder()) !== null,
  };
}

/**
 * A sweep as its file and its folder tell of it: in the order of the file, with the cells that were never begun. Claims are those of
 * the file, judged by what there is.
 *
 * @throws UserError for what is wrong with the file, as `sweep` does
 */
export async function sweepOf(loaded: LoadedSweep, { resultsDir }: Settings): Promise<SweepState> {
  const plan = planSweep(loaded, { only: [], seeds: null, jobs: 1 });
  const claimed = claimSeeds(loaded, null);
  const directory = join(resultsDir, plan.name);
  const done = isSweepFolder(directory) ? await readSweep(directory) : null;
  const planned = new Set(plan.jobs.map(cellName));
  const known = new Map(done?.cells.map((cell) => [cellName(cell), cell]));
  const cells = [
    ...plan.jobs.map((job) => known.get(cellName(job)) ?? waitingCell(job, null)),
    ...(done?.cells.filter((cell) => !planned.has(cellName(cell))) ?? []), // more seeds
  ];
  const looks = done?.record.looks ?? null;
  const stated = statedNow(loaded, done?.record.stated, cells);
  const {
    seeds,
    looks: looked,
    before,
  } = done?.claims ?? { seeds: claimed ?? [], looks: looks?.at.length ?? 1 };
  const { restated } = stated;
  const nextLooks = looked + (looks ? 0 : 1);
  const setting = { seeds, looks: looked, before, restated, nextLooks, most: mostSeeds };
  return {
    directory,
    record: { ...recordOf(loaded, plan, looks, stated), mvrec: done?.record.mvrec ?? (await mvrecVersion()) },
    cells,
    claims: claimed && judge(loaded, plan, cells, setting),
    going: done?.going ?? false,
  };
}

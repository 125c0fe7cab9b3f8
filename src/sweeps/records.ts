import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { LoadedSweep, Settings } from '../config/index.js';
import { Lock, mvrecVersion, readJson } from '../runs/index.js';
import { type CellResult, cellName, SweepFolder, type SweepRecord, sweepFiles } from './cell.js';
import { waitingCell } from './cellRunner.js';
import { planSweep } from './jobs.js';
import { claimSeeds, type Judgement, judge, mostSeeds } from './judge.js';
import { checkPublished, publishedFor } from './published.js';

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

/**
 * A sweep as its folder tells of it.
 *
 * @throws UserError for a folder that is none, is damaged, or of a newer mvrec
 */
export async function readSweep(directory: string): Promise<SweepState> {
  const folder = new SweepFolder(directory);
  const record = await folder.read();
  if (!record) return readJson(join(directory, sweepFiles.record)); // which says that it is missing
  const file = join(directory, sweepFiles.claims);
  return {
    directory,
    record,
    cells: folder.cells,
    claims: existsSync(file) ? await readJson<Judgement>(file) : null,
    going: (await new Lock(join(directory, 'lock')).holder()) !== null,
  };
}

/**
 * A sweep as its file and its folder tell of it: in the order of the file, with the cells that were never begun. Claims that
 * were not judged yet are judged by what there is.
 *
 * @throws UserError for what is wrong with the file, as `sweep` does
 */
export async function sweepOf(loaded: LoadedSweep, { resultsDir }: Settings): Promise<SweepState> {
  const plan = planSweep(loaded, { only: [], seeds: null, jobs: 1 });
  checkPublished(loaded, plan.metrics);
  const claimed = claimSeeds(loaded, null, plan.metrics);
  const directory = join(resultsDir, plan.name);
  const done = isSweepFolder(directory) ? await readSweep(directory) : null;
  const planned = new Set(plan.jobs.map(cellName));
  const known = new Map(done?.cells.map((cell) => [cellName(cell), cell]));
  const cells = [
    ...plan.jobs.map((job) => known.get(cellName(job)) ?? waitingCell(job, null)),
    ...(done?.cells.filter((cell) => !planned.has(cellName(cell))) ?? []), // more seeds
  ];
  const { title = null, table = null } = loaded.sweep;
  const looks = done?.record.looks ?? null;
  const setting = { seeds: claimed ?? [], looks: looks?.at.length ?? 1, most: mostSeeds };
  return {
    directory,
    record: {
      sweep: basename(directory),
      title,
      table,
      mvrec: done?.record.mvrec ?? (await mvrecVersion()),
      digest: plan.digest,
      on: loaded.on,
      axes: loaded.axes,
      metrics: plan.metrics,
      published: publishedFor(loaded),
      looks,
    },
    cells,
    claims: done?.claims ?? (claimed ? judge(loaded, plan, cells, setting) : null),
    going: done?.going ?? false,
  };
}

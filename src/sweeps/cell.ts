import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Experiment, LoadedSweep } from '../config/index.js';
import type { MetricValues } from '../metrics/index.js';
import { readJson, writeJson } from '../runs/index.js';
import { type FolderRecord, WorkFolder } from './folder.js';
import type { Judgement } from './judge.js';
import type { Looks } from './looks.js';
import type { Published } from './published.js';
import type { Stated } from './restated.js';

/** A cell with a seed: one run. */
export interface Job {
  readonly label: string;
  /** The cell's value on each axis; empty for a listed cell. */
  readonly coordinates: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** Columns of the table, as the run will record them: `catalogue/ndcg@10`. */
  readonly columns: readonly string[];
  readonly experiment: Experiment & { readonly name: string };
  /** Where each value of the experiment came from. */
  readonly origins: Readonly<Record<string, string>>;
}

/**
 * `waiting` is also what a cell stays that was interrupted, or left when the sweep stopped at a failure.
 */
export type CellState = 'waiting' | 'running' | 'finished' | 'diverged' | 'failed';

/** A cell with a seed as `cells.json` lists it. */
export interface CellResult {
  readonly label: string;
  readonly coordinates: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** Digest of all that says what comes out; null where data must be imported to know it. */
  readonly identity: string | null;
  readonly state: CellState;
  /** Its run below the folder of results, as `name/id`; another name is another sweep, a study or a single run. */
  readonly run: string | null;
  /** Why it is where it is. */
  readonly reason: string | null;
  /** On test, by the names of `evaluation.json`. */
  readonly metrics: MetricValues | null;
  /** What test must be held against: popularity, random, and the simulator's own probabilities. */
  readonly floors: Readonly<Record<string, MetricValues>> | null;
  readonly data: {
    readonly fingerprint: string;
    readonly name: string;
    readonly caveat: string | null;
  } | null;
  readonly epochs: number;
  /** Of work, over all resumes. */
  readonly seconds: number;
}

/** `sweep.json`: what the sweep is. Another grid is another sweep; seeds may be added. */
export interface SweepRecord extends FolderRecord {
  readonly sweep: string;
  readonly title: string | null;
  /** The paper's table that is reproduced. */
  readonly table: { readonly paper: string; readonly table: string } | null;
  /** ISO 8601, UTC. */
  readonly created: string;
  /** Digest of all cells; their seeds left out. */
  readonly digest: string;
  /** The data that `--on` chose. */
  readonly on: LoadedSweep['on'];
  readonly axes: readonly { readonly name: string; readonly values: readonly unknown[] }[];
  /** Columns, as the file names them. */
  readonly metrics: readonly string[];
  /** The paper's numbers on these data, by row and column. */
  readonly published: Published | null;
  /** What is to be said of these. Old records do not have it. */
  readonly publishedNotes?: readonly string[] | undefined;
  /** All rows, those that `--only` leaves out as well. Old records do not say. */
  readonly labels?: readonly string[] | undefined;
  /** What the command line changed of the file when it was run last: `--set train.epochs=1`. */
  readonly changes?: readonly string[] | undefined;
  /** When its claims are looked at, since `--until-decided` was first given. */
  readonly looks: Looks | null;
  /** What its claims asked when it was run last. Old records do not say. */
  readonly stated?: Stated | undefined;
}

/** What lies in the folder of a sweep, beside its runs. */
export const sweepFiles = { record: 'sweep.json', cells: 'cells.json', claims: 'claims.json' } as const;

/** The folder of a sweep. */
export class SweepFolder extends WorkFolder<SweepRecord, CellResult> {
  constructor(directory: string) {
    super(directory, { what: 'sweep', record: sweepFiles.record, list: 'cells' });
  }

  get cells(): readonly CellResult[] {
    return this.entries;
  }

  cellOf({ label, seed }: Pick<CellResult, 'label' | 'seed'>): CellResult | undefined {
    return this.entries.find((cell) => cell.label === label && cell.seed === seed);
  }

  /** Replaces what is known of a cell, or adds it. */
  set(cell: CellResult): void {
    const at = this.entries.findIndex(({ label, seed }) => label === cell.label && seed === cell.seed);
    if (at < 0) this.entries.push(cell);
    else this.entries[at] = cell;
  }

  /** What the claims came to the last time; null where they were not judged yet. */
  async judgement(): Promise<Judgement | null> {
    const file = join(this.directory, sweepFiles.claims);
    return existsSync(file) ? readJson<Judgement>(file) : null;
  }

  /** Keeps what the claims came to; null: nothing is claimed. */
  async judged(judgement: Judgement | null): Promise<void> {
    const file = join(this.directory, sweepFiles.claims);
    if (judgement) await writeJson(file, judgement);
    else await rm(file, { force: true });
  }

  async put(cell: CellResult): Promise<void> {
    this.set(cell);
    await this.save();
  }
}

/** Whether a cell came to its end without a result. */
export const isLost = ({ state }: Pick<CellResult, 'state'>): boolean =>
  state === 'failed' || state === 'diverged';

export const cellName = ({ label, seed }: Pick<CellResult, 'label' | 'seed'>): string =>
  `${label}, seed ${seed}`;

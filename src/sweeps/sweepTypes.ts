import type { LoadedSweep, Settings } from '../config/index.js';
import type { Reporter } from '../training/index.js';
import type { CellResult } from './cell.js';
import type { Estimate } from './estimate.js';
import type { JobRequest } from './jobs.js';
import type { Judgement } from './judge.js';
import type { Cluster } from './slurm/stage.js';
import type { SweepView } from './sweepProgress.js';
import type { FloorRow, Row } from './table.js';

export interface SweepOptions extends JobRequest {
  /** Stop at the first cell that fails or diverges. */
  readonly failFast: boolean;
  /** Run cells that failed or diverged again. */
  readonly retry: boolean;
  /** Add seeds until the claims are decided, or there are so many (null: 20); null: the seeds are settled. */
  readonly untilDecided: { readonly mostSeeds: number | null } | null;
  /** Cells run as jobs of Slurm; null: on this machine. Then `jobs` is 1: each cell has the cores of its own job. */
  readonly cluster: Cluster | null;
  /** Say what would be done. Nothing is written but the script of a cluster. */
  readonly dryRun: boolean;
}

export interface SweepSurroundings {
  readonly settings: Settings;
  /** Words of the command line, for the record. */
  readonly command: readonly string[];
  readonly reporter: Pick<Reporter, 'note' | 'counting'> & {
    /** Told whenever something has changed. */
    cells(view: SweepView): void;
    /** A cell has ended. @param taken whether another sweep, study or run had its result */
    cell(result: CellResult, view: SweepView, taken: boolean): void;
  };
  readonly signal: AbortSignal;
}

export interface SweepResult {
  readonly sweep: string;
  readonly directory: string;
  readonly title: string | null;
  readonly table: { readonly paper: string; readonly table: string } | null;
  readonly on: LoadedSweep['on'];
  /** What the command line changed of the file: `--set train.epochs=1`, `--only NCF*`. */
  readonly changes: readonly string[];
  readonly axes: LoadedSweep['axes'];
  /** Columns, as the file names them. */
  readonly metrics: readonly string[];
  readonly rows: readonly Row[];
  /** What is to be said of the published numbers. */
  readonly publishedNotes: readonly string[];
  readonly floors: readonly FloorRow[];
  /** Each caveat of the data once. */
  readonly caveats: readonly string[];
  /** Kinds of candidates among which positives were ranked; more than one must not be compared. */
  readonly candidates: readonly string[];
  /** In the order of the table, all cells with the first seed first. */
  readonly cells: readonly CellResult[];
  /** What the claims came to; null where there are none, or only some cells were asked for. */
  readonly claims: Judgement | null;
  /** Cells whose results another sweep, study or run had. */
  readonly reused: number;
  /** What a dry run says of those that are left. */
  readonly estimates?: readonly (Estimate | null)[];
  /** What a dry run would have submitted to Slurm; null where nothing is left whose data are there. */
  readonly script?: string | null;
}

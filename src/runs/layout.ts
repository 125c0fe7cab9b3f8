import type { MetricValues } from '../metrics/index.js';

/**
 * What lies in a run folder. Every file appears whole or not at all, except the two streams and the log, which
 * grow by whole records; a record torn by a kill is cut off when the run is resumed.
 */
export const files = {
  record: 'run.json',
  experiment: 'experiment.yaml',
  origins: 'origins.json',
  status: 'status.json',
  metrics: 'metrics.jsonl',
  log: 'log.jsonl',
  /** TensorBoard takes every file with `tfevents` in its name. */
  events: 'events.out.tfevents.mvrec',
  evaluation: 'evaluation.json',
  /** Absent where test is not evaluated, and in runs of versions that did not keep it. */
  users: 'users.safetensors',
  checkpoints: 'checkpoints',
  lock: 'lock',
} as const;

/** Version of this layout. Raise it when an older mvrec would misread a folder. */
export const layoutVersion = 1;

/** What an audit of data and experiment found when the run began, without words and rows. */
export interface AuditRecord {
  readonly leaks: number;
  readonly warnings: number;
  readonly notes: number;
  /** Leaks first. `count` is in `unit`, for example rows. */
  readonly findings: readonly {
    readonly code: string;
    readonly severity: 'leak' | 'warning' | 'note';
    readonly count: number;
    readonly unit: string;
  }[];
}

/** Where a run's numbers come from; free of host names, so that equal runs on two machines compare equal. */
export interface Provenance {
  /** Commit of the git tree that mvrec was called in, null outside of one. */
  readonly git: { readonly commit: string; readonly dirty: boolean } | null;
  readonly versions: Readonly<Record<'mvrec' | 'node' | 'engine', string>>;
  readonly platform: string;
  /** `threads` and `device` belong to a run's identity: results change in the last bits with them. */
  readonly engine: { readonly name: string; readonly device: string; readonly threads: number };
  readonly data: { readonly name: string; readonly fingerprint: string; readonly caveat: string | null };
  /** Absent in runs of versions that did not audit. */
  readonly audit?: AuditRecord;
  /** SHA-256 of the file of candidates, where the experiment names one. */
  readonly candidates?: string | undefined;
  readonly seed: number;
  /** As the user typed it. */
  readonly command: readonly string[];
}

/** `run.json`: written once, never changed. */
export interface RunRecord {
  readonly layout: number;
  readonly id: string;
  /** The experiment's name and the folder above the run. */
  readonly name: string;
  readonly model: string;
  readonly seed: number;
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly provenance: Provenance;
  /** Of a trial of `mvrec tune`: the study, which is the folder above the run, and the trial's number in it. */
  readonly trial?: { readonly study: string; readonly number: number } | undefined;
  /** Of a cell of `mvrec sweep`: the sweep that began it, which is the folder above the run, and the cell's label in it. */
  readonly cell?: { readonly sweep: string; readonly label: string } | undefined;
}

export type RunState = 'created' | 'running' | 'finished' | 'pruned' | 'interrupted' | 'diverged' | 'failed';

/** `status.json` */
export interface RunStatus {
  readonly state: RunState;
  /** Why the run is where it is: an error, the parameter that became NaN, how it was stopped. */
  readonly reason: string | null;
  /** Epochs completed. */
  readonly epochs: number;
  /** Seconds of work so far, over all resumes. */
  readonly seconds: number;
  /** ISO 8601, UTC. */
  readonly updated: string;
  /** What a finished run took; absent in runs of versions that did not keep it. */
  readonly cost?: RunCost | undefined;
}

/** What the process took that ended the run; the memory with what it had kept of runs before. */
export interface RunCost {
  /** Numbers in the model's weights and tables; null where nothing is trained by gradient steps. */
  readonly parameters: number | null;
  /** Pairs trained a second, saving and evaluation left out; null when the process trained none. */
  readonly examplesPerSecond: number | null;
  readonly peakMemoryBytes: number;
}

/** A line of `metrics.jsonl`. No wall-clock times: a resumed run's file equals the uninterrupted one's. */
export interface MetricsRecord {
  readonly epoch: number;
  /** Optimiser steps done since the run began. */
  readonly step: number;
  /** By part: `train`, `validation`, `test`. TensorBoard shows them as `validation/auc` and so on. */
  readonly metrics: Readonly<Record<string, MetricValues>>;
}

/** `evaluation.json`: metrics by part, and whatever else belongs beside them. */
export interface RunEvaluation {
  readonly metrics: Readonly<Record<string, MetricValues>>;
  readonly [more: string]: unknown;
}

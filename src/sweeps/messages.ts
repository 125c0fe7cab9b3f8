import type { Place } from '../base/index.js';
import type { Experiment, Settings } from '../config/index.js';
import type { MetricValues } from '../metrics/index.js';
import type { RunRecord } from '../runs/index.js';

/** What a process of its own is to do. */
export type Task =
  /** Opens the data and builds the model, to complain early and to have the data imported once. */
  | { readonly kind: 'check'; readonly experiment: Experiment }
  | {
      readonly kind: 'run';
      readonly experiment: Experiment & { readonly name: string };
      readonly origins: Readonly<Record<string, unknown>>;
      readonly trial: NonNullable<RunRecord['trial']>;
    }
  /** @param run its folder */
  | { readonly kind: 'resume'; readonly run: string };

/** What the process is told. */
export type Order =
  | {
      readonly kind: 'begin';
      readonly task: Task;
      readonly settings: Settings;
      readonly command: readonly string[];
    }
  /** The answer to an epoch: whether to end the run there. */
  | { readonly kind: 'verdict'; readonly prune: boolean }
  /** To save and end. */
  | { readonly kind: 'stop' };

/** What it says. */
export type Report =
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'counting'; readonly what: string; readonly done: number; readonly rows: number }
  | { readonly kind: 'epoch'; readonly epoch: number; readonly validation: MetricValues }
  | { readonly kind: 'end'; readonly end: TaskEnd };

/** How a task came out. */
export type TaskEnd =
  /** @param fingerprint of the data, from a check */
  | { readonly kind: 'done'; readonly fingerprint: string | null }
  | { readonly kind: 'interrupted' }
  | {
      readonly kind: 'failed';
      readonly problem: string;
      readonly fix?: string | undefined;
      readonly place?: Place | undefined;
      /** Of an error that is a bug of ours. */
      readonly stack?: string | undefined;
    };

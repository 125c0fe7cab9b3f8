import type { Place } from '../base/index.js';
import type { Experiment, Settings } from '../config/index.js';
import type { MetricValues } from '../metrics/index.js';
import type { RunRecord } from '../runs/index.js';

/** What a process of its own is to do. */
export type Task =
  /**
   * To say of each experiment what its result would be a function of (`grounds`), or to try it out (`probe`).
   *
   * @param make whether data that are not there yet are simulated or imported
   */
  | {
      readonly kind: 'ask';
      readonly what: 'grounds' | 'probe';
      readonly experiments: readonly Experiment[];
      readonly make: boolean;
    }
  | {
      readonly kind: 'run';
      readonly experiment: Experiment & { readonly name: string };
      readonly origins: Readonly<Record<string, unknown>>;
      /** What the run is part of, for its record. */
      readonly part: Pick<RunRecord, 'trial' | 'cell'>;
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
  /** To the experiment of that number, from 0. */
  | { readonly kind: 'answer'; readonly number: number; readonly answer: Answer<unknown> }
  /** @param again whether the process can do another task */
  | { readonly kind: 'end'; readonly end: TaskEnd; readonly again?: boolean };

/** A mistake of the user, on its way from one process to another. */
export interface Mistake {
  readonly problem: string;
  readonly fix?: string | undefined;
  readonly place?: Place | undefined;
}

/** What was asked for, or what is wrong with the experiment. */
export type Answer<T> = { readonly value: T } | { readonly mistake: Mistake };

/** How a task came out. */
export type TaskEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'interrupted' }
  | ({
      readonly kind: 'failed';
      /** It says nothing of the task: its process was ended from outside, or nothing could be written. */
      readonly blameless?: boolean;
      /** Of an error that is a bug of ours. */
      readonly stack?: string | undefined;
    } & Mistake);

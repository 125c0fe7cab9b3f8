import type { TuneConfig } from '../config/index.js';
import type { Run } from '../runs/index.js';
import type { Rung } from './asha.js';
import type { Assignment } from './domain.js';
import { type FolderRecord, WorkFolder } from './folder.js';

/** What lies in the folder of a study, beside the runs of its trials. */
export const studyFiles = { record: 'study.json', trials: 'trials.json', best: 'best.yaml' } as const;

/** `study.json`: what the study is; another search is another study. */
export interface StudyRecord extends FolderRecord {
  readonly study: string;
  /** SHA-256 of the experiment and of the search, the number of trials left out: it may grow. */
  readonly identity: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  /** Fingerprint of the data that all trials are trained on. */
  readonly data: string;
  /** As trials record it: `catalogue/ndcg@10`. */
  readonly metric: string;
  readonly goal: 'higher' | 'lower';
  readonly search: Omit<TuneConfig, 'trials'>;
}

export type TrialState = 'running' | 'finished' | 'pruned' | 'diverged' | 'failed';

/** A trial as `trials.json` lists it. */
export interface Trial {
  /** From 1. */
  readonly number: number;
  readonly assignment: Assignment;
  /** Numbers of the trials that had ended when the sampler chose this one. */
  readonly knew: readonly number[];
  /** `running` is also what an interrupted trial stays. */
  readonly state: TrialState;
  /** The metric on validation: at the chosen epoch; of a pruned trial the best it came to. */
  readonly value: number | null;
  readonly epochs: number;
  /** Of work, over all resumes. */
  readonly seconds: number;
  /** Id of its run; null where it did not come to one. */
  readonly run: string | null;
  /** Why it is where it is. */
  readonly reason: string | null;
  /** Decisions to go on or to stop. */
  readonly rungs: readonly Rung[];
}

/** The folder of a study. */
export class Study extends WorkFolder<StudyRecord, Trial> {
  constructor(directory: string) {
    super(directory, { what: 'study', record: studyFiles.record, list: 'trials' });
  }

  get trials(): Trial[] {
    return this.entries;
  }

  /** Replaces what is known of a trial, or adds it. */
  async put(trial: Trial): Promise<void> {
    this.trials[trial.number - 1] = trial;
    await this.save();
  }

  /** The run of a trial, if it has come to one. */
  async runOf(number: number): Promise<Run | null> {
    return this.newestRun(({ trial }) => trial?.number === number);
  }
}

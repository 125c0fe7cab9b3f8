import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { explainWriteFailure, UserError } from '../base/index.js';
import type { TuneConfig } from '../config/index.js';
import { Lock, type Run, readJson, runsIn, writeJson } from '../runs/index.js';
import type { Rung } from './asha.js';
import type { Assignment } from './domain.js';

/** What lies in the folder of a study, beside the runs of its trials. */
export const studyFiles = {
  record: 'study.json',
  trials: 'trials.json',
  best: 'best.yaml',
  lock: 'lock',
} as const;

const layoutVersion = 1;

/** `study.json`: what the study is; another search is another study. */
export interface StudyRecord {
  readonly layout: number;
  readonly study: string;
  /** SHA-256 of the experiment and of the search, the number of trials left out: it may grow. */
  readonly identity: string;
  readonly mvrec: string;
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

/** The folder of a study, written by this process alone. */
export class Study {
  private readonly lock: Lock;
  private saving: Promise<void> = Promise.resolve();
  private readonly runs = new Map<string, Run>();
  readonly trials: Trial[] = [];

  constructor(readonly directory: string) {
    this.lock = new Lock(join(directory, studyFiles.lock), 'the study');
  }

  /**
   * Takes the folder, making it where it is not there.
   *
   * @returns its record, or null where it is new
   * @throws UserError when another process writes it, or it is of a newer mvrec
   */
  async open(): Promise<StudyRecord | null> {
    try {
      await mkdir(this.directory, { recursive: true });
    } catch (error) {
      throw explainWriteFailure(error, this.directory);
    }
    await this.lock.acquire();
    const file = join(this.directory, studyFiles.record);
    if (!existsSync(file)) return null;
    const record = await readJson<StudyRecord>(file);
    if (record.layout > layoutVersion) {
      throw new UserError(
        `the study was written by a newer mvrec (${record.mvrec})`,
        'Install that, or search under another name (--name).',
        { file },
      );
    }
    const { trials } = await readJson<{ trials: Trial[] }>(join(this.directory, studyFiles.trials));
    this.trials.push(...trials);
    return record;
  }

  async begin(settings: Omit<StudyRecord, 'layout'>): Promise<StudyRecord> {
    const record = { layout: layoutVersion, ...settings };
    await this.save();
    await writeJson(join(this.directory, studyFiles.record), record);
    return record;
  }

  async close(): Promise<void> {
    await this.saving.catch(() => {});
    await this.lock.release();
  }

  /** Replaces what is known of a trial, or adds it. */
  async put(trial: Trial): Promise<void> {
    this.trials[trial.number - 1] = trial;
    await this.save();
  }

  /** The run of a trial, if it has come to one. */
  async runOf(number: number): Promise<Run | null> {
    const { runs } = await runsIn(this.directory, (id) => !this.runs.has(id));
    for (const run of runs) this.runs.set(run.id, run);
    const own = [...this.runs.values()].filter(({ record }) => record.trial?.number === number);
    return own.sort((a, b) => (a.record.created < b.record.created ? 1 : -1))[0] ?? null;
  }

  /** One after another, so that what was put last is what stays. */
  private save(): Promise<void> {
    const write = () => writeJson(join(this.directory, studyFiles.trials), { trials: this.trials });
    this.saving = this.saving.catch(() => {}).then(write);
    return this.saving;
  }
}

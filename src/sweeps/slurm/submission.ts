import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { explainWriteFailure, UserError, writeFileAtomically } from '../../base/index.js';
import type { Experiment, Settings, SlurmConfig } from '../../config/index.js';
import { readJson, writeJson } from '../../runs/index.js';
import type { CellResult } from '../cell.js';
import type { Work } from '../cellRunner.js';
import { lastWords } from '../executor.js';
import { jobNamed, type SlurmJob, submit } from './commands.js';
import { program } from './program.js';
import { scriptText } from './script.js';

/** `tasks.json`: all that a task of the array has to know. */
export interface TaskList {
  /** The job's, under which it is found where `job.json` did not come to be written. */
  readonly name: string;
  /** Folder of the sweep. */
  readonly sweep: string;
  readonly settings: Settings;
  /** Words of the command line, for the record of runs. */
  readonly command: readonly string[];
  /** Results without numbers from before that time (ISO 8601) count as none. */
  readonly retry: string | null;
  /** By their index in the array. */
  readonly tasks: readonly Work[];
}

/** `<index>.now.json`: how far a task is. */
export interface TaskProgress {
  readonly epoch: number;
  readonly validation: Readonly<Record<string, number | null>>;
}

/** `job.json`. */
interface JobRecord {
  /** Null where it never came into the queue. */
  readonly job: SlurmJob | null;
  /** Nobody needs to look after it any more. */
  readonly ended: boolean;
}

export const slurmFiles = {
  tasks: 'tasks.json',
  script: 'job.sh',
  job: 'job.json',
  result: (index: number) => `${index}.json`,
  progress: (index: number) => `${index}.now.json`,
  log: (index: number) => `${index}.log`,
} as const;

/** Below the folder of a sweep. */
export const slurmFolder = (sweep: string): string => join(sweep, 'slurm');

export interface NewSubmission extends Omit<TaskList, 'name'> {
  readonly config: SlurmConfig;
  readonly atOnce: number | null;
}

/** A folder with the script of an array job, what its tasks need and what they leave. */
export class Submission {
  private constructor(
    readonly directory: string,
    readonly list: TaskList,
    private record: JobRecord | null,
  ) {}

  /** Writes the folder; nothing is submitted. */
  static async write(
    folder: string,
    { config, atOnce, ...rest }: NewSubmission,
    label: string,
  ): Promise<Submission> {
    const directory = join(slurmFolder(rest.sweep), folder);
    const name = `${label}-${randomBytes(4).toString('hex')}`;
    const list: TaskList = { ...rest, name, tasks: rest.tasks.map(withEngine) };
    const tasks = rest.tasks.length;
    const text = scriptText({ name, folder: directory, tasks, atOnce, config, command: program.words });
    try {
      await mkdir(directory, { recursive: true });
      await writeJson(join(directory, slurmFiles.tasks), list);
      await writeFileAtomically(join(directory, slurmFiles.script), text);
      await chmod(join(directory, slurmFiles.script), 0o755);
    } catch (error) {
      throw explainWriteFailure(error, directory);
    }
    return new Submission(directory, list, null);
  }

  /** Those of a sweep that have not come to their end. A job that was submitted and not written down is looked for. */
  static async open(sweep: string): Promise<Submission[]> {
    const open: Submission[] = [];
    for (const number of await numbers(sweep)) {
      const directory = join(slurmFolder(sweep), String(number));
      const record = await ifThere<JobRecord>(join(directory, slurmFiles.job));
      if (record?.ended) continue;
      const list = await ifThere<TaskList>(join(directory, slurmFiles.tasks));
      if (!list) continue; // killed before it could submit anything
      const submission = new Submission(directory, list, record);
      if (!record) await submission.keep({ job: await jobNamed(list.name), ended: false });
      if (submission.record!.job) open.push(submission);
      else await submission.end();
    }
    return open;
  }

  /** The name of the next one's folder. */
  static async next(sweep: string): Promise<string> {
    return String(Math.max(0, ...(await numbers(sweep))) + 1);
  }

  /** @throws UserError when Slurm does not take it */
  async submit(): Promise<void> {
    try {
      await this.keep({ job: await submit(this.script), ended: false });
    } catch (error) {
      if (error instanceof UserError) await this.keep({ job: null, ended: true });
      throw error;
    }
  }

  get job(): SlurmJob {
    return this.record!.job!;
  }

  get script(): string {
    return join(this.directory, slurmFiles.script);
  }

  async end(): Promise<void> {
    await this.keep({ ...this.record!, ended: true });
  }

  /** What the task has put down; null where it came to no end of its own. */
  result(index: number): Promise<CellResult | null> {
    return ifThere(join(this.directory, slurmFiles.result(index)));
  }

  progress(index: number): Promise<TaskProgress | null> {
    return ifThere(join(this.directory, slurmFiles.progress(index)));
  }

  /** The last line that the task, or Slurm, has said. */
  async lastWords(index: number): Promise<string | null> {
    const text = await readFile(join(this.directory, slurmFiles.log(index)), 'utf8').catch(() => '');
    return lastWords(text);
  }

  private async keep(record: JobRecord): Promise<void> {
    this.record = record;
    await writeJson(join(this.directory, slurmFiles.job), record);
  }
}

/** On another machine `auto` might be another engine, and the result that of another cell. */
function withEngine({ job, engine, ...rest }: Work): Work {
  const name = engine as Experiment['engine']['name'];
  const experiment = { ...job.experiment, engine: { ...job.experiment.engine, name } };
  return { job: { ...job, experiment }, engine, ...rest };
}

async function numbers(sweep: string): Promise<number[]> {
  const names = await readdir(slurmFolder(sweep)).catch(() => [] as string[]);
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Null too where the file is being replaced on a shared disk, or damaged. */
async function ifThere<T>(file: string): Promise<T | null> {
  try {
    return await readJson<T>(file);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** Takes away what an earlier try of the task has left. */
export async function forget(directory: string, index: number): Promise<void> {
  await rm(join(directory, slurmFiles.result(index)), { force: true });
  await rm(join(directory, slurmFiles.progress(index)), { force: true });
}

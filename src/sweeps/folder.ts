import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { explainWriteFailure, UserError } from '../base/index.js';
import { Lock, newestFirst, type Run, type RunRecord, readJson, runsIn, writeJson } from '../runs/index.js';

const layoutVersion = 1;

/** What the record of such a folder begins with. */
export interface FolderRecord {
  readonly layout: number;
  readonly mvrec: string;
}

/** What lies in the folder, beside its runs. */
export interface FolderFiles {
  /** What it is the folder of, for messages. */
  readonly what: string;
  readonly record: string;
  /** Key of the list; its file is called `<list>.json`. */
  readonly list: string;
}

/** The folder of many runs, with a record and a list of what became of them; written by this process alone. */
export class WorkFolder<R extends FolderRecord, E> {
  private readonly lock: Lock;
  private saving: Promise<void> = Promise.resolve();
  private begun = false;
  private readonly runs = new Map<string, Run>();
  protected readonly entries: E[] = [];

  constructor(
    readonly directory: string,
    private readonly names: FolderFiles,
  ) {
    this.lock = new Lock(join(directory, 'lock'), `the ${names.what}`);
  }

  /**
   * Takes the folder, making it where it is not there.
   *
   * @returns its record, or null where it is new
   * @throws UserError when another process writes it, or it is of a newer mvrec
   */
  async open(): Promise<R | null> {
    try {
      await mkdir(this.directory, { recursive: true });
    } catch (error) {
      throw explainWriteFailure(error, this.directory);
    }
    await this.lock.acquire();
    return this.read();
  }

  /** Reads what is there, without taking the folder. */
  async read(): Promise<R | null> {
    const { what, record: name, list } = this.names;
    const file = join(this.directory, name);
    if (!existsSync(file)) return null;
    const record = await readJson<R | null>(file);
    if (typeof record?.layout !== 'number') throw damaged(file);
    if (record.layout > layoutVersion) {
      throw new UserError(
        `the ${what} was written by a newer mvrec (${record.mvrec})`,
        `Install that, or give the ${what} another name (--name).`,
        { file },
      );
    }
    const listFile = join(this.directory, `${list}.json`);
    const entries = (await readJson<Readonly<Record<string, E[]>> | null>(listFile))?.[list];
    if (!Array.isArray(entries)) throw damaged(listFile);
    this.entries.splice(0, this.entries.length, ...entries);
    return record;
  }

  /** Writes the list and then the record, without which the folder is a new one. */
  async begin(settings: Omit<R, 'layout'>): Promise<R> {
    const record = { layout: layoutVersion, ...settings } as R;
    await this.save();
    await writeJson(join(this.directory, this.names.record), record);
    this.begun = true;
    return record;
  }

  async close(): Promise<void> {
    await this.saving.catch(() => {});
    await this.lock.release();
  }

  /** The newest run in the folder that `isIt` knows by its record. */
  protected async newestRun(isIt: (record: RunRecord) => boolean): Promise<Run | null> {
    const { runs } = await runsIn(this.directory, (id) => !this.runs.has(id));
    for (const run of runs) this.runs.set(run.id, run);
    const own = [...this.runs.values()].filter(({ record }) => isIt(record));
    return own.sort(newestFirst)[0] ?? null;
  }

  /**
   * Writes the list; one after another, so that what was put last is what stays.
   *
   * @throws UserError when the folder is no more where it was, instead of making another in its place
   */
  save(): Promise<void> {
    const { what, record, list } = this.names;
    const write = async (): Promise<void> => {
      if (this.begun && !existsSync(join(this.directory, record))) {
        throw new UserError(
          `the folder of the ${what} is gone: it was moved or removed while the command ran`,
          'Run the command again with the folder of results where it is now (MVREC_RESULTS_DIR): it goes on there.',
          { file: this.directory },
        );
      }
      await writeJson(join(this.directory, `${list}.json`), { [list]: this.entries });
    };
    this.saving = this.saving.catch(() => {}).then(write);
    return this.saving;
  }
}

const damaged = (file: string): UserError =>
  new UserError(
    'the file is damaged: it does not say what it should',
    'Restore it, or begin anew (--name).',
    {
      file,
    },
  );

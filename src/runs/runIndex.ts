import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { sha256, UserError, writeFileAtomically } from '../base/index.js';
import { experimentJsonSchema } from '../config/index.js';
import { identityOfRun } from './identity.js';
import { files, type RunRecord } from './layout.js';
import { newestFirst, readRun, runFolders } from './open.js';
import type { Run } from './run.js';

/** A cache: it is made anew where it is absent, damaged or of other options. */
const indexFile = '.identities.json';

interface IndexFile {
  /** Digest of the options that experiments had: an identity counts those that a run does not name by their defaults. */
  readonly options: string;
  /** `name/id` of a run -> its identity, or null where it has none. */
  readonly runs: Readonly<Record<string, string | null>>;
}

/**
 * The runs below a results folder by their identity. What a run is never changes, so each is read once, and a list of
 * folders tells of new ones and of those that are gone.
 */
export class RunIndex {
  private runs = new Map<string, string | null>();
  private loaded = false;
  private looking: Promise<void> = Promise.resolve();

  /** @param keep whether what was read may be written down for the next time */
  constructor(
    private readonly resultsDir: string,
    private readonly keep: boolean,
  ) {}

  /** Looks again at what is there. One look after another, so that a slow one never hides what a later one has found. */
  async refresh(): Promise<void> {
    this.looking = this.looking.catch(() => {}).then(() => this.look());
    return this.looking;
  }

  private async look(): Promise<void> {
    if (!this.loaded) this.runs = await this.read();
    this.loaded = true;
    const folders = await runFolders(this.resultsDir).catch((error: unknown) => {
      if (error instanceof UserError) return []; // no run yet
      throw error;
    });
    const known = this.runs;
    const now = new Map<string, string | null>();
    let changed = false;
    for (const folder of folders) {
      const key = folder.slice(this.resultsDir.length).split(/[\\/]/).filter(Boolean).join('/');
      const before = known.get(key);
      if (before === undefined) changed = true;
      now.set(key, before === undefined ? await identityIn(folder) : before);
    }
    this.runs = now;
    if (this.keep && (changed || now.size !== known.size)) await this.write();
  }

  /** Runs of that identity, as of the last `refresh`, newest first. */
  async find(identity: string): Promise<Run[]> {
    const keys = [...this.runs].filter(([, own]) => own === identity).map(([key]) => key);
    const runs: Run[] = [];
    for (const key of keys) {
      const run = await readRun(join(this.resultsDir, key)).catch((error: unknown) => {
        if (error instanceof UserError) return null; // taken away since, or damaged
        throw error;
      });
      if (run) runs.push(run);
    }
    return runs.sort(newestFirst);
  }

  private async read(): Promise<Map<string, string | null>> {
    try {
      const file = JSON.parse(await readFile(join(this.resultsDir, indexFile), 'utf8')) as IndexFile;
      return file.options === optionsDigest() ? new Map(Object.entries(file.runs)) : new Map();
    } catch {
      return new Map();
    }
  }

  private async write(): Promise<void> {
    const file: IndexFile = { options: optionsDigest(), runs: Object.fromEntries(this.runs) };
    // Somebody else's results may be read-only; then it is made anew each time.
    await writeFileAtomically(join(this.resultsDir, indexFile), JSON.stringify(file)).catch(() => {});
  }
}

const optionsDigest = (): string => sha256(JSON.stringify(experimentJsonSchema()));

async function identityIn(folder: string): Promise<string | null> {
  try {
    const record = JSON.parse(await readFile(join(folder, files.record), 'utf8')) as RunRecord;
    return identityOfRun(record, parse(await readFile(join(folder, files.experiment), 'utf8')));
  } catch {
    return null; // no whole run
  }
}

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { explainWriteFailure, nearest, UserError, writeFileAtomically } from '../base/index.js';
import type { Experiment } from '../config/index.js';
import { readJson, writeJson } from './json.js';
import { files, layoutVersion, type Provenance, type RunRecord, type RunStatus } from './layout.js';
import { Run } from './run.js';

export interface NewRun {
  readonly resultsDir: string;
  /** The folder above the run. */
  readonly name: string;
  readonly experiment: Experiment;
  /** Where each value of the experiment came from, by its dotted key. */
  readonly origins: Readonly<Record<string, unknown>>;
  readonly provenance: Provenance;
  readonly trial?: RunRecord['trial'];
  readonly cell?: RunRecord['cell'];
}

/**
 * Makes the folder `<results>/<name>/<UTC time>-<model>-s<seed>-<8 random hex digits>`, whole or not at all.
 *
 * @throws UserError when the place is not writable or full
 */
export async function createRun(run: NewRun): Promise<Run> {
  const { resultsDir, name, experiment, origins, provenance, trial, cell } = run;
  const created = new Date().toISOString();
  const model = experiment.model.name;
  const { seed } = experiment;
  const time = created.replace(/\.\d+|[-:]/g, '');
  const id = `${time}-${model}-s${seed}-${randomBytes(4).toString('hex')}`;
  const record: RunRecord = {
    layout: layoutVersion,
    id,
    name,
    model,
    seed,
    created,
    provenance,
    trial,
    cell,
  };
  const status: RunStatus = { state: 'created', reason: null, epochs: 0, seconds: 0, updated: created };

  const directory = join(resultsDir, name, id);
  const staged = join(resultsDir, name, `.${id}`);
  try {
    await mkdir(join(staged, files.checkpoints), { recursive: true });
    await writeFileAtomically(join(staged, files.experiment), stringify(experiment));
    await writeJson(join(staged, files.origins), origins);
    await writeJson(join(staged, files.status), status);
    await writeJson(join(staged, files.record), record);
    await rename(staged, directory);
  } catch (error) {
    await rm(staged, { recursive: true, force: true }).catch(() => {}); // the first failure tells more
    throw explainWriteFailure(error, directory);
  }
  return new Run(directory, record);
}

/**
 * Finds a run by the path of its folder, its id, the beginning or end of its id, `<name>/<id>`, or `latest` and
 * `<name>/latest`: the newest one.
 *
 * @throws UserError when there is none or more than one, or when the folder was written by a newer mvrec
 */
export async function openRun(resultsDir: string, run: string): Promise<Run> {
  if (existsSync(join(run, files.record))) return readRun(run);
  if (existsSync(run) && /[\\/]/.test(run)) {
    throw new UserError(
      `${run} is not the folder of a run: it has no ${files.record}`,
      'See `mvrec runs list`.',
    );
  }
  const folders = await runFolders(resultsDir);
  const [word, name] = [basename(run), dirname(run)];
  const within = name === '.' ? folders : folders.filter((folder) => nameOf(folder) === name);
  if (word === 'latest' && within.length > 0) return newest(within);
  const found = within.filter((folder) => basename(folder) === word);
  if (found.length === 0) found.push(...within.filter((folder) => matchesPart(basename(folder), word)));
  if (found.length === 1) return readRun(found[0]!);
  if (found.length === 0) throw unknownRun(run, resultsDir, folders);
  const ids = found.slice(0, 5).map((folder) => `${nameOf(folder)}/${basename(folder)}`);
  throw new UserError(
    `${found.length} runs answer to ${run}, such as ${ids.join(', ')}`,
    'Give more of the id.',
  );
}

export interface RunList {
  /** Newest first. */
  readonly runs: readonly Run[];
  /** Folders that look like runs and cannot be read, with the reason. */
  readonly unreadable: readonly { readonly directory: string; readonly problem: string }[];
}

/**
 * All runs below the results folder.
 *
 * @throws UserError when there is no such folder
 */
export async function listRuns(resultsDir: string): Promise<RunList> {
  return readAll(await runFolders(resultsDir));
}

/** The runs right below a folder whose id is wanted, newest first. */
export async function runsIn(folder: string, wanted: (id: string) => boolean): Promise<RunList> {
  return readAll((await runsBelow(folder)).filter((run) => wanted(basename(run))));
}

/**
 * Deletes the folders of runs: all, or none when a process writes one of them.
 *
 * @throws UserError that says which process
 */
export async function removeRuns(runs: readonly Run[]): Promise<void> {
  const locked: Run[] = [];
  try {
    // A run may be named twice.
    for (const run of new Map(runs.map((run) => [resolve(run.directory), run])).values()) {
      await run.lock();
      locked.push(run);
    }
    while (locked.length > 0) {
      const { directory } = locked[0]!;
      // Renamed first: a half-deleted run is never seen as a run.
      const doomed = join(dirname(directory), `.${basename(directory)}`);
      await rename(directory, doomed);
      await rm(doomed, { recursive: true, force: true });
      locked.shift();
    }
  } catch (error) {
    for (const run of locked) await run.unlock();
    throw explainWriteFailure(error, locked[0]?.directory ?? runs[0]!.directory);
  }
}

/** @throws UserError where it is none, or of a newer mvrec */
export async function readRun(directory: string): Promise<Run> {
  const file = join(directory, files.record);
  const record = await readJson<Partial<RunRecord> | null>(file);
  if (typeof record?.layout !== 'number' || typeof record.id !== 'string') {
    throw new UserError('this is not the record of a run', undefined, { file });
  }
  if (record.layout > layoutVersion) {
    throw new UserError(
      `the run was written by a newer mvrec (layout ${record.layout}; this one reads up to ${layoutVersion})`,
      `Install mvrec ${record.provenance?.versions.mvrec ?? 'as new as the run'}.`,
      { file },
    );
  }
  return new Run(directory, record as RunRecord);
}

async function readAll(folders: readonly string[]): Promise<RunList> {
  const runs: Run[] = [];
  const unreadable: { directory: string; problem: string }[] = [];
  for (const directory of folders) {
    try {
      runs.push(await readRun(directory));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unreadable.push({ directory, problem: error.problem });
    }
  }
  runs.sort(newestFirst);
  return { runs, unreadable };
}

async function newest(folders: readonly string[]): Promise<Run> {
  const { runs } = await readAll(folders);
  return runs[0] ?? readRun(folders[0]!); // which says what is wrong with it
}

/** Two words of an id are enough to name it, as of a commit: its beginning (the time) or its end (the hex digits). */
function matchesPart(id: string, part: string): boolean {
  return part.length >= 4 && (id.startsWith(part) || id.endsWith(part));
}

const nameOf = (folder: string): string => basename(dirname(folder));

function unknownRun(run: string, resultsDir: string, folders: readonly string[]): UserError {
  const problem = `there is no run ${run} in ${resultsDir}`;
  if (folders.length === 0)
    return new UserError(problem, 'There are none yet: start one with `mvrec train`.');
  const known = folders.map((folder) => `${nameOf(folder)}/${basename(folder)}`);
  const near = nearest(run, [...known, ...folders.map((folder) => basename(folder))]);
  return new UserError(problem, `${near ? `Did you mean ${near}? ` : ''}See \`mvrec runs list\`.`);
}

/** Paths `<results>/<name>/<id>` that hold a run. */
export async function runFolders(resultsDir: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await visibleFolders(resultsDir))
    found.push(...(await runsBelow(join(resultsDir, name))));
  return found;
}

async function runsBelow(folder: string): Promise<string[]> {
  const folders = (await visibleFolders(folder)).map((id) => join(folder, id));
  return folders.filter((run) => existsSync(join(run, files.record)));
}

async function visibleFolders(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name);
  } catch (error) {
    const elsewhere = 'Name the folder of results with MVREC_RESULTS_DIR.';
    switch ((error as NodeJS.ErrnoException).code) {
      case 'ENOENT':
        throw new UserError(`there is no folder ${folder}`, `Start a run with \`mvrec train\`. ${elsewhere}`);
      case 'ENOTDIR':
        throw new UserError(`${folder} is not a folder`, elsewhere);
      case 'EACCES':
        throw new UserError(`no permission to read ${folder}`, `Change its permissions. ${elsewhere}`);
      default:
        throw error;
    }
  }
}

/** For sorting. */
export const newestFirst = (a: Run, b: Run): number => (a.record.created < b.record.created ? 1 : -1);

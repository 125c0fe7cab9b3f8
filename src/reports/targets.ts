import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { nearest, UserError } from '../base/index.js';
import { loadSweep, type Settings, type SweepRequest } from '../config/index.js';
import { listRuns, openRun, type Run, runsIn } from '../runs/index.js';
import { isSweepFolder, readSweep, type SweepState, sweepOf } from '../sweeps/index.js';

/** What a report is about. It is read anew each time, so that it may be asked for again while runs are going. */
export type Target =
  | {
      readonly kind: 'sweep';
      readonly id: string;
      /** Its folder. */
      readonly place: string;
      read(): Promise<SweepState>;
      /** Of a file that was not run as it is: folders of its name, which were run with other options. */
      others?(): Promise<readonly string[]>;
    }
  | { readonly kind: 'runs'; readonly id: string; readonly place: string; read(): Promise<readonly Run[]> };

export interface TargetRequest {
  /** Runs, sweeps, or files of sweeps; none: all below the folder of results. */
  readonly words: readonly string[];
  /** Of sweep files: the data, by their name in the section `on`, and options over all cells, as `mvrec sweep` takes them. */
  readonly file: Pick<SweepRequest, 'on' | 'set' | 'engine' | 'name'>;
}

/**
 * What the words name: a sweep file; the folder of a sweep, its name, or as much of that as is the file's; a run as in all of
 * `mvrec runs`; or the name that runs share. Runs that are named one by one make one report.
 *
 * @throws UserError for a word that names nothing
 */
export async function targetsOf({ words, file }: TargetRequest, settings: Settings): Promise<Target[]> {
  if (words.length === 0) return everything(settings);
  const targets: Target[] = [];
  const runs = new Map<string, Run>();
  let fileNamed = false;
  for (const word of words) {
    if (/\.ya?ml$/i.test(word)) {
      fileNamed = true;
      targets.push(await fileTarget(word, file, settings));
      continue;
    }
    const named = await folderTarget(word, settings);
    if (named) targets.push(named);
    else {
      const run = await openRun(settings.resultsDir, word).catch(async (error: unknown) => {
        throw await orSweep(error, word, settings);
      });
      runs.set(run.directory, run);
    }
  }
  if (!fileNamed) refuseFileOptions(file);
  if (runs.size > 0) {
    const own = [...runs.values()];
    const id = own.length === 1 ? own[0]!.id : 'runs';
    targets.push({ kind: 'runs', id, place: [...runs.keys()].join(), read: async () => own });
  }
  return distinct(targets);
}

/** @throws UserError for an option of sweep files, where none is named */
export function refuseFileOptions(file: TargetRequest['file']): void {
  const option = Object.entries(file).find(([, value]) => value !== undefined)?.[0];
  if (option === undefined) return;
  throw new UserError(
    `--${option}: no sweep file is named`,
    'It says with which data and options a file was run.',
  );
}

/** Each once; of one name in several folders they are told apart by a number. */
function distinct(targets: readonly Target[]): Target[] {
  const [places, ids] = [new Set<string>(), new Map<string, number>()];
  return targets.flatMap((target) => {
    if (places.has(target.place)) return [];
    places.add(target.place);
    const before = ids.get(target.id) ?? 0;
    ids.set(target.id, before + 1);
    return [before === 0 ? target : { ...target, id: `${target.id}-${before + 1}` }];
  });
}

/** Every sweep, and the runs of every other name. */
export async function everything(settings: Settings): Promise<Target[]> {
  const { runs } = await listRuns(settings.resultsDir);
  const sweeps = await sweepNames(settings);
  const names = new Set(runs.map(({ record }) => record.name).filter((name) => !sweeps.includes(name)));
  return [
    ...sweeps.map((name) => sweepTarget(join(settings.resultsDir, name), name)),
    ...[...names].sort().map((name) => runsTarget(name, settings)),
  ];
}

async function fileTarget(file: string, options: TargetRequest['file'], settings: Settings): Promise<Target> {
  const loaded = await loadSweep({ file, ...options });
  const { directory } = await sweepOf(loaded, settings);
  return {
    kind: 'sweep',
    id: basename(directory),
    place: resolve(directory),
    read: () => sweepOf(loaded, settings),
    others: async () =>
      isSweepFolder(directory)
        ? []
        : (await sweepNames(settings)).filter((name) => fileName(name) === loaded.sweep.name),
  };
}

/** The sweep's own name, without the digest of its cells. */
const fileName = (folder: string): string => folder.replace(/-[0-9a-f]{8}$/, '');

async function folderTarget(word: string, settings: Settings): Promise<Target | null> {
  const isPath = /[\\/]/.test(word) || word === '.';
  if (isSweepFolder(word)) return sweepTarget(word, basename(resolve(word)));
  if (isPath) return null;
  const folder = join(settings.resultsDir, word);
  if (isSweepFolder(folder)) return sweepTarget(folder, word);
  const sweeps = (await sweepNames(settings)).filter((name) => fileName(name) === word);
  if (sweeps.length > 1) {
    throw new UserError(
      `${sweeps.length} sweeps answer to ${word}: ${sweeps.join(', ')}`,
      'Give the whole name of one, or the sweep file.',
    );
  }
  if (sweeps.length === 1) return sweepTarget(join(settings.resultsDir, sweeps[0]!), sweeps[0]!);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return null;
  const target = runsTarget(word, settings);
  return (await target.read()).length > 0 ? target : null;
}

function sweepTarget(folder: string, id: string): Target {
  return { kind: 'sweep', id, place: resolve(folder), read: () => readSweep(folder) };
}

function runsTarget(name: string, { resultsDir }: Settings): Extract<Target, { kind: 'runs' }> {
  const place = join(resultsDir, name);
  const read = async (): Promise<readonly Run[]> => (await runsIn(place, () => true)).runs;
  return { kind: 'runs', id: name, place: resolve(place), read };
}

/** Folders of sweeps below the folder of results. */
async function sweepNames({ resultsDir }: Settings): Promise<string[]> {
  const entries = await readdir(resultsDir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && isSweepFolder(join(resultsDir, entry.name)))
    .map(({ name }) => name)
    .sort();
}

/** A word that is no run may have been meant for a sweep. */
async function orSweep(error: unknown, word: string, settings: Settings): Promise<unknown> {
  if (!(error instanceof UserError) || !error.problem.startsWith('there is no run')) return error;
  const sweeps = await sweepNames(settings);
  const near = nearest(word, [...sweeps.map(fileName), ...sweeps]);
  return new UserError(
    `there is no run or sweep ${word} in ${settings.resultsDir}`,
    near ? `Did you mean ${near}?` : error.fix,
  );
}

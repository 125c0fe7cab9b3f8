import { on } from 'node:events';
import { closeSync, fstatSync, mkdirSync, openSync, readSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import {
  explainWriteFailure,
  FileRows,
  layoutOf,
  openFile,
  UserError,
  unfinishedPath,
} from '../../base/index.js';
import type { Hdf5Answer, Hdf5Task } from './hdf5Task.js';

export interface Hdf5Options extends Pick<Hdf5Task, 'values' | 'keys' | 'clips' | 'spill'> {
  /** Milliseconds that the library may take for a piece. Default: 30,000. */
  readonly patience?: number;
}

/** How long the thread may say nothing. It does after every few megabytes, but damage can make the library run in circles. */
const PATIENCE_MS = 30_000;

const SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');

/**
 * A matrix in an HDF5 file, and the identifiers of its rows.
 *
 * The library reads the file in a thread with memory of its own, which ends before this returns: whatever damaged bytes
 * do there, they do not do here. Values that lie in the file row after row are read from it; others (in chunks,
 * compressed) are unpacked into a nameless file in `spill` first, by pieces.
 *
 * @throws UserError when the file cannot be opened or is damaged, or has not what it should
 */
export async function openHdf5(
  file: string,
  options: Hdf5Options,
): Promise<{ rows: FileRows; ids: string[] | null }> {
  const descriptors = [openFile(file)];
  const ids: string[] = [];
  let matrix: { descr: string; count: number; width: number; offset: number } | null = null;
  try {
    const task = taskOf(descriptors[0]!, file, options);
    for await (const [message, thread] of conversation(task, options.patience)) {
      if (message.kind === 'keys') ids.push(...message.keys);
      if (message.kind !== 'values') continue;
      matrix = { ...message, offset: message.offset ?? 0 };
      if (message.offset !== null) continue;
      descriptors.push(namelessFile(options.spill));
      thread.postMessage(descriptors[1]);
    }
    const { descr, count, width, offset } = matrix!;
    if (options.keys !== null) requireDistinct(ids, options.keys, file);
    const layout = layoutOf(descr, [count, width], offset, file);
    const rows = new FileRows(descriptors.pop()!, layout, file, count, width);
    return { rows, ids: options.keys === null ? null : ids };
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

/** Number of rows of the data set of vectors in an HDF5 file. */
export async function countHdf5(file: string, values: string): Promise<number> {
  const descriptor = openFile(file);
  try {
    const task = taskOf(descriptor, file, { values, keys: null, clips: undefined, spill: '' });
    for await (const [message] of conversation(task)) if (message.kind === 'values') return message.count;
    throw damaged(file, 'the HDF5 library said nothing');
  } finally {
    closeSync(descriptor);
  }
}

function taskOf(descriptor: number, file: string, options: Hdf5Options): Hdf5Task {
  requireSignature(descriptor, file);
  const { dev, ino } = fstatSync(descriptor, { bigint: true });
  const { values, keys, clips, spill } = options;
  return { file, descriptor, identity: { dev, ino }, values, keys, clips, spill };
}

/** Starts a thread, gives what it answers, and ends it. */
async function* conversation(task: Hdf5Task, patience = PATIENCE_MS): AsyncGenerator<[Hdf5Answer, Worker]> {
  // The built file, also when these sources are run by the tests.
  const script = fileURLToPath(new URL('../../../dist/data/readers/hdf5Thread.js', import.meta.url));
  // What the library prints is kept from the terminal.
  const thread = new Worker(script, { workerData: task, execArgv: [], stdout: true, stderr: true });
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), patience);
  try {
    for await (const [answer] of on(thread, 'message', { signal: silence.signal, close: ['exit'] })) {
      timer.refresh();
      const message = answer as Hdf5Answer;
      if (message.kind === 'failed') throw new UserError(message.problem, message.fix, { file: task.file });
      if (message.kind === 'done') return;
      yield [message, thread];
    }
    throw damaged(task.file, 'the HDF5 library ended while it read it');
  } catch (error) {
    throw silence.signal.aborted
      ? damaged(task.file, 'the HDF5 library does not come to an end with it')
      : error;
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}

function damaged(file: string, problem: string): UserError {
  return new UserError(problem, 'The file is damaged: copy or download it again.', { file });
}

/** It stands at the beginning, or behind a block of the user's at 512, 1024, 2048 and so on. */
function requireSignature(descriptor: number, file: string): void {
  const { size } = fstatSync(descriptor);
  if (size === 0) throw new UserError('the file is empty', 'Copy or download it again.', { file });
  const found = Buffer.alloc(SIGNATURE.length);
  for (let at = 0; at < size; at = Math.max(512, 2 * at)) {
    readSync(descriptor, found, 0, found.length, at);
    if (found.equals(SIGNATURE)) return;
  }
  throw new UserError('not an HDF5 file', 'Write it with h5py, or download it again.', { file });
}

/** A file that is gone as soon as it is closed, in whatever way this process ends. */
function namelessFile(folder: string): number {
  try {
    mkdirSync(folder, { recursive: true });
    const path = unfinishedPath(join(folder, 'array'));
    const descriptor = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    return descriptor;
  } catch (error) {
    throw explainWriteFailure(error, folder);
  }
}

function requireDistinct(ids: readonly string[], name: string, file: string): void {
  if (ascend(ids) || new Set(ids).size === ids.length) return;
  const first = new Map<string, number>();
  for (const [row, id] of ids.entries()) {
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, row);
    else {
      throw new UserError(
        `${name} has ${id} twice, for rows ${earlier} and ${row}`,
        'Leave one row of each.',
        { file },
      );
    }
  }
}

/** In the order of natural numbers, each after the one before: so all differ, which a set of millions tells slowly. */
function ascend(ids: readonly string[]): boolean {
  for (let i = 1; i < ids.length; i++) {
    const [a, b] = [ids[i - 1]!, ids[i]!];
    if (b.length < a.length || (b.length === a.length && b <= a)) return false;
  }
  return true;
}

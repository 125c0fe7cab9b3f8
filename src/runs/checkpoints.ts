import { copyFile, type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  decodeSafetensors,
  encodeSafetensors,
  explainWriteFailure,
  type TensorData,
  UserError,
  writeFileAtomically,
} from '../base/index.js';
import { explainReadFailure } from './json.js';

/** Tensors by name, row-major, and whatever JSON is needed to go on from here. */
export interface Checkpoint {
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: TensorData }>;
  readonly meta: Readonly<Record<string, unknown>>;
}

/** Bytes of each stream that belong to a checkpoint. */
export interface StreamLengths {
  readonly metrics: number;
  readonly events: number;
}

interface SavedCheckpoint extends Checkpoint {
  readonly streams: StreamLengths;
}

export type CheckpointKind = 'last' | 'best';

/** The folder `checkpoints/` of a run: `last`, the good one before it as `previous`, and `best`. */
export class Checkpoints {
  constructor(private readonly folder: string) {}

  file(kind: CheckpointKind | 'previous'): string {
    return join(this.folder, `${kind}.safetensors`);
  }

  async save(kind: CheckpointKind, checkpoint: Checkpoint, streams: StreamLengths): Promise<void> {
    const tensors = [...checkpoint.tensors].map(([name, { shape, data }]) => ({ name, shape, data }));
    const contents = encodeSafetensors(tensors, {
      meta: JSON.stringify(checkpoint.meta),
      streams: JSON.stringify(streams),
    });
    if (kind === 'best') return writeFileAtomically(this.file('best'), contents);
    const next = join(this.folder, 'next.safetensors');
    await writeFileAtomically(next, contents);
    try {
      await this.keepPrevious();
      await rename(next, this.file('last'));
    } catch (error) {
      throw explainWriteFailure(error, this.file('last'));
    }
  }

  /**
   * Null where there is none yet.
   *
   * @throws UserError when the file is damaged, or `last` was taken away; the message names the last good one and
   * how to use it
   */
  async load(kind: CheckpointKind): Promise<SavedCheckpoint | null> {
    const file = this.file(kind);
    const contents = await readLargeFile(file);
    if (!contents) {
      const isLost = kind === 'last' && (await this.isGood('previous'));
      return isLost ? this.refuse(kind, 'the file is missing') : null;
    }
    try {
      return decode(contents, file);
    } catch (error) {
      if (error instanceof UserError) return this.refuse(kind, error.problem);
      throw error;
    }
  }

  /** `last` gets a second name before it is replaced, so that there is a `last` at every moment. */
  private async keepPrevious(): Promise<void> {
    const [last, previous] = [this.file('last'), this.file('previous')];
    const staged = `${previous}.tmp`;
    await rm(staged, { force: true });
    try {
      // A second name costs nothing; some file systems have none.
      await link(last, staged).catch(() => copyFile(last, staged));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // the first save
      throw error;
    }
    await rename(staged, previous);
  }

  private async isGood(kind: CheckpointKind | 'previous'): Promise<boolean> {
    try {
      const contents = await readLargeFile(this.file(kind));
      if (!contents) return false;
      decode(contents, this.file(kind));
      return true;
    } catch {
      return false;
    }
  }

  private async refuse(kind: CheckpointKind, problem: string): Promise<never> {
    throw new UserError(problem, await this.remedy(kind), { file: this.file(kind) });
  }

  private async remedy(damaged: CheckpointKind): Promise<string> {
    const run = quoted(dirname(this.folder));
    if (damaged === 'last' && (await this.isGood('previous'))) {
      const previous = quoted(this.file('previous'));
      const copy = `cp ${previous} ${quoted(this.file('last'))}`;
      return `The last good one is ${previous}. To go on from there: ${copy} && mvrec train --resume ${run}`;
    }
    const other = damaged === 'last' ? 'best' : 'last';
    return (await this.isGood(other))
      ? `The last good one is ${quoted(this.file(other))}: mvrec eval ${run} --checkpoint ${other}`
      : 'No other checkpoint of this run is good; start the run anew.';
  }
}

/** @throws UserError where the bytes are not a whole checkpoint of a run */
function decode(contents: Uint8Array, file: string): SavedCheckpoint {
  const { tensors, metadata, verified } = decodeSafetensors(contents, file);
  const { meta, streams } = metadata;
  if (!verified || meta === undefined || streams === undefined) {
    throw new UserError('the file is damaged or no checkpoint of a run', undefined, { file });
  }
  return {
    tensors,
    meta: JSON.parse(meta) as Checkpoint['meta'],
    streams: JSON.parse(streams) as StreamLengths,
  };
}

/** A path as a shell takes it. */
const quoted = (path: string): string =>
  /^[\w./:@%+,=-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;

/** `readFile` refuses files of 2 GiB, which a few million rows with their moments exceed. Null where there is none. */
async function readLargeFile(path: string): Promise<Uint8Array | null> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw explainReadFailure(error, path);
  }
  try {
    const contents = Buffer.allocUnsafeSlow((await file.stat()).size);
    let filled = 0;
    while (filled < contents.length) {
      const chunk = Math.min(contents.length - filled, 1 << 30);
      const { bytesRead } = await file.read(contents, filled, chunk, filled);
      if (bytesRead === 0) break; // cut off while we read; the checksum will tell
      filled += bytesRead;
    }
    return contents.subarray(0, filled);
  } finally {
    await file.close();
  }
}

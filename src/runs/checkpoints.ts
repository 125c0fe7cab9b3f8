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
   * @throws UserError when the file is damaged; the message names the best undamaged one and how to use it
   */
  async load(kind: CheckpointKind): Promise<(Checkpoint & { readonly streams: StreamLengths }) | null> {
    try {
      return await this.read(kind);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(error.problem, await this.remedy(kind), error.place);
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

  private async read(kind: CheckpointKind | 'previous') {
    const file = this.file(kind);
    const contents = await readLargeFile(file);
    if (!contents) return null;
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

  private async remedy(damaged: CheckpointKind): Promise<string> {
    const run = dirname(this.folder);
    const isGood = async (kind: CheckpointKind | 'previous'): Promise<boolean> =>
      (await this.read(kind).catch(() => null)) !== null;
    if (damaged === 'last' && (await isGood('previous'))) {
      const copy = `cp ${this.file('previous')} ${this.file('last')}`;
      return `The last good one is ${this.file('previous')}. To go on from there: ${copy} && mvrec train --resume ${run}`;
    }
    const other = damaged === 'last' ? 'best' : 'last';
    return (await isGood(other))
      ? `The last good one is ${this.file(other)}: mvrec eval ${run} --checkpoint ${other}`
      : 'No other checkpoint of this run is good; start the run anew.';
  }
}

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

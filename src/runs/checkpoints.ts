import { copyFile, link, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  encodeSafetensors,
  explainWriteFailure,
  openSafetensors,
  type SafetensorsFile,
  type TensorData,
  UserError,
  writeFileAtomically,
} from '../base/index.js';
import { explainReadFailure } from './json.js';

/** Arrays by name, row-major. */
export type NamedTensors = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: TensorData }
>;

/** Tensors and whatever JSON is needed to go on from here. */
export interface Checkpoint {
  readonly tensors: NamedTensors;
  readonly meta: Readonly<Record<string, unknown>>;
}

/** Bytes of each stream that belong to a checkpoint. */
export interface StreamLengths {
  readonly metrics: number;
  readonly events: number;
}

/** A whole checkpoint on disk, open for as long as it is used. */
export interface SavedCheckpoint {
  readonly names: readonly string[];
  /** Throws a RangeError where there is no tensor of that name. */
  shape(name: string): readonly number[];
  readonly meta: Readonly<Record<string, unknown>>;
  readonly streams: StreamLengths;
  /**
   * Reads the tensors of the same names into the arrays, one by one, so that nothing is in memory twice. Throws a
   * RangeError that names a missing or wrongly shaped one before anything is read.
   */
  readInto(arrays: NamedTensors): Promise<void>;
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
   * Opens a checkpoint whose checksum is right, for as long as `use` takes; null where there is none yet.
   *
   * @throws UserError when the file is damaged, or `last` was taken away; the message names the last good one and
   * how to use it
   */
  async load<T>(kind: CheckpointKind, use: (checkpoint: SavedCheckpoint) => Promise<T>): Promise<T | null> {
    const found = await this.open(kind);
    if (!found) return null;
    try {
      return await use(found.checkpoint);
    } finally {
      await found.file.close();
    }
  }

  private async open(kind: CheckpointKind): Promise<OpenCheckpoint | null> {
    const file = this.file(kind);
    try {
      return await openCheckpoint(file);
    } catch (error) {
      if (error instanceof UserError) return this.refuse(kind, error.problem);
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw explainReadFailure(error, file);
    }
    const isLost = kind === 'last' && (await this.isGood('previous'));
    return isLost ? this.refuse(kind, 'the file is missing') : null;
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
      const { file } = await openCheckpoint(this.file(kind));
      await file.close();
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

interface OpenCheckpoint {
  readonly checkpoint: SavedCheckpoint;
  readonly file: SafetensorsFile;
}

/** @throws UserError where the file is not a whole checkpoint of a run; errors of the system as they are */
async function openCheckpoint(path: string): Promise<OpenCheckpoint> {
  const file = await openSafetensors(path);
  const { meta, streams } = file.metadata;
  if (!file.verified || meta === undefined || streams === undefined) {
    await file.close();
    throw new UserError('the file is damaged or no checkpoint of a run', undefined, { file: path });
  }
  const checkpoint = {
    names: file.names,
    shape: (name: string) => file.shape(name),
    meta: JSON.parse(meta) as Checkpoint['meta'],
    streams: JSON.parse(streams) as StreamLengths,
    readInto: (arrays: NamedTensors) => readInto(arrays, file),
  };
  return { checkpoint, file };
}

async function readInto(arrays: NamedTensors, file: SafetensorsFile): Promise<void> {
  for (const [name, { shape, data }] of arrays) {
    const saved = file.shape(name);
    if (saved.length !== shape.length || saved.some((side, axis) => side !== shape[axis])) {
      throw new RangeError(`${name} is [${saved}] instead of [${shape}]`);
    }
    file.requireFits(name, data);
  }
  for (const [name, { data }] of arrays) await file.read(name, data);
}

/** A path as a shell takes it. */
const quoted = (path: string): string =>
  /^[\w./:@%+,=-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;

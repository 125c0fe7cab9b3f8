import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InterruptedError, WriteError } from './errors.js';

/**
 * Writes a file whole or not at all: into a neighbour first, flushed to disk, then renamed over the target.
 * Parent folders are made. A failure leaves what was there before.
 *
 * @throws UserError when the disk is full or the place is not writable
 */
export async function writeFileAtomically(
  path: string,
  contents: string | Uint8Array | readonly Uint8Array[],
): Promise<void> {
  const parts = typeof contents === 'string' || contents instanceof Uint8Array ? [contents] : contents;
  await replaceAtomically(path, async (temporary) => {
    const file = await open(temporary, 'w');
    try {
      for (const part of parts) await file.writeFile(part);
    } finally {
      await file.close();
    }
  });
}

/**
 * The same for writers that want a path: `write` fills the (empty) neighbour that it is given.
 *
 * @throws UserError when the disk is full or the place is not writable
 */
export async function replaceAtomically(
  path: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, 'wx');
    try {
      await write(temporary);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}); // the first failure tells more
    throw explainWriteFailure(error, path);
  }
}

/** Turns the operating system's word about a failed write into one that says what to do; other errors pass through. */
export function explainWriteFailure(error: unknown, path: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  // DuckDB's errors have the system's words, but no code.
  switch (code ?? (/No space left on device/.test(message) ? 'ENOSPC' : undefined)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new WriteError(`no space left to write ${path}`, 'Free some space and run the command again.');
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new WriteError(
        `no permission to write ${path}`,
        'Choose another folder or change its permissions.',
      );
    case 'EISDIR':
      return new WriteError(`${path} is a folder`, 'Name a file.');
    case 'ENOENT':
      return new WriteError(`${path} cannot be made`, 'Choose another folder.');
    case 'ENOTDIR':
    case 'EEXIST':
      return new WriteError(`${dirname(path)} is not a folder`, 'Choose another folder.');
    default:
      return error;
  }
}

/**
 * Hex digest of a file's bytes, read as a stream.
 *
 * @param file path, or descriptor of an open file, which stays open
 * @throws InterruptedError once the signal is aborted
 */
export async function hashFile(
  file: string | number,
  algorithm: 'sha256' | 'md5' = 'sha256',
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm);
  const opened = typeof file === 'number' ? { fd: file, start: 0, autoClose: false } : {};
  const stream = createReadStream(typeof file === 'number' ? '' : file, {
    highWaterMark: 2 ** 20,
    ...opened,
  });
  for await (const chunk of stream) {
    if (signal?.aborted) throw new InterruptedError();
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

/** OpenSSL takes less than 2 GiB at once. */
const HASHED_BYTES = 2 ** 30;

/** Hex SHA-256 of a text or bytes. */
export function sha256(data: string | Uint8Array): string {
  const hash = createHash('sha256');
  if (typeof data === 'string') return hash.update(data).digest('hex');
  for (let start = 0; start < data.length; start += HASHED_BYTES) {
    hash.update(data.subarray(start, start + HASHED_BYTES));
  }
  return hash.digest('hex');
}

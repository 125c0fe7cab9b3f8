import { readFile } from 'node:fs/promises';
import { UserError, writeFileAtomically } from '../base/index.js';

export async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFileAtomically(file, `${JSON.stringify(value, null, 2)}\n`);
}

/** @throws UserError when the file of a run is missing, unreadable or not JSON */
export async function readJson<T>(file: string): Promise<T> {
  const text = await readText(file);
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new UserError('the file is damaged: it is not JSON', 'Restore it, or start the run anew.', {
      file,
    });
  }
}

export async function readText(file: string): Promise<string> {
  const text = await readIfThere(file);
  if (text !== null) return text;
  throw new UserError('the file is missing from the run', 'Restore it, or start the run anew.', { file });
}

export async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw explainReadFailure(error, file);
  }
}

/** Turns the operating system's word about a failed read into one that says what to do; other errors pass through. */
export function explainReadFailure(error: unknown, file: string): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EACCES':
    case 'EPERM':
      return new UserError('no permission to read this file', 'Change its permissions.', { file });
    case 'EISDIR':
      return new UserError('this is a folder, where a file should be', 'Restore the file.', { file });
    default:
      return error;
  }
}

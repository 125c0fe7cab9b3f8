import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../base/index.js';

const STAMPS = 'stamps.json';

const stampSchema = z.object({ bytes: z.int(), modifiedMs: z.int() });
const stampsSchema = z.record(z.string(), stampSchema);

/** Size and time of change of a file: when both are as they were, its bytes are taken to be. */
export type Stamp = z.output<typeof stampSchema>;

export async function stamp(file: string): Promise<Stamp> {
  return stampOf(await stat(file));
}

export function stampOf({ size, mtimeMs }: Stats): Stamp {
  return { bytes: size, modifiedMs: Math.round(mtimeMs) };
}

/** Stamps of the vector files of a store folder, by path, from when their bytes were last hashed. */
export async function readStamps(folder: string): Promise<Readonly<Record<string, Stamp>>> {
  try {
    return stampsSchema.parse(JSON.parse(await readFile(join(folder, STAMPS), 'utf8')));
  } catch {
    return {}; // none, or not ours: the files are hashed
  }
}

export async function writeStamps(folder: string, stamps: Readonly<Record<string, Stamp>>): Promise<void> {
  await writeFileAtomically(join(folder, STAMPS), `${JSON.stringify(stamps, null, 2)}\n`);
}

/** Arrays that the comparison has written for both sides. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeNpy } from '../../dist/base/index.js';
import { settings } from './side.mjs';

/** The arrays of those names. */
export function load(...names) {
  return Promise.all(
    names.map(async (name) => decodeNpy(await readFile(join(settings.folder, `${name}.npy`)), name).data),
  );
}

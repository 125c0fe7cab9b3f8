/**
 * A log of MicroVideo-1.7M's shape for both sides, as .npy files: users of very different activity (816 impressions
 * and 160 clicks on average, exponential, so that two thirds have fewer), candidates from all over a catalogue with
 * 512-d features and 512 categories.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeNpy, randomStream } from '../../dist/base/index.js';

export const FEATURE_WIDTH = 512;
export const CATEGORIES = 512;
const CLICKS = 160;

/** @param {{ users: number, items: number, pairsPerUser: number }} size */
export async function writeThacilInputs(folder, { users, items, pairsPerUser }) {
  const random = randomStream('bench', 'thacil');
  const offsets = new Int32Array(users + 1);
  for (let u = 0; u < users; u++) {
    const rows = Math.max(2, Math.round(-pairsPerUser * Math.log(1 - random.uniform())));
    offsets[u + 1] = offsets[u] + rows;
  }
  const rows = offsets[users];
  const item = Int32Array.from({ length: rows }, () => random.int(items));
  const label = Float32Array.from({ length: rows }, () => (random.uniform() < CLICKS / pairsPerUser ? 1 : 0));
  const category = Int32Array.from({ length: items }, () => random.int(CATEGORIES));
  // Deviation 1, as standardised features have.
  const features = Float32Array.from(
    { length: items * FEATURE_WIDTH },
    () => 3.464 * (random.uniform() - 0.5),
  );
  const save = (name, data, shape = [data.length]) =>
    writeFile(join(folder, `${name}.npy`), encodeNpy(data, shape));
  await save('offsets', offsets);
  await save('item', item);
  await save('label', label);
  await save('category', category);
  await save('features', features, [items, FEATURE_WIDTH]);
}

/**
 * A log for both sides, as .npy files: users of very different activity (exponential, so that two thirds have fewer
 * impressions than on average), candidates from all over a catalogue with 512-d features and 512 categories.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeNpy, randomStream } from '../../dist/base/index.js';

export const FEATURE_WIDTH = 512;
export const CATEGORIES = 512;

/**
 * Of each user, in time order, rows of the train part and after them those of the test part, whose items are others
 * (`test` is 1 for them).
 *
 * @param size users, items, and a user's impressions and clicks on average: `pairsPerUser`, `clicks`; `test`: items
 *   and impressions of the test part
 */
export async function writeThacilInputs(folder, { users, items, pairsPerUser, clicks, test }) {
  const random = randomStream('bench', 'thacil');
  const offsets = [0];
  const item = [];
  const label = [];
  const isTest = [];
  for (let u = 0; u < users; u++) {
    const activity = -Math.log(1 - random.uniform());
    for (let left = Math.max(2, Math.round(pairsPerUser * activity)); left > 0; left--) {
      item.push(random.int(items));
      label.push(random.uniform() < clicks / pairsPerUser ? 1 : 0);
      isTest.push(0);
    }
    const rows = test ? Math.max(1, Math.round(test.pairsPerUser * activity)) : 0;
    for (let left = rows; left > 0; left--) {
      item.push(items + random.int(test.items));
      label.push(random.int(2));
      isTest.push(1);
    }
    offsets.push(item.length);
  }
  const all = items + (test?.items ?? 0);
  const category = Int32Array.from({ length: all }, () => random.int(CATEGORIES));
  // Deviation 1, as standardised features have.
  const features = Float32Array.from({ length: all * FEATURE_WIDTH }, () => 3.464 * (random.uniform() - 0.5));
  const save = (name, data, shape = [data.length]) =>
    writeFile(join(folder, `${name}.npy`), encodeNpy(data, shape));
  await save('offsets', Int32Array.from(offsets));
  await save('item', Int32Array.from(item));
  await save('label', Float32Array.from(label));
  await save('test', Int32Array.from(isTest));
  await save('category', category);
  await save('features', features, [all, FEATURE_WIDTH]);
}

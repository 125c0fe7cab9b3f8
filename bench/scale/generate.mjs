/**
 * Writes a simulated log of a published log's size as plain source files, without ever holding it:
 *
 *   node bench/scale/generate.mjs microvideo|kuaishou FOLDER [SCALE] [SEED]
 *
 * FOLDER gets log.csv, vectors.npy (row i belongs to line i of ids.txt) and generated.json (counts). A function of
 * its arguments alone. Build the project first.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOf, npyHeader, randomStream } from '../../dist/base/index.js';
import { makeCatalogue } from '../../dist/data/world/catalogue.js';
import { simulateUser } from '../../dist/data/world/simulate.js';
import { atScale, scaleWorlds } from './worlds.mjs';

const [name, folder, scale = '1', seed = '1'] = process.argv.slice(2);
const world = scaleWorlds[name];
if (!world || !folder) {
  process.stderr.write('usage: node bench/scale/generate.mjs microvideo|kuaishou FOLDER [SCALE] [SEED]\n');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const size = atScale(world.size, Number(scale));
const catalogue = makeCatalogue(size, Number(seed));
const counts = writeLog(join(folder, 'log.csv'));
writeIds(join(folder, 'ids.txt'));
writeVectors(join(folder, 'vectors.npy'), world.vectorWidth);
const summary = { simulated: true, world: name, scale: Number(scale), seed: Number(seed), ...counts };
writeFileSync(join(folder, 'generated.json'), `${JSON.stringify(summary, null, 2)}\n`);
process.stdout.write(`${JSON.stringify(summary)}\n`);

/** Identifiers that are not row numbers, as in real logs. */
function idOf(item) {
  return 1000003 + 7 * item;
}

function writeLog(path) {
  const { labels, category } = world;
  const file = openSync(path, 'w');
  writeSync(file, `user_id,video_id,timestamp,${labels.join(',')}${category ? ',category' : ''}\n`);
  const columns = { is_click: 'click', is_like: 'like', is_follow: 'follow' };
  const shown = new Uint8Array(size.items);
  const categoryOf = catalogue.features.categories.category.values;
  let rows = 0;
  let clicks = 0;
  for (let user = 0; user < size.users; user++) {
    let text = '';
    simulateUser(user, size, catalogue, randomStream(Number(seed), 'world', 'user', user), (row) => {
      text += `${user},${idOf(row.item)},${row.time}`;
      for (const label of labels) text += row[columns[label]] === 1 ? ',1' : ',0';
      text += category ? `,${categoryOf[row.item]}\n` : '\n';
      shown[row.item] = 1;
      rows++;
      clicks += row.click;
    });
    writeSync(file, text);
  }
  closeSync(file);
  const items = shown.reduce((sum, one) => sum + one, 0);
  return { users: size.users, items, rows, clicks };
}

function writeIds(path) {
  const file = openSync(path, 'w');
  for (let start = 0; start < size.items; start += 65536) {
    let text = '';
    for (let item = start; item < Math.min(size.items, start + 65536); item++) text += `${idOf(item)}\n`;
    writeSync(file, text);
  }
  closeSync(file);
}

/** A linear view of each video's content plus noise, which is drawn from one long table at a place of the video's own. */
function writeVectors(path, width) {
  const { content, latent } = catalogue;
  const random = randomStream(Number(seed), 'world', 'vectors');
  const view = Float64Array.from({ length: width * latent }, () => random.normal() / Math.sqrt(latent));
  const noise = Float64Array.from({ length: 2 ** 20 }, () => size.coverNoise * random.normal());
  const file = openSync(path, 'w');
  writeSync(file, npyHeader('<f4', [size.items, width]));
  const step = 4096;
  for (let start = 0; start < size.items; start += step) {
    const count = Math.min(step, size.items - start);
    const rows = new Float32Array(count * width);
    for (let i = 0; i < count; i++) {
      const at = (start + i) * latent;
      const place = random.int(noise.length);
      for (let w = 0; w < width; w++) {
        let value = noise[(place + w) & (noise.length - 1)];
        for (let d = 0; d < latent; d++) value += view[w * latent + d] * content[at + d];
        rows[i * width + w] = value;
      }
    }
    writeAll(file, bytesOf(rows));
  }
  closeSync(file);
}

function writeAll(file, bytes) {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

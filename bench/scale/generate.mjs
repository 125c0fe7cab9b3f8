/**
 * Writes the log of a simulated world of published size as plain source files, without ever holding it:
 *
 *   node bench/scale/generate.mjs microvideo|kuaishou FOLDER [SCALE] [SEED]
 *
 * FOLDER gets log.csv, vectors.npy (row i belongs to line i of ids.txt) and generated.json (counts). A function of
 * its arguments alone. Build the project first.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOf, npyHeader, range } from '../../dist/base/index.js';
import { itemFeatures, World } from '../../dist/data/index.js';
import { publishedLogs } from './logs.mjs';

const [name, folder, scale = '1', seed = '1'] = process.argv.slice(2);
const log = publishedLogs[name];
if (!log || !folder) {
  process.stderr.write('usage: node bench/scale/generate.mjs microvideo|kuaishou FOLDER [SCALE] [SEED]\n');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const spec = { world: name, scale: Number(scale), seed: Number(seed) };
const world = new World(spec);
const { users, items } = world.knobs;
const { cover } = itemFeatures(world).vectors;
const counts = writeLog(join(folder, 'log.csv'));
writeIds(join(folder, 'ids.txt'));
writeVectors(join(folder, 'vectors.npy'));
const summary = { simulated: true, ...spec, ...counts };
writeFileSync(join(folder, 'generated.json'), `${JSON.stringify(summary, null, 2)}\n`);
process.stdout.write(`${JSON.stringify(summary)}\n`);

/** Identifiers that are not row numbers, as in real logs. */
function idOf(item) {
  return 1000003 + 7 * item;
}

function writeLog(path) {
  const { labels, category } = log;
  const file = openSync(path, 'w');
  writeSync(file, `user_id,video_id,timestamp,${labels.join(',')}${category ? ',category' : ''}\n`);
  const columns = { is_click: 'click', is_like: 'like', is_follow: 'follow' };
  const shown = new Uint8Array(items);
  let rows = 0;
  let clicks = 0;
  for (let user = 0; user < users; user++) {
    let text = '';
    world.live(user, (row) => {
      text += `${user},${idOf(row.item)},${row.time}`;
      for (const label of labels) text += row[columns[label]] === 1 ? ',1' : ',0';
      text += category ? `,${world.catalogue.category[row.item]}\n` : '\n';
      shown[row.item] = 1;
      rows++;
      clicks += row.click;
    });
    writeSync(file, text);
  }
  closeSync(file);
  return { users, items: shown.reduce((sum, one) => sum + one, 0), rows, clicks };
}

function writeIds(path) {
  const file = openSync(path, 'w');
  for (let start = 0; start < items; start += 65536) {
    let text = '';
    for (let item = start; item < Math.min(items, start + 65536); item++) text += `${idOf(item)}\n`;
    writeSync(file, text);
  }
  closeSync(file);
}

function writeVectors(path) {
  const file = openSync(path, 'w');
  writeSync(file, npyHeader('<f4', [items, cover.width]));
  const step = 4096;
  for (let start = 0; start < items; start += step) {
    writeAll(file, bytesOf(cover.rows(range(start, Math.min(items, start + step)))));
  }
  closeSync(file);
}

function writeAll(file, bytes) {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

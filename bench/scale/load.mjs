/** Opens a store as a run does and says what each part of that takes: node bench/scale/load.mjs STORE SPLIT (JSON). */
import { loadStore, prepare } from '../../dist/data/index.js';

const [folder, split] = process.argv.slice(2);
const began = performance.now();
const store = await loadStore(folder);
const loaded = performance.now();
const data = prepare(store, { label: 'is_click', split: JSON.parse(split) });
const prepared = performance.now();
const count = (part) => data.split[part].length;
process.stdout.write(
  `${JSON.stringify({
    loadSeconds: (loaded - began) / 1000,
    prepareSeconds: (prepared - loaded) / 1000,
    users: store.userIds.length,
    items: store.itemIds.length,
    rows: store.interactions.rows,
    train: count('train'),
    validation: count('validation'),
    test: count('test'),
  })}\n`,
);

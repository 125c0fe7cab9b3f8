/** A log from CSV files into a store on the disk, with its histories; what an import prints is not in it. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { importInto, parseCard } from '../../dist/data/index.js';
import { serve, settings } from './side.mjs';

const cards = {
  repeating: {
    files: { train: { path: 'train.csv', part: 'train' }, test: { path: 'test.csv', part: 'test' } },
    interactions: {
      file: ['train', 'test'],
      user: 'user_id',
      item: 'item_id',
      time: 'timestamp',
      columns: ['is_click', 'is_like', 'is_follow'],
      histories: { pos_items: { column: 'pos_items' }, neg_items: { column: 'neg_items' } },
    },
  },
  plain: {
    files: { log: { path: 'plain.csv' } },
    interactions: { file: 'log', user: 'user_id', item: 'item_id', time: 'timestamp', columns: ['is_click'] },
    items: { categories: { category: { column: 'cate_id' } } },
  },
};

await serve(async () => {
  const { folder, layout } = settings;
  const card = parseCard(JSON.stringify({ name: layout, title: layout, ...cards[layout] }), 'card');
  return {
    device: 'CPU',
    run: async () => {
      const into = join(folder, `store-${process.pid}`);
      rmSync(into, { recursive: true, force: true });
      const { store } = await importInto(card, folder, into, { dataDir: folder });
      const { rows } = store.interactions;
      return { examples: rows, checks: { rows } };
    },
  };
});

import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { randomStream } from '../../dist/base/index.js';

/**
 * A log in the layout of KuaiVideo_x1, in which each row repeats the user's first 100 positives and negatives before it:
 * train.csv and test.csv. The content is made up.
 */
function writeRepeating(folder, { quick }) {
  const sizes = quick
    ? { users: 100, train: 9_000, test: 1_000 }
    : { users: 1_000, train: 450_000, test: 50_000 };
  const random = randomStream('bench', 'import');
  const seen = Array.from({ length: sizes.users }, () => [[], []]);
  let time = 0;
  for (const part of ['train', 'test']) {
    writeLines(
      join(folder, `${part}.csv`),
      'timestamp,user_id,item_id,is_click,is_like,is_follow,pos_items,neg_items',
      () => {
        const user = random.int(sizes.users);
        const item = Math.floor(100_000 * random.uniform() ** 2);
        const click = random.uniform() < 0.2 ? 1 : 0;
        const [positives, negatives] = seen[user];
        const row = `${time++},${user},${item},${click},0,0,${positives.slice(0, 100).join('^')},${negatives.slice(0, 100).join('^')}`;
        seen[user][1 - click].push(item);
        return row;
      },
      sizes[part],
    );
  }
}

/** A log in the layout of MicroVideo-1.7M's train_data.csv: plain columns. */
function writePlain(folder, { quick }) {
  const random = randomStream('bench', 'import', 'plain');
  writeLines(
    join(folder, 'plain.csv'),
    'user_id,item_id,cate_id,is_click,timestamp',
    () => {
      const item = Math.floor(985_000 * random.uniform() ** 1.5);
      return `${random.int(10_986)},${item},${item % 512},${random.uniform() < 0.2 ? 1 : 0},${1_500_000_000 + random.int(2_000_000)}`;
    },
    quick ? 10_000 : 2_000_000,
  );
}

function writeLines(path, header, line, count) {
  const file = openSync(path, 'w');
  writeSync(file, `${header}\n`);
  for (let done = 0; done < count; ) {
    let text = '';
    for (const end = Math.min(count, done + 10_000); done < end; done++) text += `${line()}\n`;
    writeSync(file, text);
  }
  closeSync(file);
}

const row = (layout, what) => ({
  name: layout,
  what,
  against: "FuxiCTR's preprocessing (csv to parquet)",
  unit: 'rows/s',
  ours: { script: 'ours/import.mjs', settings: { layout } },
  theirs: { script: 'theirs/preprocess.py', venv: 'fuxictr', settings: { layout } },
  agree: { rows: 0 },
});

export const importing = {
  name: 'import',
  seconds: 100,
  about: 'a log from CSV files to what training reads',
  prepare(folder, options) {
    writeRepeating(folder, options);
    writePlain(folder, options);
  },
  rows: [
    row('repeating', '0.5 M rows, two histories of up to 100 in each'),
    row('plain', '2 M rows of five plain columns'),
  ],
};

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { effort, runBin, temporaryFolder } from '../support/index.js';
import { runHere } from '../support/runHere.js';

const folder = temporaryFolder();
const dataDir = join(folder, 'data');
const options = {
  cwd: folder,
  env: { MVREC_DATA_DIR: dataDir, MVREC_RESULTS_DIR: join(folder, 'results'), MVREC_ENGINE: 'wasm' },
  timeout: 120_000,
};

describe('mvrec init on a file', () => {
  // 20 users, 37 videos of 5 topics, a third of the rows clicked; or no more than who and what.
  const rows = Array.from({ length: 600 }, (_, i) => ({ user: i % 20, video: (i * 11) % 37, i }));
  const impressions = rows.map(
    ({ user, video, i }) => `${user},v${video},${video % 5},${i % 3 === 0 ? 1 : 0},${1_600_000_000 + i}\n`,
  );
  it.each([
    ['my.csv', `user_id,video_id,topic,is_click,timestamp\n${impressions.join('')}`, 'thacil', runBin],
    [
      'pairs.tsv',
      `user\titem\n${rows.map(({ user, video }) => `${user}\t${video}\n`).join('')}`,
      'bpr',
      runHere,
    ],
  ])('of the kind of %s makes an experiment that runs', async (file, text, model, run) => {
    writeFileSync(join(folder, file), text);
    const made = await run(['init', '--data', file, '--out', model], options);
    expect(made.stdout).toContain(`wrote ${model}/experiment.yaml: ${model} on `);
    const { code, stdout } = await run(['train', `${model}/experiment.yaml`, '--json'], options);
    expect(code).toBe(0);
    expect(Object.values(JSON.parse(stdout).metrics.test)).toContainEqual(expect.any(Number));
  });
});

it('a user and an item that training never meets score as unknown ones do', async () => {
  // BPR with logged negatives: `lone` clicks nothing in train, and nobody else is shown `solo`.
  const rows = Array.from(
    { length: 120 },
    (_, i) => `u${i % 8},i${(i * 7) % 15},${i},${i % 3 === 0 ? 1 : 0}`,
  );
  const lone = Array.from(
    { length: 12 },
    (_, i) => `lone,${i % 3 === 0 ? 'solo' : `i${i}`},${200 + i},${i === 11 ? 1 : 0}`,
  );
  writeFileSync(join(folder, 'lone.csv'), `user,item,time,click\n${[...rows, ...lone].join('\n')}\n`);
  const card = `name: lone
title: A user alone
files: { log: { path: lone.csv } }
interactions: { file: log, user: user, item: item, time: time, columns: { click: { column: click } } }
`;
  writeFileSync(join(folder, 'lone.card.yaml'), card);
  const experiment = `data:
  source: { card: lone.card.yaml, from: . }
  label: click
  split: { kind: time, scope: user, train: 0.75, validation: 0.1 }
model: { name: bpr, factors: 4 }
train: { epochs: 1, negatives: { kind: logged, ratio: 1 }, selectOn: last }
evaluate: { metrics: [auc, logloss] }
`;
  writeFileSync(join(folder, 'lone.yaml'), experiment);
  expect(await runHere(['train', 'lone.yaml'], options)).toMatchObject({ code: 0 });
  await runHere(['eval', 'lone/latest', '--predictions', 'lone.scores.csv'], options);
  const lines = readFileSync(join(folder, 'lone.scores.csv'), 'utf8').trim().split('\n');
  const score = (line: string) => Number(line.split(',').at(-1));
  const solo = lines.filter((line) => line.includes(',lone,solo,'));
  expect(solo.map(score)).toEqual([0.5]); // a zero vector and a bias of 0
  expect(lines.filter((line) => /,u\d,/.test(line)).every((line) => score(line) !== 0.5)).toBe(true);
});

describe('Ctrl-C during an import', () => {
  it('leaves nothing, at whatever stage, and the same command starts over', async () => {
    const lines = Array.from(
      { length: 60_000 },
      (_, i) => `${i % 5000},${(i * 7919) % 30_011},${i},${i % 2}\n`,
    );
    writeFileSync(join(folder, 'large.csv'), `user,video,time,click\n${lines.join('')}`);
    const own = join(folder, 'interrupted');
    const args = ['data', 'import', 'large.csv'];
    const env = { MVREC_DATA_DIR: own };
    const between = effort > 1 ? ['checking', 'reading the log'] : [];
    for (const stage of ['looking at', ...between, 'sorting']) {
      const { code, stdout, stderr } = await runBin(args, {
        ...options,
        env,
        onOutput: (text, kill) => text.includes(stage) && kill('SIGINT'),
      });
      expect([stage, code, stdout]).toEqual([stage, 130, '']);
      expect(stderr).toContain('stopping (Ctrl-C again to stop at once)\n');
      expect(stderr).toMatch(/\ninterrupted; start over with\n {2}mvrec data import large\.csv\n$/);
      if (existsSync(own)) expect(readdirSync(own)).toEqual([]);
      // The card is written as soon as it is known.
      expect(existsSync(join(folder, 'large.card.yaml'))).toBe(stage !== 'looking at');
    }
    const done = await runBin([...args, '--json'], { ...options, env });
    expect(JSON.parse(done.stdout)).toMatchObject({ users: 5000, items: 30_011, rows: 60_000 });
    expect(readdirSync(own)).toEqual(['large']);
  });
});

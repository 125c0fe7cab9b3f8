import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomStream } from '../../src/base/index.js';
import { type BinResult, runBin, temporaryFolder } from '../support/index.js';
import { runHere } from '../support/runHere.js';

/** 60 users in two camps, each with 6 videos of the 30 of its own: which camp a user is in can be learnt. */
function positives(): string {
  const random = randomStream('log');
  const rows = Array.from({ length: 60 }, (_, user) => {
    const videos = random.shuffle([...random.sample(30, 6)]);
    return videos.map((video) => `${user},${video + (user % 2) * 30}`);
  });
  return `user,video\n${rows.flat().join('\n')}\n`;
}

const card = `
name: camps
title: Two camps
files: { log: { path: log.csv } }
interactions: { file: log, user: user, item: video, columns: [], positives: liked }
`;
const experiment = `
name: camps
data:
  source: { card: camps.yaml, from: . }
  label: liked
  split: { kind: leaveOneOut }
model: { name: bpr, factors: 8, l2Weight: 0 }
train:
  epochs: 25
  batchSize: 32
  negatives: { kind: uniform, count: 4 }
  optimizer: { learningRate: 0.03 }
  monitor: recall@10
  patience: null
evaluate:
  candidates: { kind: catalogue }
  metrics: [recall@10, ndcg@10]
engine: { name: wasm }
`;

describe('a ranking of the catalogue', () => {
  let folder: string;
  /** In this process, and as one of its own. */
  let mvrec: (...args: string[]) => Promise<BinResult>;
  let mvrecAlone: typeof mvrec;
  beforeAll(() => {
    folder = temporaryFolder();
    writeFileSync(join(folder, 'log.csv'), positives());
    writeFileSync(join(folder, 'camps.yaml'), card);
    writeFileSync(join(folder, 'experiment.yaml'), experiment);
    const env = { MVREC_RESULTS_DIR: join(folder, 'results'), MVREC_DATA_DIR: join(folder, 'data') };
    mvrec = (...args) => runHere(args, { env });
    mvrecAlone = (...args) => runBin(args, { env, timeout: 120_000 });
  });
  const json = ({ code, stdout, stderr }: BinResult) => {
    if (code !== 0) throw new Error(`exit code ${code}\n${stderr}`);
    return JSON.parse(stdout) as {
      metrics: Record<'validation' | 'test', Record<string, number>>;
      floors: Record<string, Record<string, number>>;
      selection: object;
    };
  };

  it('is learnt from positives, chosen by its monitor, and named after its candidates', async () => {
    const { metrics, floors, selection } = json(
      await mvrecAlone('train', join(folder, 'experiment.yaml'), '--json'),
    );
    expect(Object.keys(metrics.test)).toEqual(['catalogue/recall@10', 'catalogue/ndcg@10']);
    // 10 of the 55 candidates in random order; of those who know the camp, 10 of 25.
    expect(floors.random!['catalogue/recall@10']).toBeCloseTo(10 / 55, 12);
    expect(metrics.test['catalogue/recall@10']).toBeGreaterThan(0.25);
    expect(selection).toMatchObject({ on: 'validation', monitor: 'recall@10' });
  });

  it('can be repeated, with other candidates, and written user by user', async () => {
    const catalogue = json(await mvrec('eval', 'camps/latest', '--split', 'test', '--json')).metrics.test;
    const file = join(folder, 'top.csv');
    await mvrec('eval', 'camps/latest', '--split', 'test', '--predictions', file);
    const [head, ...rows] = readFileSync(file, 'utf8').trim().split('\n');
    expect(head).toBe('split,user,rank,item,score,label');
    expect(rows).toHaveLength(60 * 10);
    const found = rows.filter((row) => row.endsWith(',1.0')).length;
    expect(found / 60).toBeCloseTo(catalogue['catalogue/recall@10']!, 12);
    const sampled = json(
      await mvrec(
        'eval',
        'camps/latest',
        '--split',
        'test',
        '--candidates',
        'sampled',
        '--metrics',
        'hr@10',
        '--json',
      ),
    );
    // A sample of all 54 items that are left is the catalogue without the user's other positives: the same list.
    expect(sampled.metrics.test).toEqual({
      'sampled1000/hr@10': expect.closeTo(catalogue['catalogue/recall@10']!, 12),
    });
  });

  it('recommends after the train part what it ranks for validation', async () => {
    const [ranked, recommended] = [join(folder, 'validation.csv'), join(folder, 'recommended.csv')];
    await mvrec('eval', 'camps/latest', '--split', 'validation', '--predictions', ranked);
    const asked = ['--at', 'train', '--top', '10', '--out', recommended];
    const { code } = await mvrec('recommend', 'camps/latest', ...asked);
    expect(code).toBe(0);
    const columns = (file: string, [user, rank, item, score]: readonly number[]): string[] =>
      readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(','))
        .map((cells) => [cells[user!], cells[rank!], cells[item!], cells[score!]].join());
    // Validation hides the positives of train, as the recommendations do, and nobody meets a video twice.
    expect(columns(recommended, [0, 1, 2, 3])).toEqual(columns(ranked, [1, 2, 3, 4]));
  });

  it('refuses metrics and files that it does not define', async () => {
    const auc = await mvrec('train', join(folder, 'experiment.yaml'), '--set', 'train.monitor=auc');
    expect([auc.code, auc.stderr]).toEqual([
      2,
      expect.stringContaining('auc is defined for logged impressions only'),
    ]);
    const file = await mvrec('eval', 'camps/latest', '--candidates', 'sampled', '--predictions', 'a.csv');
    expect([file.code, file.stderr]).toEqual([
      2,
      expect.stringContaining('sampled candidates are not written'),
    ]);
  });

  it('ranks the same candidates from a file, until that or the data change', async () => {
    const floor = ['--set', 'model={name: popularity}', '--set', 'data.filter={kCore: 2}'];
    const sampled = [...floor, '--set', 'evaluate.candidates={kind: sampled, negatives: 20, by: popularity}'];
    const file = join(folder, 'experiment.yaml');
    const lists = join(folder, 'lists.csv');
    for (const [run, out] of [
      [mvrecAlone, lists],
      [mvrec, join(folder, 'again.csv')],
    ] as const) {
      const { code, stdout } = await run('data', 'candidates', file, ...sampled.slice(2), '--out', out);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^\d+ lists, [\d,]+ candidates in all, written to /);
    }
    // Another process, the same bytes.
    expect(readFileSync(join(folder, 'again.csv'))).toEqual(readFileSync(lists));

    const drawn = json(await mvrec('train', file, ...sampled, '--name', 'drawn', '--json'));
    const given = await mvrecAlone(
      'train',
      file,
      ...floor,
      '--set',
      `evaluate.candidates={kind: file, path: ${lists}}`,
      '--name',
      'given',
      '--json',
    );
    expect(given.stderr).toMatch(/data.filter: dropped \d+ of 60 users, /);
    expect(given.stderr).toMatch(/candidates of .*lists.csv: \d+ lists for validation of 21 items/);
    const { metrics } = json(given);
    for (const part of ['validation', 'test'] as const) {
      const values = Object.fromEntries(
        Object.entries(drawn.metrics[part]).map(([name, value]) => [
          name.replace('popularity20/', 'given-lists/'),
          value,
        ]),
      );
      expect(metrics[part]).toEqual(values);
    }

    const bytes = readFileSync(lists);
    const over = await mvrec(
      'data',
      'candidates',
      file,
      ...sampled.slice(2),
      '--out',
      lists,
      '--split',
      'test',
    );
    expect([over.code, over.stderr]).toEqual([2, expect.stringContaining('lists.csv is there already')]);
    expect(readFileSync(lists)).toEqual(bytes);
    const unlisted = await mvrec('eval', 'given/latest', '--split', 'train', '--candidates', lists);
    expect([unlisted.code, unlisted.stderr]).toEqual([
      2,
      expect.stringMatching(/has no lists for train\n.*lists for validation and test: say --split/),
    ]);
    const test = await mvrecAlone('eval', 'given/latest', '--split', 'test', '--candidates', lists);
    expect([test.code, test.stderr]).toEqual([0, expect.not.stringMatching(/validation/)]);

    writeFileSync(lists, readFileSync(lists, 'utf8').trim().split('\n').slice(0, -1).join('\n'));
    const changed = await mvrec('eval', 'given/latest');
    expect([changed.code, changed.stderr]).toEqual([2, expect.stringContaining('have changed')]);
    const directory = (
      JSON.parse((await mvrec('runs', 'show', 'drawn/latest', '--json')).stdout) as { directory: string }
    ).directory;
    const experimentFile = join(directory, 'experiment.yaml');
    writeFileSync(experimentFile, readFileSync(experimentFile, 'utf8').replace('kCore: 2', 'kCore: 3'));
    const filtered = await mvrec('eval', 'drawn/latest');
    expect([filtered.code, filtered.stderr]).toEqual([2, expect.stringContaining('the data of run')]);
  });
});

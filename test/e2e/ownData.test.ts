import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { runBin, temporaryFolder } from '../support/index.js';
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
    for (const stage of ['looking at', 'checking', 'reading the log', 'sorting']) {
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

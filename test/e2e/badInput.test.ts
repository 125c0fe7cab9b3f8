import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type BinResult, binFile, itIf, runBin, temporaryFolder } from '../support/index.js';
import { runHere } from '../support/runHere.js';

const experiment = `
name: tiny
data:
  source: { world: quickstart, scale: 0.05 }
model: { name: bpr, factors: 4 }
train: { epochs: 2, batchSize: 64, checkpointSteps: 2, patience: null }
engine: { name: cpu }
`;

const folder = temporaryFolder();
const file = join(folder, 'tiny.yaml');
const dataDir = join(folder, 'data');
const template = join(folder, 'results');
const within = (resultsDir: string) => ({
  cwd: folder,
  env: { MVREC_RESULTS_DIR: resultsDir, MVREC_DATA_DIR: dataDir },
});
const mvrec = (args: readonly string[], resultsDir: string): Promise<BinResult> =>
  runHere(args, within(resultsDir));
/** As a process: for what is as much about its streams and its end. */
const mvrecAlone = (args: readonly string[], resultsDir: string): Promise<BinResult> =>
  runBin(args, { ...within(resultsDir), timeout: 90_000 });

/** Exit code 2, the message, and no stack. */
function expectRefusal({ code, stderr, stdout }: BinResult, message: string | RegExp): void {
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
  expect(stdout).toBe('');
  expect(code).toBe(2);
}

beforeAll(async () => {
  writeFileSync(file, experiment);
  const { code, stderr } = await mvrecAlone(['train', file], template);
  if (code !== 0) throw new Error(stderr);
});

describe('an experiment that does not fit its data', () => {
  it.each([
    ['data.label=is_clicked', /no column is_clicked[\s\S]*Did you mean is_click/],
    ['data.history=liked', /neither a column nor histories named liked/],
    ['model.item=[covr]', /no item feature covr[\s\S]*Did you mean cover/],
    ['data.source={store: nothing}', /nothing/],
    ['data.source={card: none.yaml, from: .}', /none\.yaml/],
  ])('%s', async (setting, message) => {
    const results = temporaryFolder();
    expectRefusal(await mvrec(['train', file, '--set', setting], results), message);
    expect(readdirSync(results)).toEqual([]);
  });
});

describe('a log of clicks alone, and a model that reads more', () => {
  const own = temporaryFolder();
  const asked = join(own, 'own.yaml');
  const rows = Array.from({ length: 40 }, (_, i) => `u${i % 4},v${i % 7},${i},${i % 3 === 0 ? 1 : 0}\n`);
  beforeAll(() => {
    writeFileSync(join(own, 'log.csv'), `user,video,time,click\n${rows.join('')}`);
    writeFileSync(
      join(own, 'card.yaml'),
      'name: mine\ntitle: Mine\nfiles: { log: { path: log.csv } }\n' +
        'interactions: { file: log, user: user, item: video, time: time, columns: [click] }\n',
    );
    writeFileSync(
      asked,
      `name: own
data:
  source: { card: card.yaml, from: . }
  label: click
  filter: { usersWithAll: [is_like, is_follow] }
model: { name: scaa }
engine: { name: cpu }
`,
    );
  });

  it('are told of all at once, with settings that do without', async () => {
    const results = temporaryFolder();
    const train = (...settings: string[]) =>
      mvrec(['train', asked, ...settings.flatMap((one) => ['--set', one])], results);
    const refused = await train();
    expectRefusal(refused, 'mine has no columns is_like, is_follow (data.filter.usersWithAll)');
    expectRefusal(refused, 'Columns: click. Without them: data.filter.usersWithAll: null.');
    expectRefusal(refused, 'mine has no item feature cover (model.item)');
    expectRefusal(
      refused,
      'mine has no column is_like (model.liked) and no column is_follow (model.followed)',
    );
    const unfiltered = 'data.filter.usersWithAll=null';
    const still = await train(unfiltered);
    expectRefusal(still, /^((?!data\.filter)[\s\S])*no item feature cover/);
    expectRefusal(await train(unfiltered, 'model={name: uvcan}'), /gender, city.*cover, tags, author, music/);
    expect(existsSync(join(results, 'own'))).toBe(false);
    const [, model] = /Without it: (model: \{.*?\})/.exec(still.stderr)!;
    const small = ['train.epochs=1', 'model.hidden=4', 'model.historyLength=5', 'data.split.scope=user'];
    const done = await train(unfiltered, model!.replace('model: ', 'model='), ...small);
    expect([done.stderr, done.code]).toEqual([expect.any(String), 0]);
    expect(readdirSync(join(results, 'own'))).toHaveLength(1);
  });
});

describe('a damaged run', () => {
  /** A copy of the finished run, put back to where a kill would have left it. */
  function brokenRun(damage: (run: string) => void): { results: string; run: string } {
    const results = temporaryFolder();
    cpSync(template, results, { recursive: true });
    const run = join(results, 'tiny', readdirSync(join(results, 'tiny'))[0]!);
    const status = JSON.parse(readFileSync(join(run, 'status.json'), 'utf8'));
    writeFileSync(join(run, 'status.json'), JSON.stringify({ ...status, state: 'interrupted' }));
    damage(run);
    return { results, run };
  }
  const checkpoint = (run: string, kind: string): string => join(run, 'checkpoints', `${kind}.safetensors`);
  const flipByte = (path: string): void => {
    const bytes = readFileSync(path);
    bytes[bytes.length - 5]! ^= 1;
    writeFileSync(path, bytes);
  };

  it('names the last good checkpoint when the last one is truncated', async () => {
    const { results, run } = brokenRun((path) => truncateSync(checkpoint(path, 'last'), 500));
    const before = readFileSync(checkpoint(run, 'previous'));
    expectRefusal(
      await mvrecAlone(['train', '--resume', 'tiny/latest'], results),
      /last\.safetensors[\s\S]*previous/,
    );
    expect(readFileSync(checkpoint(run, 'previous'))).toEqual(before);
    // What the message says works.
    copyFileSync(checkpoint(run, 'previous'), checkpoint(run, 'last'));
    expect((await mvrecAlone(['train', '--resume', 'tiny/latest'], results)).code).toBe(0);
  });

  it('finds a single wrong bit', async () => {
    const { results } = brokenRun((path) => flipByte(checkpoint(path, 'best')));
    expectRefusal(await mvrec(['eval', 'tiny/latest'], results), /best\.safetensors[\s\S]*--checkpoint last/);
    expect((await mvrec(['eval', 'tiny/latest', '--checkpoint', 'last'], results)).code).toBe(0);
  });

  it('refuses a folder of a newer version', async () => {
    const { results } = brokenRun((path) => {
      const record = JSON.parse(readFileSync(join(path, 'run.json'), 'utf8'));
      writeFileSync(join(path, 'run.json'), JSON.stringify({ ...record, layout: 99 }));
    });
    expectRefusal(await mvrec(['train', '--resume', 'tiny/latest'], results), /newer mvrec/);
  });

  it('refuses data that have changed', async () => {
    const { results } = brokenRun((path) => {
      const record = JSON.parse(readFileSync(join(path, 'run.json'), 'utf8'));
      record.provenance.data.fingerprint = '0'.repeat(64);
      writeFileSync(join(path, 'run.json'), JSON.stringify(record));
    });
    expectRefusal(
      await mvrec(['train', '--resume', 'tiny/latest'], results),
      /the data of run .* has changed/,
    );
    expectRefusal(await mvrec(['eval', 'tiny/latest'], results), /has changed/);
  });

  it('has nothing to resume when it is finished', async () => {
    expectRefusal(await mvrec(['train', '--resume', 'tiny/latest'], template), /nothing to resume/);
  });
});

describe('wrong words', () => {
  it.each([
    [['train', '--resume', 'tiny/latest', '--seed', '3'], /cannot be given with it/],
    [['train', file, '--resume', 'tiny/latest'], /cannot be given with it/],
    [['train', file, '--name', '..'], /name is the text "\.\."/],
    [['eval', 'tiny/latest', '--metrics', 'auk'], /auk[\s\S]*Did you mean auc/],
    [['eval', 'tiny/latest', '--predictions', 'scores.txt'], /ends in \.csv or \.parquet/],
    [['eval', 'tiny/latest', '--split', 'tets'], /did you mean test/],
    [['eval', 'tiny/latest', '--engine', 'tensorflw'], /did you mean tensorflow/],
    [['eval', 'tinny/latest'], /there is no run tinny\/latest/],
  ])('%j', async (args, message) => {
    expectRefusal(await mvrec(args, template), message);
  });
});

describe('a results folder that cannot be used', () => {
  it('is a file', async () => {
    expectRefusal(await mvrec(['train', file], file), /not a folder/);
  });

  it.each(['MVREC_CACHE_DIR', 'MVREC_DATA_DIR'])('nor %s, being a file', async (variable) => {
    const env = { MVREC_RESULTS_DIR: template, MVREC_DATA_DIR: undefined, [variable]: file };
    expectRefusal(await runHere(['train', file], { cwd: folder, env }), /tiny\.yaml is not a folder/);
  });

  itIf(existsSync('/dev/full'), 'there is no /dev/full')('standard output is full', async () => {
    const command = `"${process.execPath}" "${binFile}" models > /dev/full`;
    const { status, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    expect(stderr).toMatch(/^the output cannot be written: .*no space left/);
    expect(status).toBe(2);
  });

  const isRoot = process.getuid?.() === 0;
  itIf(!isRoot, 'root may write everywhere')('may not be written', async () => {
    const closed = join(temporaryFolder(), 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o555);
    expectRefusal(await mvrec(['train', file], closed), /no permission to write/);
  });

  itIf(canMount(), 'a small file system can only be mounted by root')(
    'is on a full disk: one message, and what was whole stays whole',
    async () => {
      const small = temporaryFolder();
      mountSmall(small);
      try {
        expectRefusal(await mvrecAlone(['train', file], small), /no space left/);
        const left = readdirSync(small, { recursive: true, encoding: 'utf8' });
        expect(left.filter((name) => name.endsWith('.tmp'))).toEqual([]);
      } finally {
        execFileSync('umount', [small]);
      }
    },
  );

  itIf(canMount(), 'a small file system can only be mounted by root')(
    'is on a full disk: a sweep goes on once there is space',
    async () => {
      const small = temporaryFolder();
      writeFileSync(join(folder, 'grid.yaml'), 'base: tiny.yaml\naxes: { model.factors: [4, 5] }\n');
      mountSmall(small);
      try {
        const full = await mvrecAlone(['sweep', 'grid.yaml'], small);
        expect(full.stdout).toMatch(
          /factors=4, seed 1 has no result yet: no space left[\s\S]*2 cells left: the same command goes on\./,
        );
        expect(full.code).toBe(5);
        execFileSync('mount', ['-o', 'remount,size=16m', small]);
        const { code, stdout } = await mvrecAlone(['sweep', 'grid.yaml'], small);
        expect([code, stdout.match(/^factors=\d\b/gm)]).toEqual([0, ['factors=4', 'factors=5']]);
      } finally {
        execFileSync('umount', [small]);
      }
    },
  );
});

/** A file system of a few pages, too small for a checkpoint. */
function mountSmall(path: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48k', 'tmpfs', path], { stdio: 'ignore' });
}

function canMount(): boolean {
  const probe = temporaryFolder();
  try {
    mountSmall(probe);
    execFileSync('umount', [probe]);
    return true;
  } catch {
    return false;
  }
}

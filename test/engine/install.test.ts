import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { UserError } from '../../src/base/index.js';
import { installEngine, probeEngine } from '../../src/engine/index.js';
import {
  addonVersion,
  damagedPieces,
  damageOf,
  engineFolder,
  findInstallation,
  ownPackage,
} from '../../src/engine/installation.js';
import { kernelsState, kernelsVersion } from '../../src/engine/kernels.js';
import { effort } from '../support/effort.js';
import { tensorflow } from '../support/engines.js';
import { restoreEnvironment } from '../support/environment.js';
import { type BinResult, describeIf, runBin, temporaryFolder } from '../support/index.js';

/** `mvrec engine install`, with programs of the test in place of npm, pip and the compiler. */

const onLinux = process.platform === 'linux' && process.arch === 'x64';

/** A folder of shell scripts by name. */
function programs(scripts: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

const works = 'exit 0';
const compiler = { 'c++': works };
/** Answers `-m pip --version`; fails to download. */
const pip = (message: string): string =>
  `case "$*" in *--version*) exit 0;; esac\necho "${message}" >&2; exit 1`;

/** In this process, for what goes wrong before anything is loaded: the error, which has to be the user's. */
async function failure(variables: Readonly<Record<string, string>>, library?: string): Promise<string> {
  const before = { ...process.env };
  delete process.env.CXX;
  Object.assign(process.env, variables);
  try {
    await installEngine({ gpu: false, tensorflow: library ?? null, say: () => {} });
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  } finally {
    restoreEnvironment(before);
  }
  throw new Error('it was installed');
}

interface Way {
  readonly cache: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** As a user does. */
const install = ({ cache, env, ...rest }: Way): Promise<BinResult> =>
  runBin(['engine', 'install'], { env: { MVREC_CACHE_DIR: cache, ...env }, ...rest });

/** A cache whose addon is fetched already. */
function cacheWithAddon(): string {
  const cache = temporaryFolder();
  mkdirSync(join(cache, 'engine', 'tensorflow-2.21.0-cpu', 'addon'), { recursive: true });
  return cache;
}

/** Where `node_modules` has the addon nothing is fetched. */
const fetches = onLinux && ownPackage() === null;

describeIf(fetches, 'node_modules has the addon')(
  'engine install that fetches the addon says what is in its way:',
  () => {
    it.each<[string, Readonly<Record<string, string>>, RegExp]>([
      ['no compiler', { npm: works }, /there is no C\+\+ compiler[\s\S]*apt install g\+\+/],
      ['no npm', compiler, /there is no npm/],
      [
        'npm without a network',
        { ...compiler, npm: 'echo "npm error network getaddrinfo EAI_AGAIN" >&2; exit 1' },
        /npm cannot download @tensorflow\/tfjs-node-gpu@4.22.0: npm error network getaddrinfo EAI_AGAIN/,
      ],
      [
        'another archive than the published one',
        { ...compiler, npm: 'echo forged > tensorflow-tfjs-node-gpu-4.22.0.tgz' },
        /is not what was published/,
      ],
    ])('%s', async (_, scripts, message) => {
      const variables = { MVREC_CACHE_DIR: temporaryFolder(), PATH: programs(scripts) };
      expect(await failure(variables)).toMatch(message);
    });
  },
);

describeIf(onLinux, 'it installs on Linux on x64 only')('engine install says what is in its way:', () => {
  it.each<[string, string | null, RegExp]>([
    ['no Python', null, /there is no Python[\s\S]*--tensorflow PATH/],
    ['no pip', 'exit 1', /python3 has no pip[\s\S]*ensurepip/],
    [
      'pip without a network',
      pip('ERROR: No matching distribution found for tensorflow-cpu==2.21.0'),
      /pip cannot download TensorFlow 2.21.0: No matching distribution found/,
    ],
    [
      'a wheel with another hash',
      pip('ERROR: THESE PACKAGES DO NOT MATCH THE HASHES'),
      /pip cannot download TensorFlow 2.21.0: THESE PACKAGES DO NOT MATCH THE HASHES/,
    ],
    [
      'a full disk',
      pip('OSError: [Errno 28] No space left on device'),
      /no space left[\s\S]*MVREC_CACHE_DIR/,
    ],
  ])('%s', async (_, script, message) => {
    const cache = cacheWithAddon();
    const path = programs({ ...compiler, ...(script === null ? {} : { python3: script }) });
    expect(await failure({ MVREC_CACHE_DIR: cache, PATH: path })).toMatch(message);
    expect(readdirSync(join(cache, 'engine', 'tensorflow-2.21.0-cpu'))).toEqual(['addon']);
  });

  it.each<[string, (folder: string) => void, RegExp]>([
    [
      'no TensorFlow where the user says',
      () => {},
      /there is no TensorFlow in .*looked for libtensorflow_cc/,
    ],
    [
      'a TensorFlow without headers',
      (folder) => {
        for (const file of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) {
          writeFileSync(join(folder, file), '');
        }
      },
      /comes without its headers/,
    ],
  ])('%s', async (_, fill, message) => {
    const folder = temporaryFolder();
    fill(folder);
    expect(await failure({ MVREC_CACHE_DIR: temporaryFolder() }, folder)).toMatch(message);
  });

  it('a cache that cannot be written', async () => {
    const cache = join(temporaryFolder(), 'file');
    writeFileSync(cache, '');
    const path = programs(compiler);
    expect(await failure({ MVREC_CACHE_DIR: cache, PATH: path })).toMatch(/is not a folder/);
  });
});

describe('without an installation', () => {
  it('the commands say how to have one', async () => {
    const env = { MVREC_CACHE_DIR: temporaryFolder(), PATH: '' };
    const [status, refused] = await Promise.all([
      runBin(['engine', 'status', '--json'], { env }),
      runBin(['engine', 'install'], { env }),
    ]);
    const folder = join(env.MVREC_CACHE_DIR, 'engine');
    expect(JSON.parse(status.stdout)).toMatchObject({ folder, installations: [] });
    expect(refused).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^there is no C\+\+/),
    });
  });
});

it('what was compiled is damaged when a bit of it changed, a library when its size did', () => {
  const folder = temporaryFolder();
  for (const piece of ['binding', 'tensorflow']) mkdirSync(join(folder, piece));
  const [binding, library] = ['binding/tfjs_binding.node', 'tensorflow/libtensorflow_cc.so.2'];
  // SHA-256 of "abc": FIPS 180-2, appendix B.1.
  const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  writeFileSync(
    join(folder, 'manifest.json'),
    JSON.stringify({
      addon: addonVersion,
      files: { [binding]: 3, [library]: 3 },
      sha256: { [binding]: digest },
    }),
  );
  writeFileSync(join(folder, library), 'xyz');
  writeFileSync(join(folder, binding), 'abc');
  expect([damageOf(folder), damagedPieces(folder)]).toEqual([null, []]);
  writeFileSync(join(folder, binding), 'abb');
  expect(damageOf(folder)).toMatch(/tfjs_binding\.node is not what was compiled/);
  expect(damagedPieces(folder)).toEqual(['binding']);
  writeFileSync(join(folder, library), 'xy');
  expect(damagedPieces(folder)).toEqual(['binding', 'tensorflow']);
});

const [installed, reason] = tensorflow();
const compiled = installed && kernelsState() === 'compiled';

describeIf(
  compiled && onLinux && effort > 1,
  reason || (compiled ? 'it takes half a minute (MVREC_TEST_EFFORT=5)' : 'its kernels are not compiled'),
)('engine install with all it needs', () => {
  // The real one's pieces stand in for downloads and compiler; that those work is shown by installing it in CI.
  const { folder: real } = installed ? findInstallation() : { folder: '' };

  function halfInstalled(): { cache: string; folder: string } {
    const cache = temporaryFolder();
    const folder = join(cache, 'engine', 'tensorflow-2.21.0-cpu');
    mkdirSync(folder, { recursive: true });
    cpSync(join(real, 'addon'), join(folder, 'addon'), { recursive: true });
    symlinkSync(join(real, 'tensorflow'), join(folder, 'tensorflow'));
    return { cache, folder };
  }

  /** Copies what the real compiler made: the argument after -o. For objects anything will do. */
  const copying =
    'while [ "$1" != -o ]; do shift; done; case $2 in kernels.node) from=$KERNELS;; *.o) from=$0;; *) from=$REAL/binding/$2;; esac; cp "$from" "$2"';
  const kernels = join(engineFolder(), '..', 'kernels', kernelsVersion(), 'kernels.node');
  const env = { REAL: real, KERNELS: kernels, CXX: join(programs({ copying }), 'copying') };

  it('goes on where it was killed, is done when it is done, and mends what is damaged', async () => {
    const { cache, folder } = halfInstalled();
    const slow = { CXX: join(programs({ slow: 'sleep 5' }), 'slow') };
    const killed = await install({
      cache,
      env: slow,
      onOutput: (text, kill) => text.includes('Compiling') && kill('SIGKILL'),
    });
    expect(killed.signal).toBe('SIGKILL');
    expect(existsSync(join(folder, 'binding'))).toBe(false);

    const first = await install({ cache, env });
    expect(first).toMatchObject({
      code: 0,
      stderr: 'Compiling the addon\nCompiling the kernels\nTrying it\n',
    });
    expect(first.stdout).toMatch(/^TensorFlow 2\.21\.0.* is installed in /);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);

    const second = await install({ cache, env: { PATH: '' } });
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(second.stdout).toMatch(/was installed already/);

    truncateSync(join(folder, 'binding', 'stderr.node'), 100);
    const status = await runBin(['engine', 'status'], { env: { MVREC_CACHE_DIR: cache } });
    expect(status.stdout).toMatch(/damaged: .*stderr\.node has 100 bytes/);
    expect((await install({ cache, env })).stdout).toMatch(/ is installed in /);
  });

  it('brings an installation from before the kernels up to date, and does without a compiler for them', async () => {
    const { cache } = halfInstalled();
    const status = async () =>
      (await runBin(['engine', 'status'], { env: { MVREC_CACHE_DIR: cache } })).stdout;
    const failing = programs({
      failing: `case "$*" in *kernels.node*) echo 'error: no such flag' >&2; exit 1;; esac; . ${env.CXX}`,
    });
    const without = await install({ cache, env: { ...env, CXX: join(failing, 'failing') } });
    expect(without).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/does without kernels: error: no such flag/),
    });
    expect(await status()).toMatch(/kernels: none/);
    expect((await install({ cache, env: { PATH: '' } })).stderr).toMatch(
      /does without kernels: there is no C\+\+/,
    );

    const calls = join(temporaryFolder(), 'calls');
    const telling = `echo "$*" >> ${calls}; . ${env.CXX}`;
    const told = { ...env, CXX: join(programs({ telling }), 'telling') };
    expect(await install({ cache, env: told })).toMatchObject({
      code: 0,
      stderr: 'Compiling the kernels\n',
    });
    // What promises the bits of its twin is compiled apart, without fused multiply-add, whatever the compiler.
    const [bpr, rows, others] = readFileSync(calls, 'utf8').split('\n');
    expect(bpr).toMatch(/-ffp-contract=off -c \S+bpr\.cc -o bpr\.o$/);
    expect(rows).toMatch(/-ffp-contract=off -c \S+rows\.cc -o rows\.o$/);
    expect(others).toMatch(/-ffp-contract=fast .*pool\.cc .* bpr\.o rows\.o -o kernels\.node$/);
    expect(others).not.toMatch(/(bpr|rows)\.cc/);
    expect(await status()).toMatch(/kernels: compiled/);
    const [version] = readdirSync(join(cache, 'kernels'));
    truncateSync(join(cache, 'kernels', version!, 'kernels.node'), 100);
    expect(await status()).toMatch(/kernels: damaged/);
    expect(await install({ cache, env })).toMatchObject({ code: 0, stderr: 'Compiling the kernels\n' });
    expect(await status()).toMatch(/kernels: compiled/);
  });

  it('runs without kernels that do not load, says so, and compiles them anew', async () => {
    const { cache } = halfInstalled();
    await install({ cache, env });
    const [version] = readdirSync(join(cache, 'kernels'));
    const file = join(cache, 'kernels', version!, 'kernels.node');
    const foreign = 'made for another machine';
    writeFileSync(file, foreign);
    writeFileSync(`${file}.sha256`, `${createHash('sha256').update(foreign).digest('hex')}\n`);
    const variables = { ...process.env };
    process.env.MVREC_CACHE_DIR = cache;
    const probe = await probeEngine({ name: 'tensorflow', threads: 1, measure: 0 });
    restoreEnvironment(variables);
    expect(probe).toMatchObject({
      available: true,
      kernelsProblem: expect.stringMatching(/^do not load: /),
    });
    expect(probe).not.toHaveProperty('kernels');
    const status = await runBin(['engine', 'status'], { env: { MVREC_CACHE_DIR: cache } });
    expect(status.stdout).toMatch(/kernels: they do not load here/);
    expect(await install({ cache, env })).toMatchObject({ code: 0, stderr: 'Compiling the kernels\n' });
  });

  it('may run twice at once', async () => {
    const { cache, folder } = halfInstalled();
    const both = await Promise.all([install({ cache, env }), install({ cache, env })]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(readdirSync(folder).sort()).toEqual(['addon', 'binding', 'manifest.json', 'tensorflow']);
  });

  it('refuses a compiler whose result does not load, and keeps nothing of it', async () => {
    const { cache, folder } = halfInstalled();
    const empty = {
      CXX: join(programs({ empty: 'while [ "$1" != -o ]; do shift; done; : > "$2"' }), 'empty'),
    };
    const { code, stderr } = await install({ cache, env: empty });
    expect(stderr).toMatch(/the TensorFlow engine does not work here: TensorFlow does not load/);
    expect(code).toBe(2);
    expect(existsSync(join(folder, 'binding'))).toBe(false);
  });
});

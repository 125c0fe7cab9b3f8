/** One log through every stage, each in a process of its own, by the commands that a user would give. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const peak = fileURLToPath(new URL('peak.mjs', import.meta.url));

/**
 * @param {string} world
 * @param {number} scale
 * @param {{ folder: string, keep: boolean, threads: number, onStage: (text: string) => void }} options `folder`:
 *   what is made lies there, and is deleted unless `keep`
 * @returns seconds and peak memory of every stage
 */
export async function runStages(world, scale, { folder, keep, threads, onStage }) {
  const place = join(folder, `${world}-${scale}`);
  const source = join(place, 'source');
  const experiment = join(root, 'experiments', 'scale', `${world}.yaml`);
  const name = `simulated-${world}`;
  const environment = { MVREC_DATA_DIR: join(place, 'data'), MVREC_RESULTS_DIR: join(place, 'results') };
  const clear = () => rmSync(place, { recursive: true, force: true });
  clear();
  if (!keep) process.once('exit', clear);
  mkdirSync(source, { recursive: true });
  const stages = {};
  const stage = async (title, args) => {
    onStage(`${world} at ${scale}: ${title}`);
    const { output, ...cost } = await measured(args, environment, join(place, 'peak'));
    stages[title] = cost;
    return JSON.parse(output);
  };
  const mvrec = join(root, 'bin', 'mvrec.js');
  const script = (file) => join(root, 'bench', 'scale', file);
  try {
    const generated = await stage('generate', [script('generate.mjs'), world, source, String(scale)]);
    const bytes = bytesOf(source);
    const card = join(root, 'datasets', `${name}.yaml`);
    await stage('import', [mvrec, 'data', 'import', card, '--from', source, '--json', '--quiet']);
    if (!keep) rmSync(source, { recursive: true });
    const { experiment: config } = await json([mvrec, 'config', experiment, '--json'], environment);
    const store = join(environment.MVREC_DATA_DIR, name);
    const { rows, items, users, ...sizes } = await stage('load', [
      script('load.mjs'),
      store,
      JSON.stringify(config.data.split),
    ]);
    const engine = ['--set', `engine.threads=${threads}`];
    const trained = await stage('train', [mvrec, 'train', experiment, ...engine, '--json', '--quiet']);
    const evaluated = await stage('evaluate', [
      mvrec,
      'eval',
      trained.run,
      '--split',
      'test',
      '--json',
      '--quiet',
    ]);
    const { examplesPerSecond, metrics, floors } = trained;
    return {
      world,
      scale,
      model: config.model.name,
      engine: trained.engine,
      users,
      items,
      rows,
      clicks: generated.clicks,
      sourceBytes: bytes,
      storeBytes: bytesOf(store),
      checkpointBytes: statSync(join(trained.directory, 'checkpoints', 'last.safetensors')).size,
      ...sizes,
      trainExamplesPerSecond: examplesPerSecond,
      evaluatePairsPerSecond: evaluated.examplesPerSecond,
      evaluateSeconds: evaluated.seconds,
      metrics: metrics.test,
      floors,
      stages,
    };
  } finally {
    process.off('exit', clear);
    if (!keep) clear();
  }
}

/** Runs a script of Node to its end; seconds, the largest memory of its process, and what it printed. */
async function measured(args, environment, peakFile) {
  rmSync(peakFile, { force: true });
  const began = performance.now();
  const output = await run(['--import', peak, ...args], { ...environment, MVREC_BENCH_PEAK: peakFile });
  const seconds = (performance.now() - began) / 1000;
  const peakMemoryBytes = Math.max(...readFileSync(peakFile, 'utf8').trim().split('\n').map(Number));
  return { output, seconds, peakMemoryBytes };
}

const json = async (args, environment) => JSON.parse(await run(args, environment));

function run(args, environment) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stop = () => child.kill('SIGTERM');
    process.once('exit', stop);
    let output = '';
    let errors = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    child.stderr.on('data', (text) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('exit', stop);
      if (code === 0) resolve(output);
      else reject(new Error(`${args.join(' ')} ended with ${signal ?? code}\n${errors}`));
    });
  });
}

/** Of all files in a folder. */
function bytesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0);
}

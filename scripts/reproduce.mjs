// Runs every table and figure of the papers on its simulated stand-in and on its control, and writes docs/reproduction.md. What has
// been run before is not run again, and Ctrl-C loses nothing. Exits 1 where a sweep was not run, or not to its end.
//
//   npm run reproduce                                   all, about an hour on two cores
//   npm run reproduce -- --only experiments/scaa        files, or folders of them
//   npm run reproduce -- --seeds 12                     more seeds than experiments/reproduce.yaml says, which decide more
//   npm run reproduce -- --table                        the page again, from what has been run
//   npm run reproduce -- --quick                        a part that must hold, within ten minutes: exits 1 if it does not
//
// --minutes 60, after which nothing is begun; --jobs 2, cells at once; --engine auto. While a sweep has not been run, the page is written
// beside the results.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { reproductionPage } from './reproductionPage.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const options = optionsOf({
  only: { type: 'string', multiple: true, default: [] },
  table: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  engine: { type: 'string', default: 'auto' },
  jobs: { type: 'string', default: '2' },
  seeds: { type: 'string' },
  minutes: { type: 'string', default: '60' },
});
const results = process.env.MVREC_RESULTS_DIR || join(root, 'results');
const kept = join(results, 'reproduction');
const papers = ['thacil', 'alpine', 'scaa', 'mtin', 'uvcan', 'frame'];
const usual = parse(readFileSync(join(root, 'experiments', 'reproduce.yaml'), 'utf8'));
const end = performance.now() + 60_000 * Number(options.minutes);

const files = papers.flatMap((paper) =>
  readdirSync(join(root, 'experiments', paper))
    .filter((name) => /^(table|figure).*\.yaml$/.test(name))
    .sort((a, b) => Number(a.startsWith('figure')) - Number(b.startsWith('figure')) || a.localeCompare(b))
    .map((name) => join(root, 'experiments', paper, name)),
);
const wanted = options.only.map((name) => resolve(name));
const asked = files.filter((file) => wanted.length === 0 || wanted.some((one) => file.startsWith(one)));
for (const [i, name] of options.only.entries()) {
  if (!files.some((file) => file.startsWith(wanted[i]))) fail(`no sweep of a paper is called ${name}`);
}
for (const name of ['jobs', 'seeds', 'minutes']) {
  if (options[name] !== undefined && !/^[1-9]\d*$/.test(options[name]))
    fail(`--${name} is ${options[name]}, not a whole number of at least 1`);
}
if (options.quick && (options.only.length > 0 || options.table))
  fail('--quick runs what experiments/reproduce.yaml lists, so not with --only or --table');
if (options.quick) process.exitCode = (await quick()) ? 0 : 1;
else {
  if (!options.table) {
    for (const file of asked) {
      for (const on of standInsOf(file)) {
        const result = await run(file, on, options.seeds ?? seedsOf(file));
        if (!result) process.exitCode = 1;
        if (!result) continue;
        mkdirSync(kept, { recursive: true });
        const written = { digest: digestOf(file), ...result };
        writeFileSync(keptFile(file, on), JSON.stringify(written));
      }
    }
  }
  const sweeps = files.map((file) => ({ ...sweepFile(file), results: resultsOf(file) }));
  const whole = sweeps.every(({ sweep, results: found }) => standIns(sweep).every((on) => found[on]));
  mkdirSync(kept, { recursive: true });
  // What is not whole does not take the place of what is.
  const page = whole ? join(root, 'docs', 'reproduction.md') : join(kept, 'reproduction.md');
  writeFileSync(page, reproductionPage(sweeps));
  process.stdout.write(`wrote ${relative(process.cwd(), page)}\n`);
}

/** Of the command line; the head of this file is its help. */
function optionsOf(known) {
  try {
    return parseArgs({ options: known }).values;
  } catch (error) {
    const help = readFileSync(fileURLToPath(import.meta.url), 'utf8')
      .match(/^(\/\/.*\n)+/)[0]
      .replace(/^\/\/ ?/gm, '');
    if (!process.argv.includes('--help')) fail(`${error.message}\n\n${help}`);
    process.stdout.write(help);
    process.exit();
  }
}

/** As many as experiments/reproduce.yaml says for the paper. */
function seedsOf(file) {
  const { seeds } = usual;
  return String(seeds[relative(join(root, 'experiments'), file).split(/[\\/]/)[0]] ?? seeds.all);
}

/** Results of another version of the file say nothing of its claims. */
function digestOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** The simulated stand-in and its control, which come first in each file. */
function standInsOf(file) {
  return standIns(sweepFile(file).sweep);
}

function standIns({ on }) {
  return Object.entries(on)
    .filter(([, { set }]) => set['data.source'].world)
    .map(([name]) => name);
}

function sweepFile(file) {
  return { path: relative(root, file), sweep: parse(readFileSync(file, 'utf8')) };
}

function resultsOf(file) {
  return Object.fromEntries(
    standInsOf(file).flatMap((on) => {
      const place = keptFile(file, on);
      const result = existsSync(place) ? JSON.parse(readFileSync(place, 'utf8')) : null;
      return result?.digest === digestOf(file) ? [[on, result]] : [];
    }),
  );
}

function keptFile(file, on) {
  const name = relative(join(root, 'experiments'), file)
    .replace(/\.yaml$/, '')
    .replaceAll(/[\\/]/g, '-');
  return join(kept, `${name}-${on}.json`);
}

/**
 * Runs a sweep.
 *
 * @param {readonly string[]} more words of the command
 * @returns {Promise<object | null>} null where there was no time left, or something to mend
 */
async function run(file, on, seeds, more = []) {
  const left = end - performance.now();
  const name = `${relative(root, file)} on ${on}`;
  if (left < 10_000) {
    process.stdout.write(`${name}: no time is left; the same command goes on\n`);
    return null;
  }
  process.stdout.write(`${name}: `);
  const began = performance.now();
  const words = [join(root, 'bin', 'mvrec.js'), 'sweep', file, '--on', on, '--engine', options.engine];
  words.push('--jobs', options.jobs, '--seeds', seeds, '--json', '--quiet', ...more);
  const { code, stdout, stderr } = await command(process.execPath, words, left);
  if (code === 130 || code === null) {
    process.stdout.write('interrupted; the same command goes on\n');
    return null;
  }
  if (![0, 3, 4, 5].includes(code)) {
    process.stdout.write(`exit code ${code}\n${stderr}${stdout}\n`);
    return null;
  }
  const { rows, floors, cells, claims, on: data, metrics } = JSON.parse(stdout);
  const seconds = cells.reduce((sum, cell) => sum + cell.seconds, 0);
  const runs = Object.fromEntries(cells.map((cell) => [cell.run, cell.seconds])); // sweeps share some
  const result = { rows, floors, claims, on: data, metrics, cells: cells.length, seconds, runs };
  process.stdout.write(
    `${countsOf(claims)}; ${claims.seeds.length} seeds, ${Math.round((performance.now() - began) / 1000)} s\n`,
  );
  return result;
}

/** `3 holds, 1 undecided`. */
function countsOf({ results }) {
  const counts = {};
  for (const { verdict } of results)
    if (verdict !== 'qualitative') counts[verdict] = (counts[verdict] ?? 0) + 1;
  return (
    Object.entries(counts)
      .map(([verdict, count]) => `${count} ${verdict}`)
      .join(', ') || 'nothing is tested'
  );
}

/** The claims of experiments/reproduce.yaml, each of which must hold. */
async function quick() {
  let sound = true;
  for (const { file, on, seeds, hold } of usual.sweeps) {
    // Other seeds are one look more at the claims of a sweep, so these have names of their own; cells are shared all the same.
    const name = `quick-${file.replace('.yaml', '').replace('/', '-')}`;
    const result = await run(join(root, 'experiments', file), on, String(seeds), ['--name', name]);
    for (const id of hold) {
      const verdict = result?.claims.results.find((claim) => claim.id === id)?.verdict ?? 'not run';
      if (verdict === 'holds') continue;
      sound = false;
      process.stdout.write(`  ${id}: ${verdict}, and must hold\n`);
    }
  }
  return sound;
}

/** Ends it as Ctrl-C would when the time is over. */
function command(program, words, milliseconds) {
  return new Promise((done) => {
    const child = spawn(program, words, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGINT'), milliseconds);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    child.on('close', (code) => {
      clearTimeout(timer);
      done({ code, stdout, stderr });
    });
  });
}

function fail(problem) {
  process.stderr.write(`${problem}\n`);
  process.exit(2);
}

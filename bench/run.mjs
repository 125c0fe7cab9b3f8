/** `npm run bench`: see lib/arguments.mjs for what it takes, docs/performance.md for what it measures. */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { comparisons, targets } from './comparisons/index.mjs';
import { HELP, readArguments, UsageError } from './lib/arguments.mjs';
import { compare } from './lib/compare.mjs';
import { describeCommit, describeMachine } from './lib/machine.mjs';
import { endInstallations } from './lib/python.mjs';
import { judge, number, rowLine } from './lib/report.mjs';
import { readResults, writeResult, writeTables } from './lib/results.mjs';
import { commandOf, settingsOf } from './lib/settings.mjs';
import { AbsentError, endAll } from './lib/side.mjs';
import { benchQuality } from './quality.mjs';
import { benchScale } from './scale.mjs';

process.stdout.on('error', () => process.exit(1)); // whoever read it has gone; the sides end with their input
const print = (line) => process.stdout.write(`${line}\n`);

/** Progress is for people who watch: it stays out of files and pipes. */
const status = (text) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};

async function main() {
  const options = readArguments(
    process.argv.slice(2),
    comparisons.map(({ name }) => name),
  );
  if (options.help) return print(HELP.trimEnd());
  if (options.list) {
    for (const { name, about, seconds } of comparisons) {
      print(`${name.padEnd(24)} ${about}; ${seconds} s a repetition on two cores`);
    }
    print(`${'scale'.padEnd(24)} Logs of published sizes, stage by stage: npm run bench -- scale --help`);
    return print(
      `${'quality'.padEnd(24)} Our models beside other libraries' on real logs: npm run bench -- quality --help`,
    );
  }
  if (options.table) return writeTables(targets);
  const threads = options.threads ?? availableParallelism();
  const quick = options.quick ? ', quick: sizes are small, nothing is written' : '';
  print(`${describeMachine()}; ${threads} threads, ${options.repetitions} repetitions${quick}`);
  for (const comparison of comparisons.filter(({ name }) => options.names.includes(name))) {
    const result = await inFolder((folder) => measure(comparison, { ...options, threads, folder }));
    if (result && !options.quick) {
      await writeResult(result);
      await writeTables(targets);
    }
  }
  if (!options.quick) printTargets(await readResults());
}

/** Runs all rows of a comparison; null when its inputs are not here. */
async function measure(comparison, options) {
  const { name, prepare } = comparison;
  try {
    status(`${name}: inputs`);
    await prepare?.(options.folder, options);
  } catch (error) {
    if (!(error instanceof AbsentError)) throw error;
    print(`${name}: skipped, ${error.message}`);
    return null;
  }
  const rows = [];
  for (const row of comparison.rows) {
    try {
      rows.push(await measureRow(name, row, options));
    } catch (error) {
      status('');
      print(`${name}/${row.name}: failed\n${error.message}`); // the others are measured all the same
      process.exitCode = 1;
    }
  }
  const { threads, repetitions } = options;
  const date = new Date().toISOString().slice(0, 10);
  return { name, date, commit: describeCommit(), machine: describeMachine(), threads, repetitions, rows };
}

async function measureRow(comparison, row, options) {
  const context = { ...options, onInstall: (text) => print(text) };
  const { name, what, against, unit, ours, theirs } = row;
  const outcome = await compare(
    () => commandOf(ours, context),
    () => commandOf(theirs, context),
    {
      repetitions: options.repetitions,
      onRun: (text) => status(`${comparison}/${name}: ${text}`),
    },
  );
  const settings = { ours: settingsOf(ours, options), theirs: settingsOf(theirs, options) };
  const measured = { name, what, against, unit, settings, ...outcome };
  status('');
  print(rowLine({ ...measured, name: `${comparison}/${name}` }));
  requireAgreement(row, outcome);
  return measured;
}

/**
 * What both sides computed must be the same where the row says so: else they did not do the same work, and the row is
 * not written.
 */
function requireAgreement({ agree = {} }, { ours, theirs }) {
  if ('absent' in ours || 'absent' in theirs) return;
  for (const [check, tolerance] of Object.entries(agree)) {
    const [a, b] = [ours.checks[check], theirs.checks[check]];
    if (!(Math.abs(a - b) <= tolerance)) {
      throw new Error(`${check} disagrees: ours ${a}, theirs ${b}, more than ${tolerance} apart`);
    }
  }
}

function printTargets(results) {
  print('\ntargets, from the results so far:');
  for (const { target, ratio, reached } of judge(targets, results)) {
    const found = ratio === null ? reached : `${reached}, ${number(ratio)} x`;
    print(`  ${target.what}, ${target.against}: at least ${target.atLeast} x: ${found}`);
  }
}

/** A folder for the inputs of both sides, deleted however the work ends. */
async function inFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), 'mvrec-bench-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  cleanUp = remove;
  try {
    return await work(folder);
  } finally {
    cleanUp = async () => {};
    await remove();
  }
}

let cleanUp = async () => {};
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]) {
  process.once(signal, () => {
    endAll();
    endInstallations();
    cleanUp().finally(() => process.exit(code));
  });
}

try {
  const [name, ...rest] = process.argv.slice(2);
  const others = { scale: benchScale, quality: benchQuality };
  await (Object.hasOwn(others, name) ? others[name](rest) : main());
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`bench: ${error.message}\nSee: npm run bench -- --help\n`);
  process.exitCode = 2;
} finally {
  endAll();
}

/**
 * Logs of the size of published ones, from nothing to a trained and evaluated model: seconds and peak memory of every
 * stage. Full size needs about 9 GB of disk. Results go to bench/results/scale.json and docs/performance.md.
 */
import { mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { UsageError, wholeNumber } from './lib/arguments.mjs';
import { describeCommit, describeMachine } from './lib/machine.mjs';
import { between } from './lib/report.mjs';
import { readResults, writeResult } from './lib/results.mjs';
import { publishedLogs } from './scale/logs.mjs';
import { againstPyTorch, scaleTable, stageLines } from './scale/report.mjs';
import { runStages } from './scale/stages.mjs';

/** Shares of the published numbers whose measurements are kept; others are for trying it out. */
const RECORDED = ['0.01', '0.1', '1'];

const HELP = `npm run bench -- scale [options]

Simulates logs of published sizes and takes each from source files to a trained and evaluated model. Writes the stages'
seconds and memory to bench/results/scale.json and the table of docs/performance.md, for the default sizes; other sizes,
such as --scale 0.001, are a trial and write nothing.

  --world NAME     ${Object.keys(publishedLogs).join(' or ')}; may be repeated (default: both)
  --scale SHARE    of the published numbers of users and videos; may be repeated (default: ${RECORDED.join(', ')})
  --folder DIR     where the logs and runs are made (default: the system's temporary folder)
  --threads N      threads of the engine (default: the number of cores)
  --keep           leave what was made
`;

const page = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const print = (text) => process.stdout.write(`${text}\n`);

/** @param {readonly string[]} args see HELP */
export async function benchScale(args) {
  const values = optionsOf(args);
  if (values.help) return print(HELP.trimEnd());
  const { folder, keep, threads } = values;
  mkdirSync(folder, { recursive: true });
  print(`${describeMachine()}; ${threads} threads`);
  for (const world of values.world) {
    for (const scale of values.scale) {
      const onStage = (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`);
      const log = await runStages(world, scale, { folder, keep, threads, onStage });
      onStage('');
      for (const line of stageLines(log)) print(line);
      if (RECORDED.includes(String(scale))) await record({ ...log, threads });
    }
  }
}

function optionsOf(args) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        world: { type: 'string', multiple: true, default: Object.keys(publishedLogs) },
        scale: { type: 'string', multiple: true, default: RECORDED },
        folder: { type: 'string', default: join(tmpdir(), 'mvrec-scale') },
        threads: { type: 'string', default: String(availableParallelism()) },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return { ...values, ...checked(values) };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(error.message.split('. ')[0]);
  }
}

/** @throws {UsageError} */
function checked({ world, scale, threads }) {
  const known = Object.keys(publishedLogs);
  for (const name of world) {
    if (!known.includes(name)) throw new UsageError(`no world ${name}; there are ${known.join(', ')}`);
  }
  for (const share of scale) {
    if (!(Number(share) > 0 && Number(share) <= 1)) {
      throw new UsageError(`--scale ${share}: must be a number above 0 and at most 1`);
    }
  }
  return { scale: scale.map(Number), threads: wholeNumber('threads', threads) };
}

/** Puts a log's numbers in the place of those that were measured of it before. */
async function record(log) {
  const results = await readResults();
  const before = results.find(({ name }) => name === 'scale')?.logs ?? [];
  const others = before.filter(({ world, scale }) => world !== log.world || scale !== log.scale);
  const date = new Date().toISOString().slice(0, 10);
  const order = ({ world, scale }) => Object.keys(publishedLogs).indexOf(world) * 100 + scale;
  const logs = [...others, { date, commit: describeCommit(), machine: describeMachine(), ...log }].sort(
    (a, b) => order(a) - order(b),
  );
  const full = logs.find(({ world, scale }) => world === 'microvideo' && scale === 1);
  const { machine, commit, threads } = full ?? logs[0];
  const rows = full ? againstPyTorch(full, results) : [];
  await writeResult({ name: 'scale', date, commit, machine, threads, repetitions: 1, rows, logs });
  await writeFile(page, between(await readFile(page, 'utf8'), 'scale', scaleTable(logs)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once('SIGINT', () => process.exit(130)); // what was made is cleared away
  process.once('SIGTERM', () => process.exit(143));
  await benchScale(process.argv.slice(2));
}

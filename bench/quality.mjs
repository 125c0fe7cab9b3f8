/**
 * Our models beside other libraries' on real logs: each peer is trained by its library on our split, early stopping on
 * validation, and what it predicts of the test part is measured by our metrics. Results go to bench/results/quality-*.json
 * and docs/baselines.md.
 */
import { parse, UsageError, wholeNumber } from './lib/arguments.mjs';
import { AbsentError } from './lib/side.mjs';
import { comparisons } from './quality/comparisons.mjs';
import { logs } from './quality/logs.mjs';
import { measurePeer } from './quality/measure.mjs';
import { runOurs } from './quality/ours.mjs';
import { runPeer } from './quality/peers.mjs';
import { overall, writePage, writeRow } from './quality/report.mjs';

const DEFAULT_SEEDS = [1, 2, 3];

const HELP = `npm run bench -- quality [NAME...] [options]

Trains our models and other libraries' on the same rows of real logs and compares what they reach on the test part. NAME is
a comparison (--list) or a log: ${Object.keys(logs).join(', ')}. Without NAME all of them run, which takes days on two cores.
What is finished is not run again, on either side, so the work can be interrupted and split.

  --list             names of the comparisons
  --seeds N[,N...]   default 1,2,3
  --side SIDE        ours or theirs: train only these; the other side's finished runs are compared all the same
  --engine NAME      of our side (default auto)
  --threads N        of both sides (default 1)
  --quick            one epoch of the peers, few users, nothing written: does it work?
  --no-install       use only the Python environments that are there already
  --table            only write the tables again, from the results that are there
  --help             this text

MVREC_FUXICTR        a checkout of FuxiCTR's repository, whose wheel has no models
Others are those of npm run bench -- --help. MVREC_RESULTS_DIR holds our runs.
`;

const print = (line) => process.stdout.write(`${line}\n`);

/** @param {readonly string[]} args see HELP */
export async function benchQuality(args) {
  const options = optionsOf(args);
  if (options.help) return print(HELP.trimEnd());
  if (options.list) {
    for (const { name, model, theirs } of comparisons) {
      print(`${name.padEnd(24)} ${model}; ${theirs.library} ${theirs.settings.model}`);
    }
    return;
  }
  if (options.table) return writePage();
  for (const row of options.rows) {
    try {
      const compared = await compareRow(row, options);
      print(lineOf(row, compared));
      if (options.quick) continue;
      await writeRow(row.log, compared);
      await writePage();
    } catch (error) {
      print(`${row.name}: failed\n${error.message}`); // the others are compared all the same
      process.exitCode = 1;
    }
  }
}

/** Trains what was asked for, and compares it with what else is there. */
async function compareRow(row, { seeds, side, quick, engine, threads, install }) {
  const wanted = row.fixed ? seeds.slice(0, 1) : seeds;
  const ours = await collect(quick ? [] : wanted, (seed) =>
    runOurs(row, seed, { engine, threads, train: side !== 'theirs' && wanted.includes(seed) }),
  );
  const theirs = await collect(wanted, async (seed) => {
    const train = side !== 'ours' && wanted.includes(seed);
    const peer = await runPeer(row, seed, { threads, quick, install, train, onInstall: print });
    const { parts, own, ...about } = peer.answer;
    const run = { seed, ...(await measurePeer(row, peer)), own, ...about };
    print(`${row.name}, seed ${seed}: ${valuesText(run.metrics)}`);
    return run;
  });
  const { name, model, fixed, judged } = row;
  const { library, settings } = row.theirs;
  return {
    name,
    model,
    fixed,
    judged,
    ours: { ...row.ours, ...ours },
    theirs: { library, settings, ...theirs },
  };
}

/** Runs of the wanted seeds and of the usual ones; those that cannot be had are told where they are wanted. */
async function collect(wanted, runOf) {
  const runs = [];
  let absent;
  for (const seed of wanted.length > 0
    ? [...new Set([...wanted, ...DEFAULT_SEEDS])].sort((a, b) => a - b)
    : []) {
    try {
      runs.push(await runOf(seed));
    } catch (error) {
      if (!(error instanceof AbsentError)) throw error;
      if (wanted.includes(seed)) absent = error.message;
    }
  }
  return { ...(absent && { absent }), runs };
}

const valuesText = (metrics) =>
  Object.entries(metrics)
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join(', ');

function lineOf({ name, log }, compared) {
  const verdict = overall(logs[log].metrics, compared) ?? 'no verdict';
  const about = ['ours', 'theirs'].flatMap((side) => {
    const { absent, runs } = compared[side];
    return `${side} ${runs.length} seeds${absent ? ` (${absent})` : ''}`;
  });
  return `${name}: ${verdict}; ${about.join('; ')}`;
}

function optionsOf(args) {
  const { values, positionals } = parse(args, {
    list: { type: 'boolean' },
    table: { type: 'boolean' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
    'no-install': { type: 'boolean' },
    seeds: { type: 'string', default: DEFAULT_SEEDS.join() },
    side: { type: 'string' },
    engine: { type: 'string', default: 'auto' },
    threads: { type: 'string', default: '1' },
  });
  const known = [...Object.keys(logs), ...comparisons.map(({ name }) => name)];
  for (const name of positionals) {
    if (!known.includes(name))
      throw new UsageError(`no comparison or log ${name}; there are ${known.join(', ')}`);
  }
  if (values.side !== undefined && !['ours', 'theirs'].includes(values.side)) {
    throw new UsageError(`--side ${values.side}: must be ours or theirs`);
  }
  const seeds = values.seeds.split(',').map((text) => wholeNumber('seeds', text));
  return {
    ...values,
    seeds,
    install: !values['no-install'],
    threads: wholeNumber('threads', values.threads),
    rows: comparisons.filter(
      ({ name, log }) => positionals.length === 0 || positionals.includes(name) || positionals.includes(log),
    ),
  };
}

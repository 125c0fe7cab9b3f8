// What the tables of docs/results.md are made of: runs by name, which are trained unless they are there.
import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const bin = fileURLToPath(new URL('../../bin/mvrec.js', import.meta.url));

/**
 * Prints a Markdown table: a row a cell, means and standard deviations over the seeds; then the floors and, of a simulated log,
 * the oracle.
 *
 * @param {object} table
 * @param {string} table.title of the first column
 * @param {readonly {label: string, name: string, file: string, set?: readonly string[], log?: string}[]} table.cells `name` of the
 *   runs, without the seed; `file` the experiment; `set` assignments on top of it; `log` where cells do not share one
 * @param {readonly string[]} table.metrics of the test part
 * @param {Record<string, (runs: readonly object[]) => string>} [table.columns] more columns, of the runs of a cell
 * @param {readonly number[]} table.seeds
 * @param {string} table.engine
 * @param {number} [table.jobs] runs at a time
 */
export async function printTable({ title, cells, metrics, columns = {}, seeds, engine, jobs = 1 }) {
  const runs = cells.flatMap((cell) => seeds.map((seed) => ({ cell, seed })));
  await inParallel(runs, jobs, ({ cell, seed }) => trained(cell, seed, engine));
  const print = (...words) => process.stdout.write(`| ${words.join(' | ')} |\n`);
  process.stdout.write('\n');
  print(title, ...metrics, ...Object.keys(columns));
  print(...[title, ...metrics, ...Object.keys(columns)].map(() => '---'));
  const shownOf = (cell) => seeds.map((seed) => finished(runName(cell, seed, engine)));
  const row = (label, evaluations) => [
    label,
    ...metrics.map((name) => spread(evaluations.map((values) => values?.[name]))),
  ];
  for (const cell of cells) {
    const runs = shownOf(cell);
    const numbers = runs.map(({ evaluation }) => evaluation.metrics.test);
    print(...row(cell.label, numbers), ...Object.values(columns).map((of) => of(runs)));
  }
  const none = Object.keys(columns).map(() => '');
  for (const [log, cell] of new Map(cells.map((one) => [one.log ?? '', one]).reverse())) {
    const evaluations = shownOf(cell).map(({ evaluation }) => evaluation);
    for (const floor of Object.keys(evaluations[0].floors)) {
      const words = floor === 'oracle' ? 'oracle' : `floor: ${floor}`;
      print(
        ...row(
          log ? `${words}, ${log}` : words,
          evaluations.map(({ floors }) => floors[floor]),
        ),
        ...none,
      );
    }
  }
}

export const runName = ({ name }, seed, engine) => `${name}-${engine}-s${seed}`;

/** Trains a cell with a seed, unless that has been done. */
export async function trained(cell, seed, engine) {
  const name = runName(cell, seed, engine);
  if (finished(name)) return;
  const words = ['train', cell.file, '--engine', engine, '--seed', seed, '--name', name];
  const assignments = (cell.set ?? []).flatMap((one) => ['--set', one]);
  await promisify(execFile)(process.execPath, [bin, ...words, ...assignments, '--quiet']);
}

/** What `mvrec runs show` says about a finished run; null: there is none. */
export function finished(name) {
  const { status, stdout } = spawnSync(process.execPath, [bin, 'runs', 'show', `${name}/latest`, '--json'], {
    encoding: 'utf8',
  });
  const shown = status === 0 ? JSON.parse(stdout) : null;
  return shown?.status === 'finished' ? shown : null;
}

async function inParallel(tasks, jobs, work) {
  const left = tasks.values();
  const worker = async () => {
    for (const task of left) await work(task);
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}

export const mean = (numbers) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;

function spread(numbers) {
  if (numbers.some((x) => typeof x !== 'number')) return '-';
  const middle = mean(numbers);
  const squares = numbers.reduce((sum, x) => sum + (x - middle) ** 2, 0);
  return `${middle.toFixed(4)} ± ${Math.sqrt(squares / (numbers.length - 1)).toFixed(4)}`;
}

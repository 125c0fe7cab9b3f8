import { checkAll, UserError } from '../base/index.js';
import { type LoadedSweep, loadProject, loadSweep, type SweepOutline, slurmSchema } from '../config/index.js';
import { checkOutline, mostSeeds, type SweepOptions, visibleGpus } from '../sweeps/index.js';
import { requireJobs } from './jobs.js';
import { checkMetricNames, metricProblem } from './metric-names.js';

/**
 * The sweep that the arguments describe, all its cells resolved and checked as far as that goes without their data.
 *
 * @throws UserError for anything wrong in the file or options
 */
export async function sweepRequest(
  args: Readonly<Record<string, unknown>>,
): Promise<{ readonly loaded: LoadedSweep; readonly options: SweepOptions }> {
  const asked = args.jobs as number | undefined;
  const { executor, slurm } = (await loadProject(process.cwd())).values;
  const cluster =
    (args.executor ?? executor) === 'slurm'
      ? { config: slurm ?? slurmSchema.parse({}), atOnce: asked === undefined ? null : requireJobs(asked) }
      : null;
  const options: SweepOptions = {
    only: (args.only as string[] | undefined) ?? [],
    seeds: seedsOf(args.seeds as string | undefined),
    jobs: cluster ? 1 : requireJobs(asked ?? Math.max(1, visibleGpus().length)),
    cluster,
    retry: args.retry as boolean,
    failFast: args['fail-fast'] as boolean,
    dryRun: args['dry-run'] as boolean,
    untilDecided: untilDecided(args['until-decided'] as boolean, args['most-seeds'] as number | undefined),
  };
  const loaded = await loadSweep({
    file: args.file as string,
    set: args.set as string[] | undefined,
    engine: args.engine as string | undefined,
    name: args.name as string | undefined,
    on: args.on as string | undefined,
    check: (outline) => checkAll([() => checkMetrics(outline), () => checkOutline(outline)]),
  });
  return { loaded, options };
}

/** Names of metrics in every cell, and the columns in each kind of candidates. */
function checkMetrics({ cells, sweep, mistake }: SweepOutline): void {
  const known = cells.flatMap(({ loaded }) => loaded ?? []);
  const kinds = [...new Set(known.map(({ experiment }) => experiment.evaluate.candidates.kind))];
  const problemOf = (name: string): UserError | null | undefined =>
    kinds.length > 0
      ? kinds.map((kind) => metricProblem(name, kind)).find((problem) => problem !== null)
      : metricProblem(name, 'catalogue') && metricProblem(name, 'impressions'); // of no kind
  checkAll([
    ...known.map((loaded) => () => checkMetricNames(loaded)),
    ...(sweep.metrics ?? []).map((name, i) => () => {
      const problem = problemOf(name);
      if (problem) throw mistake({ path: ['metrics', i], problem: problem.problem, fix: problem.fix ?? '' });
    }),
  ]);
}

function untilDecided(asked: boolean, most: number | undefined): SweepOptions['untilDecided'] {
  if (most === undefined) return asked ? { mostSeeds: null } : null;
  if (!asked) throw new UserError('--most-seeds stands alone', 'It belongs to --until-decided.');
  if (Number.isSafeInteger(most) && most >= 2 && most <= mostSeeds) return { mostSeeds: most };
  throw new UserError(`--most-seeds is ${most}`, `Expected a whole number from 2 to ${mostSeeds}.`);
}

/** `3` is 1, 2, 3; `3,` is 3 alone. */
function seedsOf(text: string | undefined): readonly number[] | null {
  if (text === undefined) return null;
  const listed = text.includes(',');
  const words = text.split(',').map((word) => word.trim());
  if (listed && words.at(-1) === '') words.pop();
  const numbers = words.map((word) => (/^\d+$/.test(word) ? Number(word) : Number.NaN));
  const fail = (problem: string): never => {
    throw new UserError(`--seeds ${text}: ${problem}`, 'Give so many from 1, as 3, or a list, as 1,2,7.');
  };
  if (!numbers.every(Number.isSafeInteger)) {
    return fail('these are no whole numbers of at least 0');
  }
  if (new Set(numbers).size < numbers.length) return fail('one is given twice');
  if (listed) return numbers;
  const count = numbers[0]!;
  if (count < 1 || count > 1000) return fail('there must be 1 to 1000');
  return Array.from({ length: count }, (_, i) => i + 1);
}

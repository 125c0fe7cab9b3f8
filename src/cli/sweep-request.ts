import { UserError, UserErrors } from '../base/index.js';
import { type LoadedSweep, loadProject, loadSweep, slurmSchema } from '../config/index.js';
import { mostSeeds, type SweepOptions, visibleGpus } from '../sweeps/index.js';
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
  });
  checkMetrics(loaded);
  return { loaded, options };
}

/** Names of metrics in every cell, and the columns in each kind of candidates. */
function checkMetrics({ cells, sweep, mistake }: LoadedSweep): void {
  const problems = new Map<string, UserError>();
  const put = (error: UserError): void => {
    for (const one of error instanceof UserErrors ? error.all : [error]) problems.set(one.message, one);
  };
  for (const { loaded } of cells) {
    try {
      checkMetricNames(loaded);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      put(error);
    }
    for (const [i, name] of (sweep.metrics ?? []).entries()) {
      const problem = metricProblem(name, loaded.experiment.evaluate.candidates.kind);
      if (problem) put(mistake({ path: ['metrics', i], problem: problem.problem, fix: problem.fix ?? '' }));
    }
  }
  if (problems.size > 0) throw new UserErrors([...problems.values()]);
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
  const numbers = words.filter((word, i) => word !== '' || i < words.length - 1).map(Number);
  const fail = (problem: string): never => {
    throw new UserError(`--seeds ${text}: ${problem}`, 'Give so many from 1, as 3, or a list, as 1,2,7.');
  };
  if (words[0] === '' || numbers.some((seed) => !Number.isSafeInteger(seed) || seed < 0)) {
    return fail('these are no whole numbers of at least 0');
  }
  if (new Set(numbers).size < numbers.length) return fail('one is given twice');
  if (listed) return numbers;
  const count = numbers[0]!;
  if (count < 1 || count > 1000) return fail('there must be 1 to 1000');
  return Array.from({ length: count }, (_, i) => i + 1);
}

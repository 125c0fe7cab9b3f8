import { join } from 'node:path';
import { stringify } from 'yaml';
import { InterruptedError, sha256, UserError, writeFileAtomically } from '../base/index.js';
import type { Experiment, LoadedExperiment, Settings, TuneConfig } from '../config/index.js';
import { reportedName } from '../evaluation/index.js';
import { metricDirection } from '../metrics/index.js';
import { mvrecVersion } from '../runs/index.js';
import type { Probed, Reporter } from '../training/index.js';
import { ask, errorOf } from './ask.js';
import { inLanes, threadsFor } from './executor.js';
import { compareTrials } from './outcome.js';
import { samplerOf } from './samplers.js';
import { checkTune, variationsOf } from './space.js';
import { Study, type StudyRecord, studyFiles, type Trial } from './study.js';
import { TrialRunner } from './trial.js';

export interface TuneRequest {
  /** Trials at once. */
  readonly jobs: number;
  /** Go on with trials that failed, too. */
  readonly retryFailed: boolean;
  /** Tell of every epoch. */
  readonly verbose: boolean;
}

export interface TuneSurroundings {
  readonly settings: Settings;
  /** Words of the command line, for the record. */
  readonly command: readonly string[];
  readonly reporter: Pick<Reporter, 'note' | 'counting'>;
  readonly signal: AbortSignal;
}

/** What a finished search has to show. */
export interface TuneResult {
  readonly study: string;
  readonly directory: string;
  /** On validation. */
  readonly metric: string;
  readonly goal: 'higher' | 'lower';
  readonly sampler: TuneConfig['sampler'];
  /** Best first. */
  readonly trials: readonly Trial[];
  readonly best: Trial;
  /** The experiment with the best assignment, ready to be trained. */
  readonly bestFile: string;
}

/**
 * Searches the space of an experiment, or goes on with a search that was interrupted.
 *
 * @param loaded checked as far as that goes without its data
 * @throws UserError when something is wrong with the search, or no trial came to its end
 * @throws InterruptedError when the signal is aborted; the same call goes on
 */
export async function tune(
  loaded: LoadedExperiment,
  { jobs, retryFailed, verbose }: TuneRequest,
  surroundings: TuneSurroundings,
): Promise<TuneResult> {
  const { tune: search, trials: total } = checkTune(loaded);
  const { settings, reporter, signal } = surroundings;
  const plan = planOf(loaded, search, jobs);
  const study = new Study(join(settings.resultsDir, plan.study));
  let record = await study.open();
  try {
    if (record && record.identity !== plan.identity) {
      throw new UserError(
        `${study.directory} holds another search`,
        'Move it away, or search under another name (--name).',
      );
    }
    const waiting = study.trials.filter(
      ({ state }) => state === 'running' || (retryFailed && state === 'failed'),
    );
    const missing = Math.max(0, total - study.trials.length);
    if (search.trials !== undefined && study.trials.length > total) {
      reporter.note(
        `note: study ${plan.study} has ${study.trials.length} trials already, more than the ${total} asked for; all of them count`,
      );
    }
    if (waiting.length + missing > 0) {
      const words = record ? `going on with study ${plan.study}` : `study ${plan.study}`;
      reporter.note(`${words}: ${missing + waiting.length} of ${total} trials to do`);
      const data = await checkedData(plan.experimentOf(loaded).experiment, surroundings);
      record ??= await begin(study, plan, search, data);
      requireSame(record, data, study.directory);
      const version = await mvrecVersion();
      if (record.mvrec !== version) reporter.note(`note: the study was begun with mvrec ${record.mvrec}`);
      const runner = new TrialRunner(loaded, plan, search, study, record, surroundings, verbose);
      const sampler = samplerOf(search);
      await inLanes(jobs, signal, () => {
        const trial =
          waiting.shift() ?? (study.trials.length < total ? sampled(study, sampler, record!) : null);
        return trial && ((stop) => runner.run(trial, total, stop));
      });
      if (signal.aborted) throw new InterruptedError();
    }
    return await resultOf(loaded, plan, study, search);
  } finally {
    await study.close();
  }
}

/** What a search makes of its experiment. */
export interface Plan {
  readonly study: string;
  readonly identity: string;
  readonly metric: string;
  readonly goal: 'higher' | 'lower';
  /** A trial's experiment, which never looks at test, and where its values come from. */
  experimentOf(varied: LoadedExperiment): {
    readonly experiment: Experiment & { readonly name: string };
    readonly origins: Readonly<Record<string, string>>;
  };
}

function planOf({ experiment }: LoadedExperiment, { trials: _, ...search }: TuneConfig, jobs: number): Plan {
  const { name, tune: __, ...rest } = experiment;
  const identity = sha256(JSON.stringify({ experiment: rest, search }));
  const study = `${name}-tune-${identity.slice(0, 8)}`;
  const metric = search.metric ?? experiment.train.monitor;
  return {
    study,
    identity,
    metric: reportedName(experiment.evaluate.candidates, metric),
    goal: metricDirection(metric),
    experimentOf: (varied) => {
      const { tune: _, ...own } = varied.experiment;
      const { evaluate, engine } = own;
      const metrics = [...new Set([...evaluate.metrics, metric])];
      const threads = engine.threads === 'auto' && jobs > 1 ? threadsFor(jobs) : engine.threads;
      const origins = Object.fromEntries([...varied.origins].filter(([path]) => !path.startsWith('tune.')));
      const ours = ['name', 'evaluate.test', 'evaluate.metrics', 'engine.threads'];
      return {
        experiment: {
          ...own,
          name: study,
          evaluate: { ...evaluate, metrics, test: false },
          engine: { ...engine, threads },
        },
        origins: { ...origins, ...Object.fromEntries(ours.map((path) => [path, 'mvrec tune'])) },
      };
    },
  };
}

async function begin(
  study: Study,
  { identity, metric, goal, study: name }: Plan,
  { trials: _, ...search }: TuneConfig,
  data: string,
): Promise<StudyRecord> {
  return study.begin({
    study: name,
    identity,
    mvrec: await mvrecVersion(),
    created: new Date().toISOString(),
    data,
    metric,
    goal,
    search,
  });
}

/** Has the data imported and the experiment tried out, before there are many processes that would all complain. */
async function checkedData(
  experiment: Experiment,
  { reporter, ...surroundings }: TuneSurroundings,
): Promise<string> {
  const onNote = (text: string): void => reporter.note(text);
  const onCount = reporter.counting.bind(reporter);
  const [answer] = await ask<Probed>('probe', [experiment], { ...surroundings, onNote, onCount });
  if ('mistake' in answer!) throw errorOf(answer.mistake);
  return answer!.value.data!;
}

function requireSame({ data }: StudyRecord, now: string, directory: string): void {
  if (data === now) return;
  throw new UserError(
    `the data of the study have changed (${data.slice(0, 12)} when it began, ${now.slice(0, 12)} now)`,
    `Restore the files, or move ${directory} away to begin anew.`,
  );
}

/** The next trial, which is then the study's. */
function sampled(study: Study, sampler: ReturnType<typeof samplerOf>, { goal }: StudyRecord): Trial {
  const ended = study.trials.filter(({ state }) => state !== 'running').sort(compareTrials(goal));
  const assignments = (trials: readonly Trial[]) => trials.map(({ assignment }) => assignment);
  const trial: Trial = {
    number: study.trials.length + 1,
    assignment: sampler.assign(study.trials.length, assignments(study.trials), assignments(ended)),
    knew: ended.map(({ number }) => number).sort((a, b) => a - b),
    state: 'running',
    value: null,
    epochs: 0,
    seconds: 0,
    run: null,
    reason: null,
    rungs: [],
  };
  study.trials.push(trial);
  return trial;
}

async function resultOf(
  loaded: LoadedExperiment,
  { study: name, metric, goal }: Plan,
  study: Study,
  { sampler }: TuneConfig,
): Promise<TuneResult> {
  const { directory } = study;
  const trials = [...study.trials].sort(compareTrials(goal));
  const best = trials[0]!;
  if (best.state !== 'finished') {
    const { number, state, reason } = best;
    throw new UserError(
      `none of the ${trials.length} trials came to its end; trial ${number} ${state}: ${reason}`,
      `All are listed in ${join(directory, studyFiles.trials)}.`,
    );
  }
  const bestFile = join(directory, studyFiles.best);
  const { tune: _, ...experiment } = loaded.vary(variationsOf(best.assignment)).experiment;
  const head = `# Trial ${best.number} of study ${name}: ${metric} ${best.value} on validation, the best of ${trials.length}.\n`;
  const tuned = { ...experiment, name: `${experiment.name}-tuned` };
  await writeFileAtomically(bestFile, head + stringify(tuned));
  return { study: name, directory, metric, goal, sampler, trials, best, bestFile };
}

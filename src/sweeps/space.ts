import { UserError, UserErrors } from '../base/index.js';
import type { Domain, LoadedExperiment, TuneConfig, Variation } from '../config/index.js';
import { type Assignment, endsOf, type Space, sizeOf } from './domain.js';
import { cellAt, samplerOf } from './samplers.js';

/** Trials where nobody says how many. */
const usualTrials = 20;
const mostCells = 10_000;
/** Assignments that are looked at before a study begins. */
const mostChecked = 500;

/** A search that can begin. */
export interface CheckedTune {
  readonly tune: TuneConfig;
  readonly trials: number;
}

/**
 * What can be known to be wrong with a search before it begins: an option that does not exist or may not be searched, a
 * value out of its option's range, values that do not go together, a grid without end.
 *
 * @throws UserError or UserErrors, each with its place in the file
 */
export function checkTune(loaded: LoadedExperiment): CheckedTune {
  const { experiment, mistake } = loaded;
  const { tune } = experiment;
  if (!tune) {
    throw new UserError(
      'the experiment says nothing of what to search: it has no section tune',
      'Add one, for example tune: { space: { train.optimizer.learningRate: { low: 0.0001, high: 0.1, log: true } } }.',
      loaded.place(''),
    );
  }
  const problems: UserError[] = [];
  if (Object.keys(tune.space).length === 0) {
    const fix = 'Name an option by its path, with values: [...], or low and high.';
    problems.push(mistake({ path: 'tune.space', problem: 'tune.space is empty', fix }));
  }
  if (experiment.train.selectOn === 'test') {
    const problem = 'train.selectOn is test, which a search must not see';
    problems.push(mistake({ path: 'train.selectOn', problem, fix: 'Use validation, or last.' }));
  }
  const { epochs } = experiment.train;
  if (tune.prune.kind === 'asha' && tune.prune.minEpochs >= epochs && !('train.epochs' in tune.space)) {
    const problem = `tune.prune.minEpochs is ${tune.prune.minEpochs} and train.epochs ${epochs}, so no trial is ever stopped early`;
    problems.push(mistake({ path: 'tune.prune', problem, fix: 'Decide earlier, or leave prune out.' }));
  }
  for (const [key, domain] of Object.entries(tune.space)) {
    const found = keyProblem(key, Object.keys(tune.space)) ?? domainProblem(key, domain, tune.sampler);
    if (found) problems.push(mistake({ path: ['tune', 'space', key], ...found }));
  }
  if (problems.length > 0) throw new UserErrors(problems);
  const trials = trialsOf(loaded, tune);
  requireValid(loaded, tune, trials);
  return { tune, trials };
}

interface Problem {
  readonly problem: string;
  readonly fix: string;
}

/** Sections that decide what a model is and how it learns, and not by what it is judged. */
const searched = /^(model|train)\.|^data\.(history|negativeHistory|standardize)$/;
const judged = ['train.selectOn', 'train.monitor', 'train.checkpointSeconds', 'train.checkpointSteps'];

function keyProblem(key: string, keys: readonly string[]): Problem | null {
  const around = keys.find((other) => key.startsWith(`${other}.`));
  if (around) {
    return { problem: `tune.space has ${key} and ${around}, which holds it`, fix: 'Search one of the two.' };
  }
  if (key === 'seed') {
    return {
      problem: 'seed cannot be searched: the best of many is luck',
      fix: 'Train the best assignment with several seeds afterwards.',
    };
  }
  if (searched.test(key) && !judged.includes(key)) return null;
  return {
    problem: `${key} cannot be searched`,
    fix: 'Trials are held against one another, so they differ in model, train, data.history, data.negativeHistory and data.standardize only, and not in what is measured.',
  };
}

function domainProblem(key: string, domain: Domain, sampler: TuneConfig['sampler']): Problem | null {
  if ('values' in domain) {
    const words = domain.values.map((value) => JSON.stringify(value));
    const twice = words.find((word, i) => words.indexOf(word) !== i);
    if (twice === undefined) return null;
    return { problem: `tune.space.${key} names ${twice} twice`, fix: 'Keep one of the two.' };
  }
  if (sampler !== 'grid' || Number.isFinite(sizeOf(domain))) return null;
  return {
    problem: `tune.space.${key} has no steps, so there is no grid of it`,
    fix: 'Give it a step, integer: true or values, or use another sampler.',
  };
}

/** @throws UserError where there are fewer trials than the grid has cells, or too many cells */
function trialsOf({ mistake }: LoadedExperiment, tune: TuneConfig): number {
  const { size } = samplerOf(tune);
  if (tune.sampler !== 'grid') return Math.min(size, tune.trials ?? usualTrials);
  if (size > mostCells) {
    const problem = `the grid has ${size.toLocaleString('en')} combinations`;
    throw mistake({ path: 'tune.space', problem, fix: 'Give fewer values, or use sampler: random or tpe.' });
  }
  if (tune.trials !== undefined && tune.trials < size) {
    throw mistake({
      path: 'tune.trials',
      problem: `the grid has ${size} combinations, more than the ${tune.trials} trials`,
      fix: 'Leave the trials out, give fewer values, or use sampler: random, which draws some of them.',
    });
  }
  return size;
}

/** Every end of every domain, all ends together as far as they can be listed, and what the sampler says beforehand. */
function requireValid(loaded: LoadedExperiment, tune: TuneConfig, trials: number): void {
  const problems = new Map<string, UserError>();
  const check = (variations: readonly Variation[]): void => {
    try {
      loaded.vary(variations);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      for (const one of error instanceof UserErrors ? error.all : [error]) {
        const place = JSON.stringify(one.place);
        if (!problems.has(place)) problems.set(place, one);
      }
    }
  };
  for (const variations of endsTogether(tune.space)) check(variations);
  if (problems.size === 0 && tune.sampler !== 'tpe') {
    const sampler = samplerOf(tune);
    for (let number = 0; number < Math.min(trials, mostChecked); number++) {
      check(variationsOf(sampler.assign(number, [], [])));
    }
  }
  if (problems.size > 0) throw new UserErrors([...problems.values()]);
}

/** Each end with the first of the other options, then all combinations of ends where they are few. */
function endsTogether(space: Space): Variation[][] {
  const ends = Object.entries(space).map(([path, domain]) =>
    endsOf(domain).map(({ value, at }): Variation => ({ path, value, from: ['tune', 'space', path, ...at] })),
  );
  const first = ends.map((some) => some[0]!);
  const each = ends.flatMap((some, i) => some.map((end) => first.with(i, end)));
  const places = Object.fromEntries(ends.map((some, i) => [String(i), { values: [...some.keys()] }]));
  const all = ends.reduce((product, some) => product * some.length, 1);
  if (all > mostChecked) return each;
  const together = Array.from({ length: all }, (_, number) => {
    const cell = Object.values(cellAt(places, number)) as number[];
    return ends.map((some, i) => some[cell[i]!]!);
  });
  return [...each, ...together];
}

/** An assignment as changes of the experiment. */
export function variationsOf(assignment: Assignment): Variation[] {
  return Object.entries(assignment).map(([path, value]) => ({ path, value, from: ['tune', 'space', path] }));
}

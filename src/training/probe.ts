import { hashFile } from '../base/index.js';
import type { Experiment } from '../config/index.js';
import { lookUpSource, planEpoch } from '../data/index.js';
import { DivergedError, Optimizer, openEngine } from '../engine/index.js';
import { isTrainable } from '../models/index.js';
import type { Grounds } from '../runs/index.js';
import { startProgress } from './progress.js';
import { openAll, openData, type Surroundings } from './session.js';
import { plannedSteps } from './step.js';

/** Pairs of the first step of a probe. */
const tinyBatch = 32;

/** What a probe has measured. */
export interface Probed {
  /** Fingerprint of the data; null where they are not there. */
  readonly data: string | null;
  /** Seconds of one step of full size; null for what does not learn by steps. */
  readonly secondsPerStep: number | null;
  /** Steps of all epochs, should none stop the training early. */
  readonly steps: number;
}

/**
 * Does what `startRun` does before it makes a folder, then a step on a tiny batch, and two of full size, the second against the clock. A
 * model that goes through all of the train part at once is built and not stepped. Nothing is saved.
 *
 * @param make has data simulated or imported where they are not there yet; else there is nothing to try
 * @throws UserError for what the model and its data do not bear
 */
export async function probeRun(
  experiment: Experiment,
  surroundings: Surroundings,
  make: boolean,
): Promise<Probed> {
  const { isHere } = await lookUpSource(experiment.data.source, surroundings.settings.dataDir);
  if (!make && !isHere) return { data: null, secondsPerStep: null, steps: 0 };
  const { data, model } = await openAll(experiment, surroundings);
  const { fingerprint } = data.store;
  if (!isTrainable(model)) return { data: fingerprint, secondsPerStep: null, steps: 0 };
  const { train: config, seed } = experiment;
  if (model.sweep) return { data: fingerprint, secondsPerStep: null, steps: config.epochs };
  const optimizer = new Optimizer(model.parameters, { ...config.optimizer, clipNorm: config.clipNorm });
  const step = async (batchSize: number) => {
    const plan = planEpoch(data, {
      ...config,
      batchSize,
      histories: model.histories,
      rowFields: model.rowFields,
      pairing: model.pairing,
      seed,
      epoch: 0,
    });
    const steps = plannedSteps(model, optimizer, plan, seed);
    const began = performance.now();
    await steps.take(startProgress(config));
    return { seconds: (performance.now() - began) / 1000, steps: steps.count };
  };
  try {
    // What the first step of a size costs beyond others (compiling, first touch of memory) no epoch pays again.
    await step(Math.min(tinyBatch, config.batchSize));
    await step(config.batchSize);
    const { seconds, steps } = await step(config.batchSize);
    return { data: fingerprint, secondsPerStep: seconds, steps: steps * config.epochs };
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    return { data: fingerprint, secondsPerStep: null, steps: 0 }; // the run will say so, as a result
  } finally {
    optimizer.dispose();
    model.parameters.dispose(); // the next probe's weights take their place
  }
}

/** What a result is a function of, as far as that is known before data are made. */
export type KnownGrounds = Omit<Grounds, 'data'> & { readonly data: string | null };

/**
 * What a run of this experiment would be a function of.
 *
 * @param make has data simulated or imported where they are not there yet; else null stands for them
 * @throws UserError where there are no such data
 */
export async function groundsOf(
  experiment: Experiment,
  surroundings: Surroundings,
  make: boolean,
): Promise<KnownGrounds> {
  const { data, evaluate } = experiment;
  const { name } = await openEngine(experiment.engine);
  const { dataDir } = surroundings.settings;
  const known = await lookUpSource(data.source, dataDir);
  // What a filter leaves has a fingerprint of its own, which the data tell.
  const isKnown = known.fingerprint !== null && data.filter === undefined;
  const mayOpen = make || (known.isHere && data.filter !== undefined);
  const fingerprint = isKnown
    ? known.fingerprint
    : mayOpen
      ? (await openData(experiment, surroundings)).store.fingerprint
      : null;
  const candidates =
    evaluate.candidates.kind === 'file' ? await hashFile(evaluate.candidates.path) : undefined;
  return { data: fingerprint, engine: name, candidates };
}

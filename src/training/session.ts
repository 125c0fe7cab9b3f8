import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InterruptedError, UserError, UserErrors, unfinishedPath, WriteError } from '../base/index.js';
import type { Experiment, Settings } from '../config/index.js';
import {
  auditLine,
  type CandidateSpec,
  type Candidates,
  filteredText,
  filterLacks,
  openCandidates,
  openSource,
  type PreparedData,
  prepare,
  type SplitName,
} from '../data/index.js';
import { type Engine, explainOutOfMemory, kernelsNote, openEngine } from '../engine/index.js';
import type { MetricValues } from '../metrics/index.js';
import { buildModel, isTrainable, type Model, modelLacks, requireFeatures } from '../models/index.js';
import {
  type AuditRecord,
  collectProvenance,
  createRun,
  type MetricsRecord,
  openRun,
  type Run,
  type RunCost,
  type RunRecord,
} from '../runs/index.js';
import { auditExperiment, recordOf } from './audit.js';
import type { PartMetrics } from './final.js';
import { MlflowTracker } from './mlflow/tracker.js';
import { beginPretrained, namePretrained } from './pretrained.js';
import { requireLearnable, requireLists, skippedUsers } from './requirements.js';
import {
  type Prune,
  type Reporter,
  RunPruned,
  type Session,
  TrainingDiverged,
  type TrainingResult,
  train,
} from './train.js';

/** Where things are kept and who is told how it goes. */
export interface Surroundings {
  readonly settings: Settings;
  /** Words of the command line, for the record. */
  readonly command: readonly string[];
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** May end a run before its time. */
  readonly prune?: Prune;
}

/** What a finished `train` has to show. */
export interface RunResult {
  readonly run: string;
  readonly directory: string;
  readonly status: 'finished';
  readonly engine: string;
  readonly device: string;
  readonly threads: number;
  /** Of this process. */
  readonly seconds: number;
  readonly examplesPerSecond: number | null;
  readonly peakMemoryBytes: number;
  readonly metrics: PartMetrics;
  readonly floors: Readonly<Record<string, MetricValues>>;
  readonly selection: TrainingResult['selection'];
  readonly caveat: string | null;
  /** From when the run began; null for runs of versions that did not audit. */
  readonly audit: AuditRecord | null;
}

/**
 * Trains an experiment as a new run.
 *
 * @param part which trial of which study, or cell of which sweep, the run is, for the record
 */
export async function startRun(
  asked: Experiment & { readonly name: string },
  origins: Readonly<Record<string, unknown>>,
  surroundings: Surroundings,
  part: Pick<RunRecord, 'trial' | 'cell'> = {},
): Promise<RunResult> {
  const { settings, command, reporter } = surroundings;
  const { engine, experiment, data, model, candidates } = await openAll(asked, surroundings);
  const audit = recordOf(await auditExperiment(experiment, data, settings, candidates));
  reporter.note(`audit: ${auditLine(audit)}${howToSee(audit, command)}`);
  const { name, device, threads, version } = engine;
  const provenance = await collectProvenance({
    engine: { name, device, threads, version },
    data: data.store,
    audit,
    candidates: candidates.kind === 'file' ? candidates.sha256 : undefined,
    seed: experiment.seed,
    command,
  });
  const { resultsDir } = settings;
  const run = await createRun({
    resultsDir,
    name: experiment.name,
    experiment,
    origins,
    provenance,
    ...part,
  });
  reporter.note(`run ${run.id} on ${engine.name} (${engine.device}), ${data.split.train.length} train rows`);
  const begin = (fresh: Model) => beginPretrained(fresh, experiment, settings.resultsDir);
  return work({ run, model, experiment, data, candidates, begin, ...surroundings }, engine, settings);
}

/** Engine, data, a model as it begins and the candidates, checked to go together. */
export async function openAll<E extends Experiment>(asked: E, surroundings: Surroundings) {
  const { reporter, settings } = surroundings;
  const engine = await openEngine(asked.engine);
  const slower = engine.passedOver.find(({ name }) => name === 'tensorflow');
  if (slower) reporter.note(`note: not on tensorflow: ${slower.reason} (see mvrec doctor)`);
  if (engine.kernelsProblem) reporter.note(`note: ${kernelsNote(engine.kernelsProblem)}`);
  const data = await openData(asked, surroundings);
  // What the data lack is told before there is a folder.
  requireFeatures(asked.model, data.store);
  const model = buildModel(asked.model, data, asked.seed, asked.train.negatives);
  const candidates = await openLists(asked.evaluate.candidates, data, surroundings);
  const experiment = await namePretrained(asked, data, settings.resultsDir);
  if (isTrainable(model)) {
    requireLearnable(experiment, data);
    const skipped = model.sweep ? null : skippedUsers(experiment, data);
    if (skipped !== null) reporter.note(`note: ${skipped}`);
    requireLists(experiment.train, candidates);
  }
  return { engine, experiment, data, model, candidates };
}

/** The command that tells what a run was warned of. */
function howToSee({ leaks, warnings }: AuditRecord, command: readonly string[]): string {
  if (leaks + warnings === 0 || command[0] !== 'train') return '';
  const words = command.slice(1).map((word) => (/^[\w./=:@%+,-]+$/.test(word) ? word : `'${word}'`));
  return ` (mvrec data audit ${words.join(' ')})`;
}

/** Goes on with a run that was interrupted, on the engine it was started on, to the same result. */
export async function resumeRun(name: string, surroundings: Surroundings): Promise<RunResult> {
  const run = await openRun(surroundings.settings.resultsDir, name);
  const { provenance } = run.record;
  const { state } = await run.status();
  if (state === 'finished' || state === 'pruned' || state === 'diverged') {
    throw new UserError(
      `run ${run.id} is ${state}: there is nothing to resume`,
      `See: mvrec runs show ${run.id}`,
    );
  }
  const experiment = await run.experiment();
  const engine = await openEngine(provenance.engine as Experiment['engine']);
  const data = await openData(experiment, surroundings);
  requireSameData(run, data);
  const candidates = await openLists(experiment.evaluate.candidates, data, surroundings);
  requireSameLists(run, candidates);
  const { reporter } = surroundings;
  reporter.note(`resuming run ${run.id} on ${engine.name} (${engine.device})`);
  if (engine.kernelsProblem) reporter.note(`note: ${kernelsNote(engine.kernelsProblem)}`);
  if (engine.version !== provenance.versions.engine || engine.device !== provenance.engine.device) {
    const then = `${provenance.engine.device}, ${provenance.versions.engine}`;
    reporter.note(`note: it was started on ${then}, so it may not end in the same bits`);
  }
  const model = buildModel(experiment.model, data, experiment.seed, experiment.train.negatives);
  const begin = (fresh: Model) => beginPretrained(fresh, experiment, surroundings.settings.resultsDir);
  return work(
    { run, model, experiment, data, candidates, begin, ...surroundings },
    engine,
    surroundings.settings,
  );
}

/** The data of an experiment, imported or simulated when it is not there yet. */
export async function openData(
  experiment: Experiment,
  { settings, reporter, signal }: Omit<Surroundings, 'command'>,
): Promise<PreparedData> {
  const store = await openSource(experiment.data.source, {
    dataDir: settings.dataDir,
    onProgress: (text) => reporter.note(text),
    onCount: (done, rows) => reporter.counting({ what: 'rows', done, rows }),
    signal,
  });
  if (store.caveat) reporter.note(`note: ${store.caveat}`);
  // A filter on what is not there would hide what else is not.
  const lacking = filterLacks(store, experiment.data.filter);
  if (lacking.length > 0) throw new UserErrors([...lacking, ...modelLacks(experiment.model, store)]);
  const data = prepare(store, experiment.data);
  if (data.filtered) reporter.note(`data.filter: ${filteredText(data.filtered)}`);
  return data;
}

/** What positives are ranked among, and its lists where a file has them. @param parts those to tell of; default: all */
export async function openLists(
  spec: CandidateSpec,
  data: PreparedData,
  { settings, reporter, signal }: Omit<Surroundings, 'command'>,
  parts?: readonly SplitName[],
): Promise<Candidates> {
  const spill = unfinishedPath(join(settings.dataDir, 'spill'));
  const candidates = await openCandidates(spec, data, { spill, signal }, parts).finally(() =>
    rm(spill, { recursive: true, force: true }),
  );
  if (candidates.kind === 'file') reporter.note(candidates.report);
  return candidates;
}

/** @throws UserError when the file of candidates has changed since a run was started */
export function requireSameLists(run: Run, candidates: Candidates): void {
  const then = run.record.provenance.candidates;
  if (candidates.kind !== 'file' || then === candidates.sha256) return;
  throw new UserError(
    `the candidates of run ${run.id} have changed (${then?.slice(0, 12) ?? 'none'} then, ${candidates.sha256.slice(0, 12)} now)`,
    `Restore ${candidates.path}, or start a new run.`,
  );
}

/** @throws UserError when the files behind a run have changed since */
export function requireSameData(run: Run, { store }: PreparedData): void {
  const { fingerprint } = run.record.provenance.data;
  if (fingerprint === store.fingerprint) return;
  throw new UserError(
    `the data of run ${run.id} has changed (${fingerprint.slice(0, 12)} then, ${store.fingerprint.slice(0, 12)} now)`,
    'Restore the files it was trained on, or start a new run.',
  );
}

/** Trains under the run's lock, and leaves its status true however it ends. */
async function work(session: Session, engine: Engine, { mlflow }: Settings): Promise<RunResult> {
  const { run, experiment, reporter } = session;
  const began = performance.now();
  await run.lock();
  const before = (await run.status()).seconds;
  const seconds = (): number => (performance.now() - began) / 1000;
  const note = (text: string): void => reporter.note(text);
  const tracker = mlflow ? new MlflowTracker(run, experiment, mlflow, note) : null;
  const end = async (
    state: 'finished' | 'pruned' | 'interrupted' | 'diverged' | 'failed',
    { reason, cost }: { readonly reason?: string; readonly cost?: RunCost } = {},
  ): Promise<void> => {
    run.log[state === 'finished' || state === 'pruned' ? 'info' : 'error']({ state, reason }, 'end');
    await run.setStatus(state, {
      seconds: before + seconds(),
      epochs: run.readMetrics().length,
      ...(reason && { reason }),
      ...(cost && { cost }),
    });
    await tracker?.end(state, await finalRecord(run));
  };
  try {
    await run.setStatus('running');
    run.log.info(
      { engine: engine.name, device: engine.device, threads: engine.threads, seconds: before },
      'begin',
    );
    const { examplesPerSecond, metrics, floors, selection, caveat } = await train({ ...session, tracker });
    const peakMemoryBytes = process.resourceUsage().maxRSS * 1024;
    const { model } = session;
    const parameters = isTrainable(model) ? model.parameters.size : null;
    await end('finished', { cost: { parameters, examplesPerSecond, peakMemoryBytes } });
    const { name, device, threads } = engine;
    return {
      run: run.id,
      directory: run.directory,
      status: 'finished',
      engine: name,
      device,
      threads,
      seconds: seconds(),
      examplesPerSecond,
      peakMemoryBytes,
      metrics,
      floors,
      selection,
      caveat,
      audit: run.record.provenance.audit ?? null,
    };
  } catch (thrown) {
    const error = explainOutOfMemory(thrown);
    if (error instanceof InterruptedError) {
      await end('interrupted');
      const mvrec = process.env.npm_command === 'exec' ? 'npx mvrec' : 'mvrec'; // as it was called
      throw new InterruptedError(`${mvrec} train --resume ${run.id}`);
    }
    await end(endState(error), { reason: (error as Error).message });
    throw error;
  } finally {
    if (isTrainable(session.model)) session.model.parameters.dispose();
    await run.unlock();
  }
}

/** A run that could not be written can be gone on with. */
function endState(error: unknown): 'pruned' | 'diverged' | 'interrupted' | 'failed' {
  if (error instanceof RunPruned) return 'pruned';
  if (error instanceof TrainingDiverged) return 'diverged';
  return error instanceof WriteError ? 'interrupted' : 'failed';
}

/** What the run ends with, as an epoch's record: on test, and where no epoch told of it, on validation. */
async function finalRecord(run: Run): Promise<MetricsRecord | null> {
  const { metrics } = (await run.readEvaluation()) ?? {};
  if (!metrics) return null;
  const { epoch = 0, step = 0 } = run.readMetrics().at(-1) ?? {};
  const { validation: _, ...others } = metrics;
  return { epoch, step, metrics: epoch > 0 ? others : metrics };
}

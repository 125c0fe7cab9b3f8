import { omit, sha256 } from '../base/index.js';
import { type Experiment, experimentSchema } from '../config/index.js';
import type { Provenance, RunRecord } from './layout.js';

/**
 * What a result is a function of, besides the experiment.
 *
 * @param data fingerprint of the store
 * @param engine name of the engine that computes
 * @param candidates SHA-256 of the file of candidates, where there is one
 */
export interface Grounds {
  readonly data: string;
  readonly engine: string;
  readonly candidates?: string | undefined;
}

/**
 * Digest of all that says what comes out of a run: the resolved experiment with its seed, the contents of the data and of a file
 * of candidates, and the engine. The name, places of files, presets (their values count), the number of threads, when to
 * save, how many contexts are encoded at once and which metrics are listed do not count.
 */
export function identityOf(experiment: Experiment, { data, engine, candidates }: Grounds): string {
  const asked = { ...contentOf(experiment), data: omit(experiment.data, 'source') };
  return sha256(sorted({ ...asked, grounds: { data, engine, candidates } }));
}

/** The same for experiments that are not compared beyond their data's name: what of them says what comes out. */
export function contentOf(experiment: Experiment) {
  const { train, evaluate } = experiment;
  const { candidates } = evaluate;
  return {
    ...omit(experiment, 'name', 'presets', 'tune', 'engine'),
    train: omit(train, 'checkpointSeconds', 'checkpointSteps'),
    evaluate: {
      ...omit(evaluate, 'metrics', 'contextsPerBatch'),
      candidates: candidates.kind === 'file' ? { kind: 'file' } : candidates,
    },
  };
}

/** What a run was computed on. */
export function groundsOf({ data, engine, candidates }: Provenance): Grounds {
  return { data: data.fingerprint, engine: engine.name, candidates };
}

/** The identity of a run; null where its experiment is none of this version. */
export function identityOfRun({ provenance }: RunRecord, experiment: unknown): string | null {
  const parsed = experimentSchema.safeParse(experiment);
  return parsed.success ? identityOf(parsed.data, groundsOf(provenance)) : null;
}

/** JSON whose keys are in order, so that the order in which they were written does not count. */
export function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

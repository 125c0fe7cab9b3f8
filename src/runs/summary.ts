import type { RunState } from './layout.js';
import type { Run } from './run.js';

/** A run in a line. */
export interface RunSummary {
  readonly run: string;
  readonly name: string;
  readonly model: string;
  readonly seed: number;
  readonly status: RunState;
  readonly reason: string | null;
  readonly epochs: number;
  readonly seconds: number;
  readonly created: string;
  /** The first metric of the experiment on the test part; null before the final evaluation. */
  readonly test: { readonly metric: string; readonly value: number | null } | null;
}

export async function summarizeRun(run: Run): Promise<RunSummary> {
  const { id, name, model, seed, created } = run.record;
  const { state, reason, epochs, seconds } = await run.status();
  const evaluation = await run.readEvaluation();
  const [first] = Object.entries(evaluation?.metrics.test ?? {});
  const test = first ? { metric: first[0], value: first[1] } : null;
  return { run: id, name, model, seed, status: state, reason, epochs, seconds, created, test };
}

import type { Experiment } from '../config/index.js';
import type { Breakdown } from '../evaluation/index.js';
import type { Run, RunEvaluation } from '../runs/index.js';
import type { Entry } from './material.js';

/** What a run's folder tells; of a run that is going or was cut off, as far as it came. */
export async function entryOf(run: Run, label: string, part: 'test' | 'validation'): Promise<Entry> {
  const { state, reason, epochs: _, seconds, cost } = await run.status();
  const evaluation = state === 'finished' ? await run.readEvaluation() : null;
  const { record } = run;
  return {
    label,
    seed: record.seed,
    state,
    reason,
    run: `${record.name}/${record.id}`,
    metrics: evaluation?.metrics[part] ?? null,
    floors: (evaluation?.floors ?? null) as Entry['floors'],
    breakdown: breakdownIn(evaluation, part),
    epochs: run.readMetrics(),
    seconds,
    cost: cost ?? null,
    provenance: record.provenance,
    protocol: await run.experiment().then(protocolOf, () => null), // of another version of mvrec
  };
}

/** Absent in runs of versions that did not break down. */
function breakdownIn(evaluation: RunEvaluation | null, part: 'test' | 'validation'): Breakdown | null {
  const all = evaluation?.breakdown as Readonly<Record<string, Breakdown | undefined>> | undefined;
  return all?.[part] ?? null;
}

/** How the data are cut, what chooses the epoch, what is ranked. */
export function protocolOf({ data, train, evaluate }: Experiment): string {
  const words = (options: object): string =>
    Object.entries(options)
      .filter(([key, value]) => key !== 'kind' && value !== null)
      .map(([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
      .join(', ');
  const kindOf = ({ kind, ...rest }: { readonly kind: string }): string =>
    Object.keys(rest).length > 0 ? `${kind} (${words(rest)})` : kind;
  return [
    `split ${kindOf(data.split)}`,
    `label ${data.label}`,
    `epoch chosen on ${train.selectOn} by ${train.monitor}`,
    `candidates ${kindOf(evaluate.candidates)}`,
  ].join('; ');
}

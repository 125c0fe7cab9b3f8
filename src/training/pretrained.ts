import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../base/index.js';
import type { Experiment } from '../config/index.js';
import type { PreparedData } from '../data/index.js';
import type { ArraySource } from '../engine/index.js';
import { joinPretrained, type Model } from '../models/index.js';
import { openRun, type Run } from '../runs/index.js';

type Ncf = Extract<Experiment['model'], { name: 'ncf' }>;

const variants = { gmf: 'GMF', mlp: 'MLP' } as const;
type Part = keyof typeof variants;
const widths = { gmf: 'factors', mlp: 'layers' } as const;

/**
 * The experiment with the runs that it begins with under their full names, so that it stays what it was when there is a newer one.
 *
 * @throws UserError when a run is not there or not finished, or was trained on other rows or as another model
 */
export async function namePretrained<E extends Experiment>(
  experiment: E,
  data: PreparedData,
  resultsDir: string,
): Promise<E> {
  const { model } = experiment;
  if (model.name !== 'ncf' || !model.pretrain) return experiment;
  const nameOf = async (part: Part): Promise<string> => {
    const run = await openRun(resultsDir, model.pretrain![part]);
    await requireFit(run, part, model, experiment, data);
    return `${run.record.name}/${run.id}`;
  };
  const pretrain = { ...model.pretrain, gmf: await nameOf('gmf'), mlp: await nameOf('mlp') };
  return { ...experiment, model: { ...model, pretrain } };
}

/** Gives a model that has learnt nothing yet the weights that its experiment names, if it names any. */
export async function beginPretrained(
  model: Model,
  { model: options }: Experiment,
  resultsDir: string,
): Promise<void> {
  if (options.name !== 'ncf' || !options.pretrain) return;
  const { gmf, mlp, alpha } = options.pretrain;
  const bestOf =
    (name: string): ArraySource =>
    async (into) => {
      const run = await openRun(resultsDir, name);
      const read = await run.loadCheckpoint('best', (best) => best.readInto(into).then(() => true));
      if (!read) throw new UserError(`run ${run.id} has no checkpoint best`, 'Train it anew.');
    };
  await joinPretrained(model.parameters, { gmf: bestOf(gmf), mlp: bestOf(mlp) }, options, alpha);
}

async function requireFit(
  run: Run,
  part: Part,
  model: Ncf,
  { data: spec }: Experiment,
  { store }: PreparedData,
): Promise<void> {
  const refused = (problem: string, fix: string) =>
    new UserError(`model.pretrain.${part}: run ${run.id} ${problem}`, fix);
  const { state } = await run.status();
  if (state !== 'finished') throw refused(`is ${state}`, `Train on first: mvrec train --resume ${run.id}`);
  const other = await run.experiment();
  if (other.model.name !== 'ncf' || other.model.variant !== variants[part]) {
    const found = other.model.name === 'ncf' ? other.model.variant : other.model.name;
    throw refused(`is of ${found}, not ${variants[part]}`, 'Name another run.');
  }
  for (const option of [widths[part], 'item', 'sideFeatures'] as const) {
    const [theirs, own] = [other.model[option], model[option]];
    if (isDeepStrictEqual(theirs, own)) continue;
    const asText = JSON.stringify(theirs);
    throw refused(
      `has model.${option} ${asText}, not ${JSON.stringify(own)}`,
      `Use model.${option}: ${asText}.`,
    );
  }
  // Of another split it would have learnt from rows that are test here.
  const isSame = (['label', 'split', 'filter', 'standardize'] as const).every((key) =>
    isDeepStrictEqual(other.data[key], spec[key]),
  );
  if (isSame && run.record.provenance.data.fingerprint === store.fingerprint) return;
  throw refused('was trained on other rows', 'Name one of the same data: source, label, split and filter.');
}

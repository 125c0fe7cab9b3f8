import { resolve } from 'node:path';
import {
  encodeSafetensors,
  type NamedTensor,
  sizeOf,
  UserError,
  writeFileAtomically,
} from '../base/index.js';
import { openEngine } from '../engine/index.js';
import { exchangesFor } from '../evaluation/index.js';
import { type ModelConfig, withoutWeights } from '../models/index.js';
import { openRun, type SavedCheckpoint } from '../runs/index.js';
import type { Output } from './command.js';
import { OPTIONS_KEY } from './forward.js';
import { counted, requireFree } from './output.js';

/** What `mvrec runs export` is asked for. */
export interface ExportWeights {
  readonly resultsDir: string;
  readonly run: string;
  readonly checkpoint: 'best' | 'last';
  readonly out: string;
  readonly force: boolean;
}

/**
 * Writes the weights of a checkpoint, under their own names, with the options of the model in the file's metadata.
 *
 * @throws UserError when there is no such run or checkpoint, the model has no weights, or the file is there
 */
export async function exportWeights(request: ExportWeights): Promise<Output> {
  const { checkpoint, out, force } = request;
  if (!/\.safetensors$/i.test(out)) {
    throw new UserError(`weights are not written as ${out}`, 'Give a file that ends in .safetensors.');
  }
  requireFree(out, force, '--out');
  const run = await openRun(request.resultsDir, request.run);
  const { model } = await run.experiment();
  const saved = await run.loadCheckpoint(checkpoint, readWeights);
  if (!saved) {
    throw new UserError(
      `run ${run.id} has no checkpoint ${checkpoint}`,
      withoutWeights.has(model.name)
        ? `${model.name} has no weights.`
        : `Train on first: mvrec train --resume ${run.id}`,
    );
  }
  const weights = await exchanged(saved, model);
  const metadata = {
    [OPTIONS_KEY]: JSON.stringify(model),
    'mvrec.run': run.id,
    'mvrec.checkpoint': checkpoint,
  };
  await writeFileAtomically(resolve(out), encodeSafetensors(weights, metadata));
  const values = weights.reduce((sum, { data }) => sum + data.length, 0);
  const shapes = Object.fromEntries(weights.map(({ name, shape }) => [name, { shape }]));
  return {
    json: { run: run.id, model: model.name, checkpoint, out, parameters: values, weights: shapes },
    text: `${counted(values, 'parameter')} in ${counted(weights.length, 'array')}, written to ${out}`,
  };
}

/** Checkpoints hold what is trained, and some weights are a function of that. */
async function exchanged(saved: readonly NamedTensor[], model: ModelConfig): Promise<NamedTensor[]> {
  await openEngine({ name: 'wasm', threads: 1 });
  const exchanges = exchangesFor(model);
  return saved.map((weight) => {
    const exchange = exchanges.get(weight.name);
    return exchange ? { ...weight, data: exchange.toWeight(weight.data as Float32Array) } : weight;
  });
}

/** All that is not the optimiser's. */
async function readWeights(checkpoint: SavedCheckpoint): Promise<NamedTensor[]> {
  const weights = checkpoint.names
    .filter((name) => !name.startsWith('optimizer.'))
    .map((name) => {
      const shape = checkpoint.shape(name);
      return { name, shape, data: new Float32Array(sizeOf(shape)) };
    });
  await checkpoint.readInto(new Map(weights.map((weight) => [weight.name, weight])));
  return weights;
}

import { UserError } from '../base/index.js';
import { loadWeights, type NamedArrays, type Optimizer, requireFinite } from '../engine/index.js';
import type { Model } from '../models/index.js';
import type { Run } from '../runs/index.js';
import type { Progress } from './progress.js';

/**
 * Everything that a resume needs goes into one file, so that it is whole or not there.
 *
 * @throws DivergedError instead of saving weights that are not finite: the last checkpoint is always a good one
 */
export async function saveLast(run: Run, optimizer: Optimizer, progress: Progress): Promise<void> {
  const tensors = await optimizer.state();
  requireFinite(tensors);
  await run.saveCheckpoint('last', { tensors, meta: { progress } });
}

/** Weights of the best epoch so far. */
export async function saveBest(run: Run, weights: NamedArrays, progress: Progress): Promise<void> {
  await run.saveCheckpoint('best', { tensors: weights, meta: { best: progress.best } });
}

/** Goes back to where the run was last saved; null when it was never saved. */
export async function restoreLast(run: Run, optimizer: Optimizer): Promise<Progress | null> {
  return run.restore(async (last) => {
    await optimizer.load((arrays) => last.readInto(arrays));
    return last.meta.progress as Progress;
  });
}

/** Loads the weights that one of the run's checkpoints holds. Throws a UserError when there is none. */
export async function loadCheckpointWeights(run: Run, model: Model, kind: 'best' | 'last'): Promise<void> {
  const loaded = await run.loadCheckpoint(kind, async (checkpoint) => {
    await loadWeights(model.parameters, (arrays) => checkpoint.readInto(arrays));
    return true;
  });
  if (loaded) return;
  const { state } = await run.status();
  throw new UserError(
    `run ${run.id} has no checkpoint ${kind}`,
    state === 'diverged'
      ? 'It diverged before it had one; start a new run.'
      : `Train on first: mvrec train --resume ${run.id}`,
    { file: run.checkpointFile(kind) },
  );
}

/** Says when a checkpoint within an epoch is due. Time decides when to save, never what is computed. */
export class CheckpointClock {
  private last = performance.now();
  constructor(private readonly every: { readonly seconds: number; readonly steps: number | null }) {}

  isDue(step: number): boolean {
    const { seconds, steps } = this.every;
    const due = performance.now() - this.last >= seconds * 1000 || (steps !== null && step % steps === 0);
    if (due) this.last = performance.now();
    return due;
  }
}

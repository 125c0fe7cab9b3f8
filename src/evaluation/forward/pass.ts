import type { Tensor1D } from '@tensorflow/tfjs';
import type { Batch } from '../../data/index.js';
import type { Tap } from '../../engine/index.js';
import type { Model } from '../../models/index.js';

/** One forward pass, by the model's own three parts. [P] */
export function forwardPass(model: Model, batch: Batch, tap: Tap): Tensor1D {
  const mode = { training: false, tap } as const;
  const items = model.encodeItems(batch.items, mode);
  const contexts = model.encodeContexts(batch, items, mode);
  return model.logits(contexts, items, batch.pairs, mode);
}

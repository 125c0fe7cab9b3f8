import { UserError } from '../base/index.js';

/** What TensorFlow, WebAssembly and JavaScript say when an allocation fails. */
const outOfMemory =
  /OOM when allocating|GPUOutOfMemoryError|memory access out of bounds|Cannot enlarge memory|allocation failed|Invalid typed array length/;

/** An engine's failed allocation as one that says what to do; other errors pass through. */
export function explainOutOfMemory(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof UserError || !outOfMemory.test(error.message))
    return error;
  return new UserError(
    'there is not enough memory for a step of this size',
    'Lower train.batchSize, evaluate.contextsPerBatch or the sizes of the model.',
  );
}

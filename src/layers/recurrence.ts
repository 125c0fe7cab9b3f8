import * as tf from '@tensorflow/tfjs';
import { nativeKernels } from '../engine/index.js';
import { runNatively, statesNatively } from './recurrenceNative.js';
import { runInSteps } from './recurrenceSteps.js';

/** Weights of a cell, gates i, f, g, o side by side: [I, 4H], [H, 4H], [4H]. */
export interface CellWeights {
  readonly input: tf.Tensor2D;
  readonly state: tf.Tensor2D;
  readonly bias: tf.Tensor1D;
}

/**
 * What the memory of the starred cell goes on from: its own of the step before (ALPINE's code), or that of the linked
 * position, of the main cell (ALPINE's paper, read literally) or its own.
 */
export type EdgeCell = 'previous' | 'linkedMain' | 'linkedStar';

/** Where the starred cell's states come from. */
export interface Links {
  /** For each position from 1 on an earlier one of the same sequence. [S, T] row-major */
  readonly edges: Int32Array;
  readonly edgeCell: EdgeCell;
}

/** One recurrent pass, as both implementations take it. */
export interface Recurrence {
  /** [S, T, I] */
  readonly x: tf.Tensor3D;
  /** [S], each in 0..T */
  readonly lengths: Int32Array;
  /** Of the main cell, then of the starred one where there is one. */
  readonly cells: readonly CellWeights[];
  readonly links: Links | null;
}

/** States [S, T, H], 0 past a sequence's end, and the way back from their gradient to those of x and the weights. */
export interface RecurrencePass {
  readonly states: tf.Tensor3D;
  /** What `back` needs and the engine has to keep until then. */
  readonly saved: tf.Tensor[];
  /** Gradients of x, then of input, state and bias of each cell. To be called once. */
  back(dStates: tf.Tensor3D, saved: readonly tf.Tensor[]): tf.Tensor[];
}

/**
 * Runs an LSTM over sequences of different lengths, with a starred cell beside the main one where there are links:
 * z = x_t W + h V + b, i, f, o = sigmoid(z), g = tanh(z), c_t = i g + f c, and the state h_t is the sum over the cells
 * of o tanh(c_t). The main cell reads h and c of the step before, the starred one h of the linked position. States
 * before the first position are 0.
 *
 * The gradient through time is written out, so that no operation of a step is recorded.
 *
 * @throws RangeError for lengths or edges that do not fit
 */
export function recurrence(run: Recurrence): tf.Tensor3D {
  check(run);
  const kernels = nativeKernels();
  if (kernels && !tf.engine().isTapeOn()) return statesNatively(kernels, run);
  const weights = run.cells.flatMap(({ input, state, bias }) => [input, state, bias]);
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = inputs.at(-1) as tf.GradSaveFunc;
    const pass = kernels ? runNatively(kernels, run) : runInSteps(run);
    save(pass.saved);
    const gradFunc = (dStates: tf.Tensor, saved: tf.Tensor[]) => pass.back(dStates as tf.Tensor3D, saved);
    return {
      value: pass.states,
      gradFunc: gradFunc as (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[],
    };
  });
  return op(run.x, ...weights) as tf.Tensor3D;
}

function check({ x, lengths, links }: Recurrence): void {
  const [count, steps] = x.shape;
  if (lengths.length !== count || lengths.some((length) => !(length >= 0 && length <= steps))) {
    throw new RangeError(`the lengths do not fit ${count} sequences of ${steps} steps`);
  }
  if (!links) return;
  if (links.edges.length !== count * steps) {
    throw new RangeError(`there are ${links.edges.length} edges for ${count} sequences of ${steps} steps`);
  }
  for (let s = 0; s < count; s++) {
    for (let t = 1; t < lengths[s]!; t++) {
      const edge = links.edges[s * steps + t]!;
      if (!(edge >= 0 && edge < t)) throw new RangeError(`an edge leads from position ${t} to ${edge}`);
    }
  }
}

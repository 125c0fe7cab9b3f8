import * as tf from '@tensorflow/tfjs';
import type { CellArrays, Kernels, RecurrenceArrays } from '../engine/index.js';
import type { EdgeCell, Recurrence, RecurrencePass } from './recurrence.js';

const linkNumbers: Readonly<Record<EdgeCell, 1 | 2 | 3>> = { previous: 1, linkedMain: 2, linkedStar: 3 };

/** The recurrent pass by the native kernel. What it keeps for the way back stays in host memory. */
export function runNatively(kernels: Kernels, { x, lengths, cells, links }: Recurrence): RecurrencePass {
  const [count, steps, inputs] = x.shape;
  const units = cells[0]!.state.shape[0];
  const positions = count * steps;
  const kept = cells.map(() => [takeSpare(positions * 4 * units), takeSpare(positions * units)] as const);
  const [main, star] = cells.map(
    ({ input, state, bias }, i): CellArrays => [
      input.dataSync<'float32'>(),
      state.dataSync<'float32'>(),
      bias.dataSync<'float32'>(),
      ...kept[i]!,
    ],
  );
  const states = new Float32Array(positions * units);
  const arrays: RecurrenceArrays = [
    count,
    steps,
    inputs,
    units,
    links ? linkNumbers[links.edgeCell] : 0,
    lengths,
    x.dataSync<'float32'>(),
    states,
    ...main!,
    ...(links ? ([links.edges, ...star!] as const) : ([] as const)),
  ];
  kernels.recurrentForward(kernels.threads, 0, ...arrays);
  const back = (dStates: tf.Tensor3D): tf.Tensor[] => {
    const dx = new Float32Array(x.size);
    const gradients = cells.flatMap(({ input, state, bias }) =>
      [input, state, bias].map(({ size }) => new Float32Array(size)),
    );
    const dStateValues = dStates.dataSync<'float32'>();
    kernels.recurrentBackward(kernels.threads, 0, ...arrays, dStateValues, dx, ...gradients);
    for (const arrays of kept) keepSpare(...arrays);
    const weights = cells.flatMap(({ input, state, bias }) => [input, state, bias]);
    return [
      tf.tensor3d(dx, x.shape),
      ...weights.map(({ shape }, i) => tf.tensor(gradients[i]!, shape as number[])),
    ];
  };
  return { states: tf.tensor3d(states, [count, steps, units]), saved: [], back };
}

/**
 * Arrays that earlier passes are done with. They never reach the engine, so they can be used again; fresh ones of this
 * size cost up to a third of a pass, since the system clears them page by page.
 */
const spare: Float32Array[] = [];
const MOST_SPARE = 8; // two layers with two cells each, gates and memory

function takeSpare(size: number): Float32Array {
  const at = spare.findIndex(({ length }) => length === size);
  return at < 0 ? new Float32Array(size) : spare.splice(at, 1)[0]!;
}

function keepSpare(...arrays: readonly Float32Array[]): void {
  spare.push(...arrays);
  spare.splice(0, spare.length - MOST_SPARE);
}

import type * as tf from '@tensorflow/tfjs';
import {
  type CellArrays,
  type Floats,
  filledTensors,
  type Kernels,
  type RecurrenceArrays,
  valuesInPlace,
} from '../engine/index.js';
import type { EdgeCell, Recurrence, RecurrencePass } from './recurrence.js';
import { SpareArrays } from './spareArrays.js';

const spare = new SpareArrays(8); // two layers with two cells each, gates and memory

const linkNumbers: Readonly<Record<EdgeCell, 1 | 2 | 3>> = { previous: 1, linkedMain: 2, linkedStar: 3 };

/** Gates and memory of a cell. */
type Kept = readonly [gates: Float32Array, memory: Float32Array];

/** The recurrent pass by the native kernel. Gates and memories, which it keeps for the way back, stay in host memory. */
export function runNatively(kernels: Kernels, run: Recurrence): RecurrencePass {
  const { states, given, kept } = forward(kernels, run);
  const back = (dStates: tf.Tensor3D, [h, ...saved]: readonly tf.Tensor[]): tf.Tensor[] => {
    const fill = (...[dx, ...dWeights]: Floats[]) => {
      const arrays = arraysOf(kernels, run, saved, kept, valuesInPlace(kernels, h!));
      const dh = valuesInPlace(kernels, dStates);
      kernels.recurrentBackward(kernels.threads, 0, ...([...arrays, dh, dx!, ...dWeights] as const));
    };
    const gradients = filledTensors(
      kernels,
      saved.map(({ shape }) => shape),
      fill,
    );
    spare.keep(...kept.flat());
    return gradients;
  };
  return { states, saved: [states, ...given], back };
}

/** The states alone, where nobody goes back. */
export function statesNatively(kernels: Kernels, run: Recurrence): tf.Tensor3D {
  const { states, kept } = forward(kernels, run);
  spare.keep(...kept.flat());
  return states;
}

function forward(kernels: Kernels, run: Recurrence) {
  const [count, steps] = run.x.shape;
  const units = run.cells[0]!.state.shape[0];
  const positions = count * steps;
  const kept = run.cells.map((): Kept => [spare.take(positions * 4 * units), spare.take(positions * units)]);
  const given = [run.x, ...run.cells.flatMap(({ input, state, bias }) => [input, state, bias])];
  const fill = (states: Floats) =>
    kernels.recurrentForward(kernels.threads, 0, ...arraysOf(kernels, run, given, kept, states));
  const states = filledTensors(kernels, [[count, steps, units]], fill)[0] as tf.Tensor3D;
  return { states, given, kept };
}

/** @param given x, then input, state and bias of each cell */
function arraysOf(
  kernels: Kernels,
  { x, lengths, cells, links }: Recurrence,
  given: readonly tf.Tensor[],
  kept: readonly Kept[],
  states: Floats,
): RecurrenceArrays {
  const [xs, ...weights] = given.map((tensor) => valuesInPlace(kernels, tensor)) as [Floats, ...Floats[]];
  const [main, star] = kept.map((own, i) => [...weights.slice(3 * i, 3 * i + 3), ...own] as CellArrays);
  const link = links ? linkNumbers[links.edgeCell] : 0;
  const sizes = [...x.shape, cells[0]!.state.shape[0], link, lengths, xs, states] as const;
  return links ? [...sizes, ...main!, links.edges, ...star!] : [...sizes, ...main!];
}

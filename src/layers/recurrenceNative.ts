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

/** The recurrent pass by the native kernel. Gates and memories, which it keeps for the way back, stay in host memory. */
export function runNatively(kernels: Kernels, { x, lengths, cells, links }: Recurrence): RecurrencePass {
  const [count, steps, inputs] = x.shape;
  const units = cells[0]!.state.shape[0];
  const positions = count * steps;
  const kept = cells.map(() => [spare.take(positions * 4 * units), spare.take(positions * units)] as const);
  const weights = cells.flatMap(({ input, state, bias }) => [input, state, bias]);
  const arrays = (given: readonly tf.Tensor[], states: Floats): RecurrenceArrays => {
    const [xValues, ...values] = given.map((tensor) => valuesInPlace(kernels, tensor)) as [
      Floats,
      ...Floats[],
    ];
    const [main, star] = kept.map((own, i) => [...values.slice(3 * i, 3 * i + 3), ...own] as CellArrays);
    const link = links ? linkNumbers[links.edgeCell] : 0;
    const sizes = [count, steps, inputs, units, link, lengths, xValues, states] as const;
    return links ? [...sizes, ...main!, links.edges, ...star!] : [...sizes, ...main!];
  };
  const given = [x, ...weights];
  const [states] = filledTensors(kernels, [[count, steps, units]], (values) =>
    kernels.recurrentForward(kernels.threads, 0, ...arrays(given, values!)),
  );
  const back = (dStates: tf.Tensor3D, [h, ...saved]: readonly tf.Tensor[]): tf.Tensor[] => {
    const shapes = saved.map(({ shape }) => shape);
    const gradients = filledTensors(kernels, shapes, (dx, ...dWeights) =>
      kernels.recurrentBackward(
        kernels.threads,
        0,
        ...([...arrays(saved, valuesInPlace(kernels, h!)), valuesInPlace(kernels, dStates)] as const),
        ...([dx!, ...dWeights] as const),
      ),
    );
    for (const own of kept) spare.keep(...own);
    return gradients;
  };
  return { states: states as tf.Tensor3D, saved: [states!, ...given], back };
}

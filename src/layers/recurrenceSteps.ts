import * as tf from '@tensorflow/tfjs';
import { gatherRows } from '../engine/index.js';
import type { CellWeights, Links, Recurrence, RecurrencePass } from './recurrence.js';

/** A cell at one step: i, f, g, o, its memory, and the state and memory that it went on from. [S, H] each */
type Step = readonly tf.Tensor2D[];
const STEP_TENSORS = 7;

/**
 * The recurrent pass in tensor operations, on every engine: the inputs' part and the weights' gradients are products
 * over all steps at once, what depends on the step before is a few operations a step.
 */
export function runInSteps(run: Recurrence): RecurrencePass {
  const { x, lengths, cells, links } = run;
  const [count, steps] = x.shape;
  const units = cells[0]!.state.shape[0];
  const zero = tf.zeros<tf.Rank.R2>([count, units]);
  const flat = byStep(x);
  const projected = cells.map(({ input, bias }) => splitSteps(tf.matMul(flat, input).add(bias), steps));
  const h: tf.Tensor2D[] = [];
  const kept: Step[][] = cells.map(() => []);
  for (let t = 0; t < steps; t++) {
    const made = tf.tidy(() => {
      const from = t === 0 ? cells.map(() => [zero, zero] as const) : sources(run, h, kept, t);
      const now = cells.map((cell, c) => forwardCell(cell, projected[c]![t]!, ...from[c]!));
      const states = now.map(([, , , o, memory]) => o!.mul(memory!.tanh()) as tf.Tensor2D);
      return [...now.flat(), tf.addN(states)];
    });
    h.push(made.pop()!);
    kept.forEach((list, c) => {
      list.push(made.slice(c * STEP_TENSORS, (c + 1) * STEP_TENSORS));
    });
  }
  const states = joinSteps(h, [count, steps, units]).mul(validity(lengths, steps)) as tf.Tensor3D;
  const saved = [x, ...cells.flatMap(({ input, state }) => [input, state]), ...kept.flat(2)];
  const back = (dStates: tf.Tensor3D, tensors: readonly tf.Tensor[]): tf.Tensor[] => {
    const [input, ...others] = tensors as [tf.Tensor3D, ...tf.Tensor2D[]];
    const stepsOf = (c: number): Step[] => {
      const first = 2 * cells.length + c * steps * STEP_TENSORS;
      return Array.from({ length: steps }, (_, t) =>
        others.slice(first + t * STEP_TENSORS, first + (t + 1) * STEP_TENSORS),
      );
    };
    const then = cells.map((_, c) => ({
      input: others[2 * c]!,
      state: others[2 * c + 1]!,
      steps: stepsOf(c),
    }));
    return backward(dStates, { x: input, lengths, cells: then, links });
  };
  return { states, saved, back };
}

/** State and memory that each cell goes on from. */
function sources(
  { x, lengths, links }: Recurrence,
  h: readonly tf.Tensor2D[],
  kept: readonly (readonly Step[])[],
  t: number,
): (readonly [tf.Tensor2D, tf.Tensor2D])[] {
  const memories = kept.map((list) => list.map((step) => step[4]!));
  const main = [h[t - 1]!, memories[0]![t - 1]!] as const;
  if (!links) return [main];
  const steps = x.shape[1];
  const linked = Array.from(lengths, (length, s) => ({
    s,
    t: t < length ? links.edges[s * steps + t]! : 0,
  }));
  const memory =
    links.edgeCell === 'previous'
      ? memories[1]![t - 1]!
      : rowsAt(memories[links.edgeCell === 'linkedMain' ? 0 : 1]!, linked);
  return [main, [rowsAt(h, linked), memory]];
}

function forwardCell(
  { state: weight }: CellWeights,
  projected: tf.Tensor2D,
  state: tf.Tensor2D,
  before: tf.Tensor2D,
): tf.Tensor2D[] {
  const z = tf.split(projected.add(tf.matMul(state, weight)) as tf.Tensor2D, 4, 1);
  const gates = z.map((gate, k) => (k === 2 ? gate.tanh() : gate.sigmoid()));
  const [i, f, g] = gates as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
  return [...gates, i.mul(g).add(f.mul(before)), state, before] as tf.Tensor2D[];
}

interface Kept {
  readonly x: tf.Tensor3D;
  readonly lengths: Int32Array;
  readonly cells: readonly {
    readonly input: tf.Tensor2D;
    readonly state: tf.Tensor2D;
    readonly steps: readonly Step[];
  }[];
  readonly links: Links | null;
}

function backward(dStates: tf.Tensor3D, { x, lengths, cells, links }: Kept): tf.Tensor[] {
  const [count, steps, inputs] = x.shape;
  const followers = links ? linkedBy(links.edges, lengths, steps) : null;
  const dOut = splitSteps(byStep(dStates.mul(validity(lengths, steps)) as tf.Tensor3D), steps);
  const dGates: tf.Tensor2D[][] = cells.map(() => []);
  // Gradients of what each cell read at each step: the state and the memory that it went on from.
  const dState: tf.Tensor2D[][] = cells.map(() => []);
  const dBefore: tf.Tensor2D[][] = cells.map(() => []);
  for (let t = steps - 1; t >= 0; t--) {
    const made = tf.tidy(() => {
      const arrived = (list: readonly tf.Tensor2D[]): tf.Tensor2D[] => {
        const from = followers?.[t] ?? [];
        return from.length === 0 ? [] : [sumRows(rowsAt(list, from), from, count)];
      };
      const next = (list: readonly tf.Tensor2D[]): tf.Tensor2D[] => (t + 1 < steps ? [list[t + 1]!] : []);
      const dh = tf.addN([dOut[t]!, ...next(dState[0]!), ...(links ? arrived(dState[1]!) : [])]);
      const main = [...next(dBefore[0]!), ...(links?.edgeCell === 'linkedMain' ? arrived(dBefore[1]!) : [])];
      const star =
        links?.edgeCell === 'previous'
          ? next(dBefore[1]!)
          : links?.edgeCell === 'linkedStar'
            ? arrived(dBefore[1]!)
            : [];
      return cells.flatMap((cell, c) => backwardCell(cell.state, cell.steps[t]!, dh, c === 0 ? main : star));
    });
    cells.forEach((_, c) => {
      [dGates[c]![t], dState[c]![t], dBefore[c]![t]] = made.slice(3 * c, 3 * c + 3) as [
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor2D,
      ];
    });
  }
  const flat = byStep(x);
  const all = dGates.map((list) => tf.concat(list, 0));
  const dx = tf.addN(cells.map(({ input }, c) => tf.matMul(all[c]!, input, false, true)));
  const weights = cells.flatMap((cell, c) => [
    tf.matMul(flat, all[c]!, true, false),
    tf.matMul(
      tf.concat(
        cell.steps.map((step) => step[5]!),
        0,
      ),
      all[c]!,
      true,
      false,
    ),
    all[c]!.sum(0),
  ]);
  return [dx.reshape([steps, count, inputs]).transpose([1, 0, 2]), ...weights];
}

/** Gradients of the gates before activation [S, 4H], of the state read and of the memory gone on from. */
function backwardCell(
  weight: tf.Tensor2D,
  step: Step,
  dh: tf.Tensor2D,
  dMemory: readonly tf.Tensor2D[],
): tf.Tensor2D[] {
  const [i, f, g, o, memory, , before] = step as readonly [
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor2D,
  ];
  const m = memory.tanh();
  const dc = tf.addN([dh.mul(o).mul(slopeOfTanh(m)), ...dMemory]);
  const dz = tf.concat(
    [
      dc.mul(g).mul(slopeOfSigmoid(i)),
      dc.mul(before).mul(slopeOfSigmoid(f)),
      dc.mul(i).mul(slopeOfTanh(g)),
      dh.mul(m).mul(slopeOfSigmoid(o)),
    ] as tf.Tensor2D[],
    1,
  );
  return [dz, tf.matMul(dz, weight, false, true), dc.mul(f) as tf.Tensor2D];
}

const slopeOfSigmoid = (y: tf.Tensor2D): tf.Tensor2D => y.mul(tf.scalar(1).sub(y));
const slopeOfTanh = (y: tf.Tensor2D): tf.Tensor2D => tf.scalar(1).sub(y.square());

/** Sequence and step. */
interface At {
  readonly s: number;
  readonly t: number;
}

/** For each step the later positions whose edges lead to it. */
function linkedBy(edges: Int32Array, lengths: Int32Array, steps: number): At[][] {
  const followers: At[][] = Array.from({ length: steps }, () => []);
  lengths.forEach((length, s) => {
    for (let t = 1; t < length; t++) followers[edges[s * steps + t]!]!.push({ s, t });
  });
  return followers;
}

/** Rows s of the tensors t: n times [S, H] -> [n, H] */
function rowsAt(list: readonly tf.Tensor2D[], positions: readonly At[]): tf.Tensor2D {
  const used = [...new Set(positions.map(({ t }) => t))];
  const count = list[used[0]!]!.shape[0];
  const place = new Map(used.map((t, i) => [t, i * count]));
  const rows = Int32Array.from(positions, ({ s, t }) => place.get(t)! + s);
  const all = tf.concat(
    used.map((t) => list[t]!),
    0,
  );
  return gatherRows(all, rows);
}

/** Adds row k to row s_k of a zero matrix: [n, H] -> [S, H] */
function sumRows(rows: tf.Tensor2D, positions: readonly At[], count: number): tf.Tensor2D {
  const places = new Float32Array(count * positions.length);
  positions.forEach(({ s }, k) => {
    places[s * positions.length + k] = 1;
  });
  return tf.matMul(tf.tensor2d(places, [count, positions.length]), rows);
}

/** [S, T, d] -> [T S, d] */
const byStep = (x: tf.Tensor3D): tf.Tensor2D => x.transpose([1, 0, 2]).reshape([-1, x.shape[2]]);

/** [T S, d] -> T times [S, d] */
const splitSteps = (x: tf.Tensor, steps: number): tf.Tensor2D[] =>
  steps === 0 ? [] : (tf.split(x, steps, 0) as tf.Tensor2D[]);

/** T times [S, d] -> [S, T, d] */
function joinSteps(list: readonly tf.Tensor2D[], shape: [number, number, number]): tf.Tensor3D {
  return list.length === 0 ? tf.zeros(shape) : (tf.stack([...list], 1) as tf.Tensor3D);
}

/** 1 within a sequence, 0 past its end. [S, T, 1] */
function validity(lengths: Int32Array, steps: number): tf.Tensor3D {
  const valid = new Float32Array(lengths.length * steps);
  lengths.forEach((length, s) => {
    valid.fill(1, s * steps, s * steps + length);
  });
  return tf.tensor3d(valid, [lengths.length, steps, 1]);
}

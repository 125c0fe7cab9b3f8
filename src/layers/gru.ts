import * as tf from '@tensorflow/tfjs';
import { type DenseParameter, glorotUniform, orthogonal, type ParameterSet, zeros } from '../engine/index.js';
import { eachGate } from './lstm.js';
import type { Packed } from './packedSequences.js';

export interface GruOptions {
  readonly inputs: number;
  readonly units: number;
  /** Whether the reset gate acts on the state before it is multiplied with the weights (Cho et al. 2014), or after. */
  readonly reset: 'before' | 'after';
  readonly bias: boolean;
}

export interface Gru {
  readonly matrices: readonly DenseParameter[];
  /** States of all positions: [R, inputs] -> [R, units] */
  apply(x: tf.Tensor2D, packed: Packed): tf.Tensor2D;
}

/**
 * Gated recurrent unit from zero states: r, z = sigmoid(x W + h V + b),
 * n = tanh(x W + (r h) V + b) or, with the reset after, tanh(x W + r (h V) + b), and h' = (1 - z) n + z h. Gates r, z, n
 * side by side in `name.input` [inputs, 3 units], `name.state` [units, 3 units] and `name.bias` [3 units].
 */
export function gru(parameters: ParameterSet, name: string, { inputs, units, reset, bias }: GruOptions): Gru {
  const input = parameters.addDense(`${name}.input`, [inputs, 3 * units], eachGate(glorotUniform, 3));
  const state = parameters.addDense(`${name}.state`, [units, 3 * units], eachGate(orthogonal, 3));
  const offset = bias ? parameters.addDense(`${name}.bias`, [3 * units], zeros) : null;
  return {
    matrices: [input, state],
    apply: (x, packed) => {
      const product = tf.matMul<tf.Tensor2D>(x, input.value());
      return gruStates(offset ? product.add(offset.value()) : product, state.value(), packed, reset);
    },
  };
}

/** What a step keeps for the way back. [n, H] each; `an` is h V of the third gate, of a reset after. */
interface Step {
  readonly before: tf.Tensor2D;
  readonly r: tf.Tensor2D;
  readonly z: tf.Tensor2D;
  readonly n: tf.Tensor2D;
  readonly an: tf.Tensor2D;
}
const KEPT = 5;

/**
 * States of packed sequences. The gradient through time is written out, so that no operation of a step is recorded.
 *
 * @param projected what the inputs add to the gates. [R, 3H]
 * @param state [H, 3H]
 * @returns [R, H]
 */
function gruStates(
  projected: tf.Tensor2D,
  state: tf.Tensor2D,
  { starts }: Packed,
  reset: GruOptions['reset'],
): tf.Tensor2D {
  const units = state.shape[0];
  if (projected.shape[0] === 0) return tf.zeros([0, units]);
  const sizes = Array.from({ length: starts.length - 1 }, (_, t) => starts[t + 1]! - starts[t]!);
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [given, weight, save] = inputs as [tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc];
    const [ofGates, ofNew] = tf.split(weight, [2 * units, units], 1) as [tf.Tensor2D, tf.Tensor2D];
    const kept: tf.Tensor2D[] = [];
    const states: tf.Tensor2D[] = [];
    let h: tf.Tensor2D = tf.zeros([sizes[0]!, units]);
    (tf.split(given, sizes, 0) as tf.Tensor2D[]).forEach((x) => {
      const made = tf.tidy(() => {
        const before = firstRows(h, x.shape[0]);
        const [xr, xz, xn] = tf.split(x, 3, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
        const [ar, az] = tf.split(tf.matMul(before, ofGates), 2, 1) as [tf.Tensor2D, tf.Tensor2D];
        const r = xr.add<tf.Tensor2D>(ar).sigmoid();
        const z = xz.add<tf.Tensor2D>(az).sigmoid();
        const an: tf.Tensor2D = tf.matMul(reset === 'after' ? before : r.mul(before), ofNew);
        const n = xn.add<tf.Tensor2D>(reset === 'after' ? r.mul(an) : an).tanh();
        return [before, r, z, n, an, n.add<tf.Tensor2D>(z.mul(before.sub(n)))];
      });
      h = made.pop()!;
      states.push(h);
      kept.push(...made);
    });
    save([weight, ...kept]);
    const gradFunc = (dy: tf.Tensor, [saved, ...all]: tf.Tensor[]) =>
      backward(tf.split(dy, sizes, 0) as tf.Tensor2D[], saved as tf.Tensor2D, stepsOf(all), reset);
    return {
      value: tf.concat(states, 0),
      gradFunc: gradFunc as (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[],
    };
  });
  return op(projected, state) as tf.Tensor2D;
}

function stepsOf(kept: readonly tf.Tensor[]): Step[] {
  return Array.from({ length: kept.length / KEPT }, (_, t) => {
    const [before, r, z, n, an] = kept.slice(KEPT * t, KEPT * (t + 1)) as tf.Tensor2D[];
    return { before: before!, r: r!, z: z!, n: n!, an: an! };
  });
}

/** Gradients of `projected` and `state`. */
function backward(
  dStates: readonly tf.Tensor2D[],
  state: tf.Tensor2D,
  steps: readonly Step[],
  reset: GruOptions['reset'],
): tf.Tensor[] {
  const units = state.shape[0];
  const [ofGates, ofNew] = tf.split(state, [2 * units, units], 1) as [tf.Tensor2D, tf.Tensor2D];
  const dProjected: tf.Tensor2D[] = [];
  const dNews: tf.Tensor2D[] = [];
  let carried: tf.Tensor2D | null = null;
  for (let t = steps.length - 1; t >= 0; t--) {
    const { before, r, z, n, an } = steps[t]!;
    const next: tf.Tensor2D | null = carried;
    const made = tf.tidy((): tf.Tensor2D[] => {
      const dh = next ? dStates[t]!.add<tf.Tensor2D>(withRows(next, before.shape[0])) : dStates[t]!;
      const dn: tf.Tensor2D = dh.mul(tf.scalar(1).sub(z)).mul(tf.scalar(1).sub(n.square()));
      const dz = dh.mul(before.sub(n)).mul(slopeOfSigmoid(z));
      // Of what was multiplied with the third gate's weights: r h, or h.
      const dNew: tf.Tensor2D = reset === 'after' ? dn.mul(r) : dn;
      const dRead: tf.Tensor2D = tf.matMul(dNew, ofNew, false, true);
      const dr = (reset === 'after' ? dn.mul(an) : dRead.mul(before)).mul(slopeOfSigmoid(r));
      const dGates = tf.concat([dr, dz] as tf.Tensor2D[], 1);
      const dBefore = tf.addN([
        dh.mul(z),
        tf.matMul(dGates, ofGates, false, true),
        reset === 'after' ? dRead : dRead.mul(r),
      ]) as tf.Tensor2D;
      return [tf.concat([dGates, dn], 1), dNew, dBefore];
    });
    carried = made[2]!;
    dProjected.unshift(made[0]!);
    dNews.unshift(made[1]!);
  }
  const all = tf.concat(dProjected, 0);
  const before = tf.concat(
    steps.map((step) => step.before),
    0,
  );
  const read =
    reset === 'after'
      ? before
      : before.mul<tf.Tensor2D>(
          tf.concat(
            steps.map(({ r }) => r),
            0,
          ),
        );
  const dGates = all.slice([0, 0], [-1, 2 * units]);
  const dState = tf.concat(
    [tf.matMul(before, dGates, true, false), tf.matMul(read, tf.concat(dNews, 0), true, false)],
    1,
  );
  return [all, dState];
}

const slopeOfSigmoid = (y: tf.Tensor2D): tf.Tensor2D => y.mul(tf.scalar(1).sub(y));

const firstRows = (x: tf.Tensor2D, rows: number): tf.Tensor2D =>
  rows === x.shape[0] ? x : x.slice([0, 0], [rows, -1]);

/** Zeros below until there are so many rows. */
const withRows = (x: tf.Tensor2D, rows: number): tf.Tensor2D =>
  rows === x.shape[0]
    ? x
    : x.pad([
        [0, rows - x.shape[0]],
        [0, 0],
      ]);

import * as tf from '@tensorflow/tfjs';
import {
  type DenseParameter,
  dropout,
  type Floats,
  filledTensors,
  gatherRows,
  type Kernels,
  type Mode,
  nativeKernels,
  type ParameterSet,
  valuesInPlace,
} from '../engine/index.js';
import { type Linear, linear } from './linear.js';
import { type Packed, packedCount, packedRow } from './packedSequences.js';
import type { RowLists } from './rowLists.js';

export interface CausalAttentionOptions {
  readonly width: number;
  /** Divides `width`. */
  readonly heads: number;
  /** Whether a linear map follows the heads. */
  readonly projects: boolean;
  /** Share of the weights that are kept in training. */
  readonly keep: number;
}

export interface CausalAttention {
  readonly matrices: readonly DenseParameter[];
  /** Each position attends to those up to itself in its sequence. [R, width] -> [R, width] */
  apply(x: tf.Tensor2D, sequences: AttendingSequences, mode: Mode): tf.Tensor2D;
}

/** Which rows make which sequence: one after another for a kernel, which has no way back, or in blocks of about one length. */
export type AttendingSequences =
  | { readonly kernels: Kernels; readonly lists: RowLists }
  | { readonly kernels: null; readonly groups: readonly LengthGroup[] };

/** To be found once for all layers. */
export function attendingSequences(packed: Packed, { training }: Mode): AttendingSequences {
  const kernels = nativeKernels();
  if (!kernels || training || tf.engine().isTapeOn()) return { kernels: null, groups: lengthGroups(packed) };
  const { lengths } = packed;
  const offsets = new Int32Array(lengths.length + 1);
  const rows = new Int32Array(packedCount(packed));
  let at = 0;
  lengths.forEach((length, s) => {
    for (let t = 0; t < length; t++) rows[at++] = packedRow(packed, s, t);
    offsets[s + 1] = at;
  });
  return { kernels, lists: { offsets, rows } };
}

/**
 * Multi-head self-attention (Vaswani et al. 2017) in which no position sees a later one: softmax(q . k / sqrt(width of a head)).
 * Weights `name.query`, `name.key`, `name.value` and, where it projects, `name.out`, all with a bias.
 */
export function causalAttention(
  parameters: ParameterSet,
  name: string,
  { width, heads, projects, keep }: CausalAttentionOptions,
): CausalAttention {
  const map = (part: string): Linear =>
    linear(parameters, `${name}.${part}`, { inputs: width, outputs: width, bias: true });
  const [query, key, value] = [map('query'), map('key'), map('value')];
  const out = projects ? map('out') : null;
  const scale = 1 / Math.sqrt(width / heads);
  /** [B T, width] -> [B, heads, T, width of a head] */
  const inHeads = (rows: tf.Tensor2D, steps: number): tf.Tensor4D =>
    rows.reshape<tf.Tensor4D>([-1, steps, heads, width / heads]).transpose([0, 2, 1, 3]);
  return {
    matrices: [query, key, value, ...(out ? [out] : [])].map(({ weight }) => weight),
    apply: (x, sequences, mode) => {
      const [queries, keys, values] = [query.apply(x), key.apply(x), value.apply(x)];
      if (sequences.kernels) {
        const attended = attendNatively(sequences, [queries, keys, values], heads, scale);
        return out ? out.apply(attended) : attended;
      }
      const { groups } = sequences;
      const maps = [queries.mul<tf.Tensor2D>(scale), keys, values];
      const parts = groups.map(({ steps, rows, places }, g) => {
        const [q, k, v] = maps.map((rowsOf) => inHeads(gatherRows(rowsOf, rows), steps));
        const scores = tf.matMul(q!, k!, false, true).add(causalMask(steps));
        const weights = dropout(tf.softmax(scores), keep, mode, `${name}.weights.${g}`);
        const attended = tf.matMul(weights, v!).transpose([0, 2, 1, 3]).reshape<tf.Tensor2D>([-1, width]);
        return gatherRows(attended, places);
      });
      const joined = parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
      const attended = gatherRows(joined, backOrder(groups));
      return out ? out.apply(attended) : attended;
    },
  };
}

function attendNatively(
  { kernels, lists }: Extract<AttendingSequences, { readonly kernels: Kernels }>,
  given: readonly tf.Tensor2D[],
  heads: number,
  scale: number,
): tf.Tensor2D {
  const { shape } = given[0]!;
  const fill = (attended: Floats) => {
    const [q, k, v] = given.map((tensor) => valuesInPlace(kernels, tensor)) as [Floats, Floats, Floats];
    const { offsets, rows } = lists;
    kernels.causalAttention(kernels.threads, shape[1], heads, scale, offsets, rows, q, k, v, attended);
  };
  return filledTensors(kernels, [shape], fill)[0] as tf.Tensor2D;
}

/** Sequences of about one length as a block [B, steps]. */
interface LengthGroup {
  readonly steps: number;
  /** Packed row of each place of the block; past the end of a sequence its last one, which nobody looks at. [B steps] */
  readonly rows: Int32Array;
  /** Places of the block that are positions of sequences, and the packed row of each. */
  readonly places: Int32Array;
  readonly packed: Int32Array;
}

/** Groups of sequences, the longest of a group less than twice as long as any other. */
function lengthGroups(packed: Packed): LengthGroup[] {
  const { lengths } = packed;
  const members = new Map<number, number[]>();
  lengths.forEach((length, s) => {
    if (length === 0) return;
    const size = 32 - Math.clz32(length - 1); // lengths 2^(size - 1) + 1 .. 2^size
    const group = members.get(size);
    if (group) group.push(s);
    else members.set(size, [s]);
  });
  return [...members.values()].map((sequences) => groupOf(packed, sequences));
}

function groupOf(packed: Packed, sequences: readonly number[]): LengthGroup {
  const { lengths } = packed;
  const steps = sequences.reduce((most, s) => Math.max(most, lengths[s]!), 0);
  const count = sequences.reduce((sum, s) => sum + lengths[s]!, 0);
  const rows = new Int32Array(sequences.length * steps);
  const places = new Int32Array(count);
  const own = new Int32Array(count);
  let at = 0;
  sequences.forEach((s, b) => {
    const length = lengths[s]!;
    for (let t = 0; t < steps; t++) {
      const place = b * steps + t;
      rows[place] = packedRow(packed, s, Math.min(t, length - 1));
      if (t >= length) continue;
      places[at] = place;
      own[at++] = rows[place]!;
    }
  });
  return { steps, rows, places, packed: own };
}

/** For each packed row where it is among the groups' positions one after another. */
function backOrder(groups: readonly LengthGroup[]): Int32Array {
  const order = new Int32Array(groups.reduce((sum, { packed }) => sum + packed.length, 0));
  let at = 0;
  for (const { packed } of groups) for (const row of packed) order[row] = at++;
  return order;
}

/** 0 for what a position may see, else a score that no exponential survives. [steps, steps] */
function causalMask(steps: number): tf.Tensor2D {
  const mask = new Float32Array(steps * steps);
  for (let t = 0; t < steps; t++) mask.fill(-(2 ** 32), t * steps + t + 1, (t + 1) * steps);
  return tf.tensor2d(mask, [steps, steps]);
}

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
import {
  type Packed,
  type Positions,
  packedCount,
  packedPositions,
  packedRow,
  packedRows,
} from './packedSequences.js';
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
  /** Each position that asks attends to those up to itself in its sequence. [R, width] -> [Q, width] */
  apply(x: tf.Tensor2D, sequences: AttendingSequences, mode: Mode): tf.Tensor2D;
}

/** Who attends to whom: in lists for a kernel, which has no way back, or in blocks of sequences of about one length. */
export type AttendingSequences = {
  /** Of the rows of all positions those of the positions that ask. [R, n] -> [Q, n] */
  asking(x: tf.Tensor2D): tf.Tensor2D;
} & (
  | { readonly kernels: Kernels; readonly lists: RowLists; readonly queries: Positions }
  | { readonly kernels: null; readonly blocks: readonly Block[]; readonly places: Int32Array }
);

/** To be found once for all layers. @param queries positions that ask; without them all, in the order of the rows */
export function attendingSequences(
  packed: Packed,
  { training }: Mode,
  queries?: Positions,
): AttendingSequences {
  const asked = queries ?? packedPositions(packed);
  const rows = queries && packedRows(packed, queries);
  const asking = (x: tf.Tensor2D): tf.Tensor2D => (rows ? gatherRows(x, rows) : x);
  const kernels = nativeKernels();
  if (kernels && !training && !tf.engine().isTapeOn())
    return { asking, kernels, lists: listsOf(packed), queries: asked };
  const blocks = blocksOf(packed, asked);
  return { asking, kernels: null, blocks, places: placesOf(blocks, asked.sequence.length) };
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
      const [queries, keys, values] = [query.apply(sequences.asking(x)), key.apply(x), value.apply(x)];
      if (sequences.kernels) {
        const attended = attendNatively(sequences, [queries, keys, values], heads, scale);
        return out ? out.apply(attended) : attended;
      }
      const { blocks, places } = sequences;
      const scaled = queries.mul<tf.Tensor2D>(scale);
      const parts = blocks.map(({ steps, rows, most, asking, mask }, b) => {
        const q = inHeads(gatherRows(scaled, asking), most);
        const [k, v] = [keys, values].map((rowsOf) => inHeads(gatherRows(rowsOf, rows), steps));
        const unseen = tf.tensor4d(mask, [rows.length / steps, 1, most, steps]);
        const scores = tf.matMul(q, k!, false, true).add(unseen);
        const weights = dropout(tf.softmax(scores), keep, mode, `${name}.weights.${b}`);
        return tf.matMul(weights, v!).transpose([0, 2, 1, 3]).reshape<tf.Tensor2D>([-1, width]);
      });
      const joined = parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
      const attended = gatherRows(joined, places);
      return out ? out.apply(attended) : attended;
    },
  };
}

function attendNatively(
  { kernels, lists, queries }: Extract<AttendingSequences, { readonly kernels: Kernels }>,
  given: readonly tf.Tensor2D[],
  heads: number,
  scale: number,
): tf.Tensor2D {
  const { shape } = given[0]!;
  const fill = (attended: Floats) => {
    const [q, k, v] = given.map((tensor) => valuesInPlace(kernels, tensor)) as [Floats, Floats, Floats];
    const { offsets, rows } = lists;
    const { sequence, step } = queries;
    const { threads } = kernels;
    kernels.causalAttention(
      threads,
      shape[1],
      heads,
      scale,
      offsets,
      rows,
      sequence,
      step,
      q,
      k,
      v,
      attended,
    );
  };
  return filledTensors(kernels, [shape], fill)[0] as tf.Tensor2D;
}

/** The rows of each sequence, step after step. */
function listsOf(packed: Packed): RowLists {
  const { lengths } = packed;
  const offsets = new Int32Array(lengths.length + 1);
  const rows = new Int32Array(packedCount(packed));
  let at = 0;
  lengths.forEach((length, s) => {
    for (let t = 0; t < length; t++) rows[at++] = packedRow(packed, s, t);
    offsets[s + 1] = at;
  });
  return { offsets, rows };
}

/** B sequences of about one length, and up to `most` positions of each that ask. */
interface Block {
  readonly steps: number;
  /** Row of each place of the keys; past the end of a sequence its last one, which nobody looks at. [B steps] */
  readonly rows: Int32Array;
  readonly most: number;
  /** Query of each place; where a sequence has no more, its first one, whose result nobody takes. [B most] */
  readonly asking: Int32Array;
  /** 0 for what a query may see, else a score that no exponential survives. [B, 1, most, steps] */
  readonly mask: Float32Array;
}

/** Blocks of sequences, the longest of a block less than twice as long as any other. Nothing of those that nobody asks. */
function blocksOf(packed: Packed, queries: Positions): Block[] {
  const asking = new Map<number, number[]>();
  queries.sequence.forEach((s, q) => {
    const those = asking.get(s);
    if (those) those.push(q);
    else asking.set(s, [q]);
  });
  const members = new Map<number, number[]>();
  for (const s of asking.keys()) {
    const size = 32 - Math.clz32(packed.lengths[s]! - 1); // lengths 2^(size - 1) + 1 .. 2^size
    const block = members.get(size);
    if (block) block.push(s);
    else members.set(size, [s]);
  }
  return [...members.values()].map((sequences) =>
    blockOf(
      packed,
      sequences,
      sequences.map((s) => asking.get(s)!),
      queries.step,
    ),
  );
}

function blockOf(
  packed: Packed,
  sequences: readonly number[],
  queries: readonly (readonly number[])[],
  step: Int32Array,
): Block {
  const steps = sequences.reduce((longest, s) => Math.max(longest, packed.lengths[s]!), 0);
  const most = queries.reduce((more, { length }) => Math.max(more, length), 0);
  const count = sequences.length;
  const rows = new Int32Array(count * steps);
  const asking = new Int32Array(count * most);
  sequences.forEach((s, b) => {
    const last = packed.lengths[s]! - 1;
    for (let t = 0; t < steps; t++) rows[b * steps + t] = packedRow(packed, s, Math.min(t, last));
    for (let i = 0; i < most; i++) asking[b * most + i] = queries[b]![i] ?? queries[b]![0]!;
  });
  const mask = new Float32Array(count * most * steps);
  asking.forEach((q, place) => {
    mask.fill(-(2 ** 32), place * steps + step[q]! + 1, (place + 1) * steps);
  });
  return { steps, rows, most, asking, mask };
}

/** Where each query is among the places of the blocks one after another. */
function placesOf(blocks: readonly Block[], queries: number): Int32Array {
  const places = new Int32Array(queries);
  let end = blocks.reduce((sum, { asking }) => sum + asking.length, 0);
  // From the end, so that the first place of a query stays.
  for (const { asking } of [...blocks].reverse())
    for (let i = asking.length - 1; i >= 0; i--) places[asking[i]!] = --end;
  return places;
}

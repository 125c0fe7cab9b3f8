import * as tf from '@tensorflow/tfjs';
import type { Pairs } from '../../data/index.js';
import {
  constant,
  type DenseParameter,
  gatherBlocks,
  gatherRows,
  type Mode,
  orthogonal,
  type ParameterSet,
  truncatedNormal,
} from '../../engine/index.js';
import {
  type CandidatePlaces,
  candidateAttention,
  type Linear,
  linear,
  lstm,
  pairLogits,
  prefixAttention,
  prefixMask,
  prefixWeights,
  temporalGraphLstm,
} from '../../layers/index.js';
import { longestOf, rowsOfSequences } from '../histories.js';
import type { AlpineOptions, ScaaOptions } from '../options.js';
import type { ContextBatch } from '../types.js';
import { EdgeFinder, type EdgeRule } from './edges.js';

/** A head: one hidden layer with ReLU, one output. */
export interface Head {
  readonly hidden: Linear;
  readonly out: Linear;
}

/** Weights `name.hidden` and `name.out`, with the initial values of the released code. */
export function mlpHead(parameters: ParameterSet, name: string, inputs: number, hidden: number): Head {
  const begin = { bias: true, init: truncatedNormal(0.1), biasInit: constant(0.1) } as const;
  return {
    hidden: linear(parameters, `${name}.hidden`, { inputs, outputs: hidden, ...begin }),
    out: linear(parameters, `${name}.out`, { inputs: hidden, outputs: 1, ...begin }),
  };
}

export const matricesOf = ({ hidden, out }: Head): DenseParameter[] => [hidden.weight, out.weight];

export type Polarity = 'positive' | 'negative';

export interface BranchOptions
  extends Pick<AlpineOptions | ScaaOptions, 'edgeCell' | 'candidateAttention' | 'hidden'> {
  /** D, of items and hence of states, since attention multiplies the two. */
  readonly width: number;
  /** Whether no gradient goes to the items. */
  readonly fixedItems: boolean;
  /** Null: an LSTM without the graph. */
  readonly edges: EdgeRule | null;
  /** Which of the batch's histories it reads. */
  readonly history: number;
}

/** Reads one kind of history: encoder, attention of the candidate, head. */
export interface Branch {
  readonly head: Head;
  /** States of the sequences: [N, D] -> [S, T, D] */
  encode(x: tf.Tensor2D, batch: ContextBatch, mode: Mode): tf.Tensor3D;
  /**
   * y_in or y_un. [P]
   *
   * @param places history of each context. [U]
   * @param x candidates. [N, D]
   */
  logits(states: tf.Tensor3D, places: CandidatePlaces, x: tf.Tensor2D, pairs: Pairs, mode: Mode): tf.Tensor1D;
}

/** What `Branch` hands to a tap. */
export const branchTaps = (name: Polarity): Readonly<Record<string, string>> => ({
  [`${name}.edges`]: `The similar earlier position of each position of the ${name} history. [U, T]`,
  [`${name}.states`]: `h of the ${name} history, 0 past its end. [U, T, D]`,
  [`${name}.attention`]: `Weights of each candidate over the ${name} history. [P, T]`,
  [`${name}.interest`]: `The ${name} history as each candidate sees it, f. [P, D]`,
  [`${name}.logit`]: `Logit of the ${name} head. [P]`,
});

/** Weights `name.main`, `name.star`, `name.attention` (bilinear) and `name.head`. */
export function branch(parameters: ParameterSet, name: Polarity, options: BranchOptions): Branch {
  const { width, edges, history, hidden, edgeCell } = options;
  const cell = {
    inputs: width,
    units: width,
    init: { input: orthogonal, state: orthogonal, bias: [1, 1, 1, 1] },
  } as const;
  const graph = edges
    ? { finder: new EdgeFinder(edges), cells: temporalGraphLstm(parameters, name, { ...cell, edgeCell }) }
    : null;
  const plain = graph ? null : lstm(parameters, `${name}.main`, cell);
  const attention = candidateAttention(parameters, `${name}.attention`, {
    width,
    kind: options.candidateAttention,
  });
  const fixed = options.fixedItems && options.candidateAttention === 'scaledDot';
  const head = mlpHead(parameters, `${name}.head`, 2 * width, hidden);

  const encode: Branch['encode'] = (x, batch, mode) => {
    const given = batch.histories[history]!;
    const steps = longestOf(given);
    const sequences = rowsOfSequences(x, given, steps);
    const { length } = given.sequences;
    const links = graph?.finder.of(batch, history, steps);
    const states =
      graph && links ? graph.cells.apply(sequences, length, links) : plain!.apply(sequences, length);
    const byContext = (rows: tf.Tensor): tf.Tensor => gatherBlocks(rows, given.sequence);
    const inside = () => prefixMask(given.length, steps);
    if (links)
      mode.tap?.(`${name}.edges`, byContext(tf.tensor2d(links, [length.length, steps])).mul(inside()));
    mode.tap?.(`${name}.states`, byContext(states).mul(inside().expandDims(2)));
    return states;
  };
  const logits: Branch['logits'] = (states, places, x, pairs, mode) => {
    const own = {
      sequence: take(places.sequence, pairs.context),
      length: take(places.length, pairs.context),
    };
    const queries = gatherRows(attention.queries(x), pairs.item);
    const interest = prefixAttention(states, queries, own, { fixed });
    // [f ; x] W: on x once a distinct candidate.
    const [ofInterest, ofItem] = tf.split(head.hidden.weight.value(), [width, width]) as tf.Tensor2D[];
    const bias = head.hidden.bias!.value<tf.Rank.R1>();
    const items = tf.fused.matMul({ a: x, b: ofItem!, bias }) as tf.Tensor2D;
    const result = pairLogits({ weight: ofInterest!, out: head.out }, interest, [
      { values: items, row: pairs.item },
    ]);
    mode.tap?.(`${name}.attention`, prefixWeights(states, queries, own));
    mode.tap?.(`${name}.interest`, interest);
    mode.tap?.(`${name}.logit`, result);
    return result;
  };
  return { head, encode, logits };
}

const take = (values: Int32Array, at: Int32Array): Int32Array => at.map((i) => values[i]!);

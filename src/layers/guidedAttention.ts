import * as tf from '@tensorflow/tfjs';
import {
  type DenseParameter,
  type Floats,
  filledTensors,
  gatherRows,
  type Initializer,
  type Kernels,
  nativeKernels,
  type ParameterSet,
  valuesInPlace,
  zeros,
} from '../engine/index.js';
import { type Linear, linear } from './linear.js';
import type { PairRows } from './pairLogits.js';

/**
 * Attention over the slots of a user or an item, n vectors x_i, that another vector g guides:
 * a = softmax(w . tanh(x_i W_x + g W_g) + b_i), one weight a slot. What depends on x or on g alone is worked out by itself.
 */
export interface GuidedAttention {
  /** W_x, W_g and w. */
  readonly matrices: readonly DenseParameter[];
  /** x_i W_x of every slot: [N, n * width] -> [N, n * width] */
  keys(slots: tf.Tensor2D): tf.Tensor2D;
  /** g W_g: [P, width] -> [P, width]. Only where it is guided. */
  guidance(g: tf.Tensor2D): tf.Tensor2D;
  /**
   * @param keys [P, n * width]
   * @param guidance [P, width], or null: g = 0
   * @returns a. [P, n]
   */
  weights(keys: tf.Tensor2D, guidance: tf.Tensor2D | null): tf.Tensor2D;
  /**
   * Pairs of an entity whose slots are attended to and of what guides that, each by its row.
   *
   * @returns a [P, n], and the slots weighted by it [P, width]
   */
  attend(entities: Entities, guidance: PairRows): Attended;
}

/** Users or items, and which of them each pair takes. */
export interface Entities {
  /** As `keys` gave them. [N, n * width] */
  readonly keys: tf.Tensor2D;
  /** [N, n * width] */
  readonly slots: tf.Tensor2D;
  /** [P] */
  readonly row: Int32Array;
}

export interface Attended {
  readonly weights: tf.Tensor2D;
  readonly attended: tf.Tensor2D;
}

export interface GuidedAttentionOptions {
  readonly slots: number;
  readonly width: number;
  /** Whether there is a W_g. */
  readonly guided: boolean;
  /** One bias a slot (0 at first); a single one would cancel in the softmax. */
  readonly slotBias: boolean;
  readonly init: Initializer;
}

/** Weights `name.x`, `name.guidance` [width, width], `name.out` [width, 1] and `name.slotBias` [slots]. */
export function guidedAttention(
  parameters: ParameterSet,
  name: string,
  { slots, width, guided, slotBias, init }: GuidedAttentionOptions,
): GuidedAttention {
  const square = (part: string): Linear =>
    linear(parameters, `${name}.${part}`, { inputs: width, outputs: width, bias: false, init });
  const x = square('x');
  const g = guided ? square('guidance') : null;
  const out = linear(parameters, `${name}.out`, { inputs: width, outputs: 1, bias: false, init });
  const bias = slotBias ? parameters.addDense(`${name}.slotBias`, [slots], zeros) : null;
  const weightsOf = (keys: tf.Tensor2D, guidance: tf.Tensor2D | null): tf.Tensor2D => {
    const perSlot = keys.reshape<tf.Tensor3D>([-1, slots, width]);
    const hidden = guidance ? perSlot.add(guidance.expandDims(1)) : perSlot;
    const scores = out.apply(hidden.tanh()).reshape<tf.Tensor2D>([-1, slots]);
    return tf.softmax(bias ? scores.add(bias.value<tf.Rank.R1>()) : scores);
  };
  return {
    matrices: [x, ...(g ? [g] : []), out].map(({ weight }) => weight),
    keys: (of) => x.apply(of.reshape<tf.Tensor2D>([-1, width])).reshape(of.shape),
    guidance: (of) => g!.apply(of),
    weights: weightsOf,
    attend: (entities, guidance) => {
      const kernels = nativeKernels();
      if (kernels && !tf.engine().isTapeOn()) {
        const given = { slots, width, out: out.weight.value(), bias: bias?.value() };
        return attendNatively(kernels, given, entities, guidance);
      }
      const { keys, slots: values, row } = entities;
      const weights = weightsOf(gatherRows(keys, row), gatherRows(guidance.values, guidance.row));
      return { weights, attended: weighSlots(weights, gatherRows(values, row)) };
    },
  };
}

/** By the native kernel, which has no way back, and gathers nothing. */
function attendNatively(
  kernels: Kernels,
  { slots, width, out, bias }: { slots: number; width: number; out: tf.Tensor; bias: tf.Tensor | undefined },
  entities: Entities,
  guidance: PairRows,
): Attended {
  const given = [entities.keys, entities.slots, guidance.values, out];
  const pairs = entities.row.length;
  const shapes = [
    [pairs, slots],
    [pairs, width],
  ];
  const fill = (weights: Floats, attended: Floats) => {
    const arrays = given.map((tensor) => valuesInPlace(kernels, tensor)) as [Floats, Floats, Floats, Floats];
    const biases = bias ? valuesInPlace(kernels, bias) : new Float32Array();
    const rows = [entities.row, guidance.row] as const;
    kernels.attendSlots(kernels.threads, 0, slots, width, ...arrays, biases, ...rows, weights, attended);
  };
  const [weights, attended] = filledTensors(kernels, shapes, fill) as [tf.Tensor2D, tf.Tensor2D];
  return { weights, attended };
}

/** Slots of the same row, weighed and added up: [P, n], [P, n * width] -> [P, width] */
export function weighSlots(weights: tf.Tensor2D, slots: tf.Tensor2D): tf.Tensor2D {
  const [rows, count] = weights.shape;
  const width = slots.shape[1] / count;
  return slots.reshape([rows, count, width]).mul(weights.expandDims(2)).sum<tf.Tensor2D>(1);
}

/** Attention layers one after another, each guided by what those before it found. */
export interface AttentionStack {
  /** First to last; the same one again where layers share their weights. */
  readonly layers: readonly GuidedAttention[];
  /** The weights of a stack, each once. */
  readonly matrices: readonly DenseParameter[];
  /** x_i W_x for every layer of its own weights: [N, n * width] each */
  keys(slots: tf.Tensor2D): tf.Tensor2D[];
  apply(input: StackInput): tf.Tensor2D;
}

export interface StackInput extends Omit<Entities, 'keys'> {
  /** As `keys` gave them. [N, n * width] each */
  readonly keys: readonly tf.Tensor2D[];
  /** g of the first layer. [G, width] */
  readonly guide: PairRows;
  /** g W_g of the first layer, where it is known already. [G, width] */
  readonly guidance?: tf.Tensor2D;
  /** Receives the weights [P, n] of each layer, counted from 1. */
  readonly onWeights?: ((layer: number, weights: tf.Tensor2D) => void) | undefined;
}

export interface AttentionStackOptions extends Omit<GuidedAttentionOptions, 'guided'> {
  readonly layers: number;
  readonly shareLayers: boolean;
  /** What comes out: what the last layer attended to, or what a further layer would be guided by. */
  readonly output: 'attended' | 'query';
}

/**
 * Layer m attends guided by g_m; then g_(m+1) = what it attended to + g_m. Weights under `name.1`, `name.2`, ..
 * (under `name.1` alone where layers share them).
 */
export function attentionStack(
  parameters: ParameterSet,
  name: string,
  { layers: count, shareLayers, output, ...options }: AttentionStackOptions,
): AttentionStack {
  const own = Array.from({ length: shareLayers ? 1 : count }, (_, m) =>
    guidedAttention(parameters, `${name}.${m + 1}`, { ...options, guided: true }),
  );
  const layers = Array.from({ length: count }, (_, m) => own[shareLayers ? 0 : m]!);
  return {
    layers,
    matrices: own.flatMap(({ matrices }) => matrices),
    keys: (slots) => own.map((layer) => layer.keys(slots)),
    apply: ({ keys, slots, row, guide, guidance, onWeights }) => {
      const everyPair = Int32Array.from(row.keys());
      let g: tf.Tensor2D | null = null;
      for (const [m, layer] of layers.entries()) {
        const by = g
          ? { values: layer.guidance(g), row: everyPair }
          : { values: guidance ?? layer.guidance(guide.values), row: guide.row };
        const { weights, attended } = layer.attend({ keys: keys[shareLayers ? 0 : m]!, slots, row }, by);
        onWeights?.(m + 1, weights);
        if (m + 1 === count && output === 'attended') return attended;
        g = attended.add(g ?? gatherRows(guide.values, guide.row));
      }
      return g!;
    },
  };
}

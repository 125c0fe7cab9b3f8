import * as tf from '@tensorflow/tfjs';
import { type DenseParameter, type Initializer, type ParameterSet, zeros } from '../engine/index.js';
import { type Linear, linear } from './linear.js';

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
  return {
    matrices: [x, ...(g ? [g] : []), out].map(({ weight }) => weight),
    keys: (of) => x.apply(of.reshape<tf.Tensor2D>([-1, width])).reshape(of.shape),
    guidance: (of) => g!.apply(of),
    weights: (keys, guidance) => {
      const perSlot = keys.reshape<tf.Tensor3D>([-1, slots, width]);
      const hidden = guidance ? perSlot.add(guidance.expandDims(1)) : perSlot;
      const scores = out.apply(hidden.tanh()).reshape<tf.Tensor2D>([-1, slots]);
      return tf.softmax(bias ? scores.add(bias.value<tf.Rank.R1>()) : scores);
    },
  };
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

export interface StackInput {
  /** As `keys` gave them, of each pair. [P, n * width] each */
  readonly keys: readonly tf.Tensor2D[];
  /** [P, n * width] */
  readonly slots: tf.Tensor2D;
  /** g of the first layer. [P, width] */
  readonly guide: tf.Tensor2D;
  /** g W_g of the first layer, where it is known already. [P, width] */
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
    apply: ({ keys, slots, guide, guidance, onWeights }) => {
      let g = guide;
      let attended = guide;
      layers.forEach((layer, m) => {
        const fromGuide = m === 0 && guidance ? guidance : layer.guidance(g);
        const weights = layer.weights(keys[shareLayers ? 0 : m]!, fromGuide);
        onWeights?.(m + 1, weights);
        attended = weighSlots(weights, slots);
        if (m + 1 < count || output === 'query') g = attended.add(g);
      });
      return output === 'query' ? g : attended;
    },
  };
}

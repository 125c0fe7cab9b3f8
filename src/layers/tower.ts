import * as tf from '@tensorflow/tfjs';
import { dropout, type Mode, type ParameterSet, relu } from '../engine/index.js';
import { type BatchNorm, batchNorm, type FixedNorm } from './batchNorm.js';
import { fixedMap, type Linear, type LinearMap, linear } from './linear.js';
import { type PairRows, pairLogits, sumOfParts } from './pairLogits.js';

export interface TowerOptions {
  readonly inputs: number;
  /** Widths of the hidden layers, one at least. */
  readonly hidden: readonly number[];
  /** Share of each hidden layer's values that is dropped in training. */
  readonly dropout: number;
  readonly batchNorm: boolean;
}

/**
 * Hidden layers with ReLU. What the first layer makes of some of the input's columns can be worked out where these are known, once
 * for all pairs that share them: pairs take it by rows, of one part or of several that are added up.
 */
export interface TowerLayers {
  /** x W of the input's columns from `start` on, without the bias: [R, columns] -> [R, hidden[0]] */
  columns(x: tf.Tensor2D, start: number): tf.Tensor2D;
  /** @param parts `columns`, all of them together. [P, last of hidden] */
  hidden(parts: readonly PairRows[], mode: Mode): tf.Tensor2D;
  readonly maps: readonly Linear[];
  readonly norms: readonly BatchNorm[];
}

/** The same with one output. */
export interface Tower extends Pick<TowerLayers, 'columns' | 'norms'> {
  /** @param parts `columns`, all of them together. [P] */
  logits(parts: readonly PairRows[], mode: Mode): tf.Tensor1D;
}

/** Weights `name.1`, `name.2`, .. with `name.1.norm` and so on. */
export function towerLayers(parameters: ParameterSet, name: string, options: TowerOptions): TowerLayers {
  const { inputs, hidden } = options;
  const widths = [inputs, ...hidden];
  const layers = hidden.map((outputs, i) => ({
    map: linear(parameters, `${name}.${i + 1}`, { inputs: widths[i]!, outputs, bias: true }),
    norm: options.batchNorm ? batchNorm(parameters, `${name}.${i + 1}.norm`, outputs) : null,
  }));
  const [first, ...rest] = layers as [(typeof layers)[number], ...typeof layers];
  const activate = (x: tf.Tensor2D, layer: number, mode: Mode): tf.Tensor2D => {
    const { norm } = layers[layer]!;
    const active = relu(norm ? norm.apply(x, mode) : x);
    return dropout(active, 1 - options.dropout, mode, `${name}.${layer + 1}`);
  };
  return {
    columns: (x, start) => {
      const weight = first.map.weight.value<tf.Rank.R2>();
      const width = x.shape[1];
      return tf.matMul(x, width === inputs ? weight : weight.slice([start, 0], [width, -1]));
    },
    hidden: (parts, mode) =>
      rest.reduce(
        (h, { map }, i) => activate(map.apply(h), i + 1, mode),
        activate(sumOfParts(parts).add(first.map.bias!.value()), 0, mode),
      ),
    maps: layers.map(({ map }) => map),
    norms: layers.flatMap(({ norm }) => (norm ? [norm] : [])),
  };
}

/** Weights of the hidden layers, and `name.out`. */
export function tower(parameters: ParameterSet, name: string, options: TowerOptions): Tower {
  const { columns, hidden, maps, norms } = towerLayers(parameters, name, options);
  const out = linear(parameters, `${name}.out`, { inputs: options.hidden.at(-1)!, outputs: 1, bias: true });
  return {
    columns,
    norms,
    logits: (parts, mode) => {
      if (mode.training) return out.apply(hidden(parts, mode)).reshape([-1]);
      const [first, ...layers] = maps.map((map, i) => (norms[i] ? normalised(map, norms[i].fixed()) : map));
      const own = norms[0] ? scaled(parts, norms[0].fixed()) : parts;
      return pairLogits({ bias: first!.bias!, layers, out }, null, own);
    },
  };
}

/** The map and what normalises it, by statistics that are fixed, are one map. */
function normalised({ weight, bias }: Linear, { scale, shift }: FixedNorm): LinearMap {
  return fixedMap(
    weight.value<tf.Rank.R2>().mul(scale),
    bias!.value<tf.Rank.R1>().mul<tf.Tensor1D>(scale).add(shift),
  );
}

/** `columns` are not biased yet. */
const scaled = (parts: readonly PairRows[], { scale }: FixedNorm): readonly PairRows[] =>
  parts.map(({ values, row }) => ({ values: values.mul(scale), row }));

import type * as tf from '@tensorflow/tfjs';
import {
  constant,
  type DenseParameter,
  glorotUniform,
  type Initializer,
  orthogonal,
  type ParameterSet,
} from '../engine/index.js';
import { type CellWeights, recurrence } from './recurrence.js';

/** How the weights of an LSTM cell begin. */
export interface CellInit {
  /** Of each gate's matrix [inputs, units] and [units, units]. */
  readonly input: Initializer;
  readonly state: Initializer;
  /** Of the gates i, f, g, o. */
  readonly bias: readonly [i: number, f: number, g: number, o: number];
}

/** The forget gate begins open (Jozefowicz et al. 2015). */
const usualInit: CellInit = { input: glorotUniform, state: orthogonal, bias: [0, 1, 0, 0] };

export interface CellOptions {
  readonly inputs: number;
  readonly units: number;
  readonly init?: CellInit;
}

/** An LSTM cell's parameters. */
export interface CellParameters {
  /** Matrices, without the bias. */
  readonly weights: readonly DenseParameter[];
  value(): CellWeights;
}

/** `name.input` [inputs, 4 units], `name.state` [units, 4 units] and `name.bias` [4 units], with gates i, f, g, o. */
export function cellParameters(
  parameters: ParameterSet,
  name: string,
  { inputs, units, init = usualInit }: CellOptions,
): CellParameters {
  const input = parameters.addDense(`${name}.input`, [inputs, 4 * units], eachGate(init.input, 4));
  const state = parameters.addDense(`${name}.state`, [units, 4 * units], eachGate(init.state, 4));
  const bias = parameters.addDense(`${name}.bias`, [4 * units], (shape, random) =>
    Float32Array.from(init.bias.flatMap((value) => [...constant(value)([shape[0]! / 4], random)])),
  );
  return {
    weights: [input, state],
    value: () => ({ input: input.value(), state: state.value(), bias: bias.value() }),
  };
}

/** Draws the matrices of so many gates one after the other and puts them side by side. */
export const eachGate =
  (init: Initializer, gates: number): Initializer =>
  ([rows, columns], random) => {
    const units = columns! / gates;
    const all = new Float32Array(rows! * columns!);
    for (let gate = 0; gate < gates; gate++) {
      const values = init([rows!, units], random);
      for (let r = 0; r < rows!; r++) {
        all.set(values.subarray(r * units, (r + 1) * units), r * columns! + gate * units);
      }
    }
    return all;
  };

export interface Lstm {
  /** Matrices, without the bias. */
  readonly weights: readonly DenseParameter[];
  /**
   * @param x [S, T, inputs]
   * @param lengths of the sequences, each in 0..T. [S]
   * @returns hidden states, 0 past a sequence's end. [S, T, units]
   */
  apply(x: tf.Tensor3D, lengths: Int32Array): tf.Tensor3D;
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997) with forget gates (Gers et al. 2000), from zero states:
 * i, f, o = sigmoid(x W + h V + b), g = tanh(..), c = i g + f c, h = o tanh(c). One bias a gate, where cuDNN and
 * torch keep two that act as one. Weights under `name`, see `cellParameters`.
 */
export function lstm(parameters: ParameterSet, name: string, options: CellOptions): Lstm {
  const cell = cellParameters(parameters, name, options);
  return {
    weights: cell.weights,
    apply: (x, lengths) => recurrence({ x, lengths, cells: [cell.value()], links: null }),
  };
}

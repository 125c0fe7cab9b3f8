import * as tf from '@tensorflow/tfjs';
import { randomStream, sizeOf } from '../base/index.js';
import type { Initializer } from './initializers.js';
import { takeValues } from './read.js';
import { rowsTensor } from './rows.js';

/** A dense weight. The optimiser replaces its tensor after every step, so ask for `value()` each time. */
export interface DenseParameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** Where what is trained is not the weight itself: how to get from one to the other. */
  readonly exchange?: Exchange;
  value<R extends tf.Rank = tf.Rank>(): tf.Tensor<R>;
}

/**
 * A weight that must stay within bounds is trained as a number without bounds, of which it is a function. Checkpoints hold
 * that number, so that a resume is exact; whoever exchanges weights with another program gives and gets the weight.
 */
export interface Exchange {
  /** The bounds, for messages: `above 0`. */
  readonly bounds: string;
  toWeight(trained: Float32Array): Float32Array;
  /** Not finite where a weight is out of bounds. */
  fromWeight(weight: Float32Array): Float32Array;
}

/**
 * A table of embeddings that is too large to differentiate or to update as a whole. It lives in host memory; a
 * step takes the distinct rows it needs, differentiates with respect to those alone, and only they change.
 */
export interface Table {
  readonly name: string;
  readonly rows: number;
  readonly width: number;
  /** Row-major [rows, width]. */
  readonly data: Float32Array;
  /** False for rows that gradients do not change, but the model itself. Checkpoints hold them all the same. */
  readonly trained: boolean;
  /**
   * The given rows as a tensor [N, width]; within `ParameterSet.gradients` its gradient is recorded.
   * Rows of -1 (unknown) are zero and never trained.
   */
  lookup(rows: Int32Array): tf.Tensor2D;
}

/** Gradient of the rows that one `lookup` took. */
export interface RowGradient {
  readonly table: Table;
  readonly rows: Int32Array;
  /** Row-major [rows.length, width]. */
  readonly values: Float32Array;
}

export interface Gradients {
  readonly loss: number;
  /** In the order of `ParameterSet.dense`. The caller disposes of them and of `flat`. */
  readonly dense: tf.Tensor[];
  /** All of `dense`, one after the other. */
  readonly flat: tf.Tensor1D;
  /** Sum of its squares. */
  readonly denseSquares: number;
  readonly rows: RowGradient[];
}

/** A lookup whose gradient is still a tensor, kept until it is read. */
interface Lookup extends Omit<RowGradient, 'values'> {
  readonly gradient: tf.Tensor;
}

/** What the tape of a step hangs its lookups on, and those it has differentiated. */
interface Recording {
  readonly anchor: tf.Scalar;
  readonly lookups: Lookup[];
}

/** The named weights of a model, in the order in which they were declared. */
export class ParameterSet {
  readonly dense: DenseParameter[] = [];
  readonly tables: Table[] = [];
  private readonly tensors = new Map<string, tf.Tensor>();
  private readonly held = new Map<Float32Array, tf.Tensor2D>();
  private readonly names = new Set<string>();
  private recording: Recording | null = null;

  /** @param seed initial weights are a function of the seed and each weight's name */
  constructor(private readonly seed: number) {}

  addDense(name: string, shape: readonly number[], init: Initializer, exchange?: Exchange): DenseParameter {
    this.claim(name);
    this.tensors.set(name, tf.keep(tf.tensor(this.initial(name, shape, init), [...shape])));
    const parameter: DenseParameter = {
      name,
      shape,
      ...(exchange && { exchange }),
      value: <R extends tf.Rank>() => this.tensors.get(name) as tf.Tensor<R>,
    };
    this.dense.push(parameter);
    return parameter;
  }

  addTable(
    name: string,
    rows: number,
    width: number,
    init: Initializer,
    { trained = true }: { readonly trained?: boolean } = {},
  ): Table {
    this.claim(name);
    const data = this.initial(name, [rows, width], init);
    const table: Table = { name, rows, width, data, trained, lookup: (ids) => this.lookup(table, ids) };
    this.tables.push(table);
    return table;
  }

  /** What a weight of that name starts with, without declaring it. */
  initial(name: string, shape: readonly number[], init: Initializer): Float32Array {
    return init(shape, randomStream(this.seed, 'init', name));
  }

  /** Number of trainable values. */
  get size(): number {
    const dense = this.dense.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    return this.tables.reduce((sum, { data, trained }) => sum + (trained ? data.length : 0), dense);
  }

  /** Replaces a dense weight by a tensor, which is taken over. Throws a RangeError when the size differs. */
  setDense(name: string, value: tf.Tensor): void {
    const old = this.tensors.get(name);
    if (!old || old.size !== value.size) throw new RangeError(`setDense(${name}): wrong name or size`);
    this.tensors.set(name, tf.keep(withShape(value, old.shape)));
    old.dispose();
  }

  /**
   * Loss and its gradient with respect to every dense weight and every table row that was looked up. What the host
   * needs of a step is read at once: a step waits for the engine a single time.
   */
  async gradients(loss: () => tf.Scalar): Promise<Gradients> {
    const lookups: Lookup[] = [];
    const { value, squares, flat, dense } = this.differentiate(loss, lookups);
    try {
      const read = [value, squares, ...lookups.map(({ gradient }) => gradient)];
      const [[lossValue], [denseSquares], ...rows] = (await takeValues(read)) as [Float32Array, Float32Array];
      return {
        loss: lossValue!,
        dense,
        flat,
        denseSquares: denseSquares!,
        rows: lookups.map(({ table, rows: ids }, i) => ({ table, rows: ids, values: rows[i]! })),
      };
    } catch (error) {
      tf.dispose([flat, ...dense]);
      throw error;
    }
  }

  /** A matrix that is not trained, on the engine for as long as the weights are; one tensor for one array. */
  hold(values: Float32Array, shape: [number, number]): tf.Tensor2D {
    let matrix = this.held.get(values);
    if (!matrix) {
      matrix = tf.keep(tf.tensor2d(values, shape));
      this.held.set(values, matrix);
    }
    return matrix;
  }

  dispose(): void {
    tf.dispose([...this.tensors.values(), ...this.held.values()]);
    this.tensors.clear();
    this.held.clear();
  }

  /** All stays on the engine: what is returned and what `lookups` receives are the caller's to dispose of. */
  private differentiate(loss: () => tf.Scalar, lookups: Lookup[]) {
    try {
      return tf.tidy(() => {
        const anchor = tf.scalar(0);
        this.recording = { anchor, lookups };
        const weights = this.dense.map(({ name }) => this.tensors.get(name)!);
        const { value, grads } = tf.engine().gradients(loss, [...weights, anchor], undefined, true);
        const dense = weights.map((weight, i) => grads[i] ?? tf.zerosLike(weight));
        const flat = flatten(dense);
        const squares = flat.size === 0 ? tf.scalar(0) : flat.square().sum(); // not every engine can sum nothing
        return { value, squares, flat, dense };
      });
    } catch (error) {
      for (const { gradient } of lookups) gradient.dispose();
      throw error;
    } finally {
      this.recording = null;
    }
  }

  private lookup(table: Table, rows: Int32Array): tf.Tensor2D {
    const taken = () => rowsTensor(table.data, table.width, rows);
    const recording = this.recording;
    if (!recording || !table.trained) return taken();
    // The rows are born inside the step, so they hang on an anchor that the tape knows; their gradient is taken
    // as it passes by.
    const op = tf.customGrad((..._: (tf.Tensor | tf.GradSaveFunc)[]) => ({
      value: taken(),
      gradFunc: (dy: tf.Tensor) => {
        recording.lookups.push({ table, rows, gradient: tf.keep(dy.clone()) });
        return tf.scalar(0);
      },
    }));
    return op(recording.anchor) as tf.Tensor2D;
  }

  private claim(name: string): void {
    if (this.names.has(name)) throw new RangeError(`a weight named ${name} exists already`);
    this.names.add(name);
  }
}

/** Tensors as one vector, one after the other. */
export function flatten(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tensors.length === 0
    ? tf.zeros([0])
    : tf.concat(tensors.map((tensor) => withShape(tensor, [tensor.size]) as tf.Tensor1D));
}

/** Reshaping costs an operation, also where nothing changes. */
function withShape(tensor: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const isSame = tensor.rank === shape.length && tensor.shape.every((side, axis) => side === shape[axis]);
  return isSame ? tensor : tensor.reshape([...shape]);
}

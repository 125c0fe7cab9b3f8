import * as tf from '@tensorflow/tfjs';
import { randomStream, sizeOf } from '../base/index.js';
import type { Initializer } from './initializers.js';
import { takeValues } from './read.js';

/** A dense weight. The optimiser replaces its tensor after every step, so ask for `value()` each time. */
export interface DenseParameter {
  readonly name: string;
  readonly shape: readonly number[];
  value<R extends tf.Rank = tf.Rank>(): tf.Tensor<R>;
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
  /** In the order of `ParameterSet.dense`. The caller disposes of them. */
  readonly dense: tf.Tensor[];
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
  private readonly names = new Set<string>();
  private recording: Recording | null = null;

  /** @param seed initial weights are a function of the seed and each weight's name */
  constructor(private readonly seed: number) {}

  addDense(name: string, shape: readonly number[], init: Initializer): DenseParameter {
    this.claim(name);
    this.tensors.set(
      name,
      tf.keep(tf.tensor(init(shape, randomStream(this.seed, 'init', name)), [...shape])),
    );
    const parameter: DenseParameter = {
      name,
      shape,
      value: <R extends tf.Rank>() => this.tensors.get(name) as tf.Tensor<R>,
    };
    this.dense.push(parameter);
    return parameter;
  }

  addTable(name: string, rows: number, width: number, init: Initializer): Table {
    this.claim(name);
    const data = init([rows, width], randomStream(this.seed, 'init', name));
    const table: Table = { name, rows, width, data, lookup: (ids) => this.lookup(table, ids) };
    this.tables.push(table);
    return table;
  }

  /** Number of trainable values. */
  get size(): number {
    const dense = this.dense.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    return this.tables.reduce((sum, { data }) => sum + data.length, dense);
  }

  /** Replaces a dense weight. Throws a RangeError when the size differs. */
  setDense(name: string, value: tf.Tensor): void {
    const old = this.tensors.get(name);
    if (!old || old.size !== value.size) throw new RangeError(`setDense(${name}): wrong name or size`);
    this.tensors.set(name, tf.keep(value.reshape(old.shape)));
    old.dispose();
  }

  /** Loss and its gradient with respect to every dense weight and every table row that was looked up. */
  async gradients(loss: () => tf.Scalar): Promise<Gradients> {
    const lookups: Lookup[] = [];
    const { value, dense } = this.differentiate(loss, lookups);
    try {
      const [losses, ...rows] = await takeValues([value, ...lookups.map(({ gradient }) => gradient)]);
      return {
        loss: losses![0]!,
        dense,
        rows: lookups.map(({ table, rows: ids }, i) => ({ table, rows: ids, values: rows[i]! })),
      };
    } catch (error) {
      tf.dispose(dense);
      throw error;
    }
  }

  dispose(): void {
    for (const tensor of this.tensors.values()) tensor.dispose();
    this.tensors.clear();
  }

  /** All stays on the engine: what is returned and what `lookups` receives are the caller's to dispose of. */
  private differentiate(loss: () => tf.Scalar, lookups: Lookup[]): { value: tf.Tensor; dense: tf.Tensor[] } {
    try {
      return tf.tidy(() => {
        const anchor = tf.scalar(0);
        this.recording = { anchor, lookups };
        const weights = this.dense.map(({ name }) => this.tensors.get(name)!);
        const { value, grads } = tf.engine().gradients(loss, [...weights, anchor], undefined, true);
        return { value, dense: weights.map((weight, i) => grads[i] ?? tf.zerosLike(weight)) };
      });
    } catch (error) {
      for (const { gradient } of lookups) gradient.dispose();
      throw error;
    } finally {
      this.recording = null;
    }
  }

  private lookup(table: Table, rows: Int32Array): tf.Tensor2D {
    const { width, data } = table;
    const values = new Float32Array(rows.length * width);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      if (row >= 0) values.set(data.subarray(row * width, (row + 1) * width), i * width);
    }
    const shape: [number, number] = [rows.length, width];
    const recording = this.recording;
    if (!recording) return tf.tensor2d(values, shape);
    // The rows are born inside the step, so they hang on an anchor that the tape knows; their gradient is taken
    // as it passes by.
    const op = tf.customGrad((..._: (tf.Tensor | tf.GradSaveFunc)[]) => ({
      value: tf.tensor2d(values, shape),
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

import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../base/index.js';
import type { Gradients, ParameterSet, RowGradient, Table } from './parameters.js';
import { takeValues } from './read.js';

export interface OptimizerOptions {
  readonly name: 'adam' | 'sgd';
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Gradients are scaled down to this global norm when theirs is larger; null: never. */
  readonly clipNorm: number | null;
}

/** Arrays by name, as they go into a checkpoint. */
export type NamedArrays = Map<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array | Int32Array }
>;

/** A number that training goes by is no longer finite. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
  /**
   * @param when `before`: the step at hand was not done, nothing is changed; `after`: an update that was done
   * @param parameter first weight that is affected
   */
  constructor(
    what: string,
    readonly parameter: string | null,
    readonly when: 'before' | 'after',
  ) {
    super(parameter ? `${what}; first affected weight: ${parameter}` : what);
  }
}

/** @throws DivergedError that names the first array which holds a number that is not finite */
export function requireFinite(arrays: NamedArrays): void {
  for (const [name, { data }] of arrays) {
    if (!data.every(Number.isFinite)) throw new DivergedError('a weight is no longer finite', name, 'after');
  }
}

/**
 * Adam (Kingma and Ba 2015, algorithm 1) or plain SGD.
 *
 * Dense weights are updated as one flat vector: the cost is a dozen operations, however many weights there are.
 * Tables are updated row by row, only where touched ("lazy"): an untouched row keeps its moments, and each row
 * corrects the moments' bias by the number of its own updates.
 */
export class Optimizer {
  private readonly sizes: number[];
  private flat: { weights: tf.Tensor1D; m: tf.Tensor1D; v: tf.Tensor1D };
  private readonly tableStates = new Map<string, TableState>();
  private updates = 0;

  constructor(
    private readonly parameters: ParameterSet,
    private readonly options: OptimizerOptions,
  ) {
    this.sizes = parameters.dense.map(({ shape }) => sizeOf(shape));
    const total = this.sizes.reduce((a, b) => a + b, 0);
    this.flat = tf.tidy(() => ({
      weights: tf.keep(flatten(parameters.dense.map((parameter) => parameter.value()))),
      m: tf.keep(tf.zeros([total]) as tf.Tensor1D),
      v: tf.keep(tf.zeros([total]) as tf.Tensor1D),
    }));
  }

  /**
   * One update. Disposes of the gradients.
   *
   * @throws DivergedError before anything is changed, when the loss or a gradient is not finite
   */
  async apply(gradients: Gradients, learningRate: number): Promise<void> {
    const gradient = tf.tidy(() => flatten(gradients.dense));
    try {
      const rows = mergeByTable(gradients.rows);
      const norm = Math.sqrt((await denseSquares(gradient)) + sumOfSquares(rows));
      if (!Number.isFinite(gradients.loss) || !Number.isFinite(norm)) throw await this.diverged(gradients);
      const { clipNorm } = this.options;
      const scale = clipNorm !== null && norm > clipNorm ? clipNorm / norm : 1;
      this.updates++;
      if (this.sizes.length > 0) {
        tf.tidy(() => this.updateDense(scale === 1 ? gradient : gradient.mul(scale), learningRate));
      }
      for (const entry of rows) this.updateRows(entry, learningRate, scale);
    } finally {
      tf.dispose([gradient, ...gradients.dense]);
    }
  }

  /** Weights and the optimiser's own state, enough to go on exactly. */
  async state(): Promise<NamedArrays> {
    const arrays = await weightArrays(this.parameters);
    arrays.set('optimizer.updates', { shape: [1], data: Int32Array.of(this.updates) });
    if (this.options.name === 'adam') {
      for (const key of ['m', 'v'] as const) {
        const tensor = this.flat[key];
        arrays.set(`optimizer.${key}`, { shape: tensor.shape, data: await tensor.data<'float32'>() });
      }
      for (const { name, rows, width } of this.parameters.tables) {
        const { m, v, updates } = this.tableState(name, rows, width);
        arrays.set(`optimizer.m.${name}`, { shape: [rows, width], data: m });
        arrays.set(`optimizer.v.${name}`, { shape: [rows, width], data: v });
        arrays.set(`optimizer.updates.${name}`, { shape: [rows], data: updates });
      }
    }
    return arrays;
  }

  /** Restores what `state` returned. Throws a RangeError that names a missing or wrongly shaped array. */
  load(arrays: NamedArrays): void {
    loadWeights(this.parameters, arrays);
    this.updates = take(arrays, 'optimizer.updates', 1)[0]!;
    const total = this.flat.weights.size;
    const adam = this.options.name === 'adam';
    tf.dispose([this.flat.weights, this.flat.m, this.flat.v]);
    this.flat = tf.tidy(() => ({
      weights: tf.keep(flatten(this.parameters.dense.map((parameter) => parameter.value()))),
      m: tf.keep(
        adam ? tf.tensor1d(Float32Array.from(take(arrays, 'optimizer.m', total))) : tf.zeros([total]),
      ),
      v: tf.keep(
        adam ? tf.tensor1d(Float32Array.from(take(arrays, 'optimizer.v', total))) : tf.zeros([total]),
      ),
    })) as typeof this.flat;
    if (!adam) return;
    for (const { name, rows, width } of this.parameters.tables) {
      const state = this.tableState(name, rows, width);
      state.m.set(take(arrays, `optimizer.m.${name}`, rows * width));
      state.v.set(take(arrays, `optimizer.v.${name}`, rows * width));
      state.updates.set(take(arrays, `optimizer.updates.${name}`, rows));
    }
  }

  dispose(): void {
    tf.dispose([this.flat.weights, this.flat.m, this.flat.v]);
  }

  private updateDense(gradient: tf.Tensor1D, learningRate: number): void {
    const { name, beta1, beta2, epsilon } = this.options;
    const old = this.flat;
    const next = { ...old };
    if (name === 'sgd') {
      next.weights = tf.keep(old.weights.sub(gradient.mul(learningRate)));
    } else {
      next.m = tf.keep(old.m.mul(beta1).add(gradient.mul(1 - beta1)));
      next.v = tf.keep(old.v.mul(beta2).add(gradient.square().mul(1 - beta2)));
      const rate = learningRate / (1 - beta1 ** this.updates);
      const deviation = next.v.mul(1 / (1 - beta2 ** this.updates)).sqrt();
      next.weights = tf.keep(old.weights.sub(next.m.mul(rate).div(deviation.add(epsilon))));
      tf.dispose([old.m, old.v]);
    }
    old.weights.dispose();
    this.flat = next;
    const parts = tf.split(next.weights, this.sizes);
    this.parameters.dense.forEach((parameter, i) => {
      this.parameters.setDense(parameter.name, parts[i]!);
    });
  }

  private updateRows({ table, rows, values }: RowGradient, learningRate: number, scale: number): void {
    const { name, beta1, beta2, epsilon } = this.options;
    const { width, data } = table;
    if (name === 'sgd') {
      for (let i = 0; i < rows.length; i++) {
        const to = rows[i]! * width;
        for (let c = 0; c < width; c++) data[to + c]! -= learningRate * scale * values[i * width + c]!;
      }
      return;
    }
    const { m, v, updates } = this.tableState(table.name, table.rows, width);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const t = ++updates[row]!;
      const rate = learningRate / (1 - beta1 ** t);
      const correction = 1 / (1 - beta2 ** t);
      for (let c = 0, from = i * width, to = row * width; c < width; c++, from++, to++) {
        const g = scale * values[from]!;
        m[to] = beta1 * m[to]! + (1 - beta1) * g;
        v[to] = beta2 * v[to]! + (1 - beta2) * g * g;
        data[to]! -= (rate * m[to]!) / (Math.sqrt(v[to]! * correction) + epsilon);
      }
    }
  }

  private tableState(name: string, rows: number, width: number): TableState {
    let state = this.tableStates.get(name);
    if (!state) {
      const size = rows * width;
      state = { m: new Float32Array(size), v: new Float32Array(size), updates: new Int32Array(rows) };
      this.tableStates.set(name, state);
    }
    return state;
  }

  private async diverged({ loss, dense, rows }: Gradients): Promise<DivergedError> {
    const weights = await weightArrays(this.parameters);
    const slopes = await Promise.all(dense.map((gradient) => gradient.data<'float32'>()));
    const suspects: { name: string; data: Float32Array | Int32Array }[] = [
      ...Array.from(weights, ([name, { data }]) => ({ name, data })),
      ...slopes.map((data, i) => ({ name: this.parameters.dense[i]!.name, data })),
      ...rows.map(({ table, values }) => ({ name: table.name, data: values })),
    ];
    const first = suspects.find(({ data }) => !data.every(Number.isFinite));
    const what = Number.isFinite(loss) ? 'a gradient is not finite' : `the training loss is ${loss}`;
    return new DivergedError(what, first?.name ?? null, 'before');
  }
}

/** Trained values by name: what a checkpoint of the best epoch holds. Tables are the live arrays, not copies. */
export async function weightArrays(parameters: ParameterSet): Promise<NamedArrays> {
  const arrays: NamedArrays = new Map();
  const values = await Promise.all(parameters.dense.map((parameter) => parameter.value().data<'float32'>()));
  parameters.dense.forEach(({ name, shape }, i) => {
    arrays.set(name, { shape, data: Float32Array.from(values[i]!) });
  });
  for (const { name, rows, width, data } of parameters.tables)
    arrays.set(name, { shape: [rows, width], data });
  return arrays;
}

/** Puts arrays back into the weights. Throws a RangeError that names a missing or wrongly shaped array. */
export function loadWeights(parameters: ParameterSet, arrays: NamedArrays): void {
  for (const { name, shape } of parameters.dense) {
    const fresh = Float32Array.from(take(arrays, name, sizeOf(shape))); // the engine may keep using the array it is given
    tf.tidy(() => parameters.setDense(name, tf.tensor(fresh, [...shape])));
  }
  for (const { name, data } of parameters.tables) data.set(take(arrays, name, data.length));
}

interface TableState {
  readonly m: Float32Array;
  readonly v: Float32Array;
  readonly updates: Int32Array;
}

function flatten(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tensors.length === 0
    ? tf.zeros([0])
    : tf.concat(tensors.map((tensor) => tensor.reshape([-1]) as tf.Tensor1D));
}

function take(arrays: NamedArrays, name: string, size: number): Float32Array | Int32Array {
  const array = arrays.get(name);
  if (!array) throw new RangeError(`no array named ${name}`);
  if (array.data.length !== size)
    throw new RangeError(`${name} has ${array.data.length} values instead of ${size}`);
  return array.data;
}

/** One gradient a table, each row once: lookups of the same row add up; unknown rows (-1) are left out. */
function mergeByTable(gradients: readonly RowGradient[]): RowGradient[] {
  const byTable = new Map<Table, RowGradient[]>();
  for (const gradient of gradients) {
    byTable.set(gradient.table, [...(byTable.get(gradient.table) ?? []), gradient]);
  }
  return [...byTable].map(([table, parts]) => {
    const position = new Map<number, number>();
    for (const { rows } of parts) {
      for (const row of rows) if (row >= 0 && !position.has(row)) position.set(row, position.size);
    }
    const values = new Float32Array(position.size * table.width);
    for (const part of parts) {
      part.rows.forEach((row, i) => {
        if (row < 0) return;
        const to = position.get(row)! * table.width;
        for (let c = 0; c < table.width; c++) values[to + c]! += part.values[i * table.width + c]!;
      });
    }
    return { table, rows: Int32Array.from(position.keys()), values };
  });
}

async function denseSquares(gradient: tf.Tensor1D): Promise<number> {
  if (gradient.size === 0) return 0; // which not every engine can sum
  const [sum] = await takeValues([tf.tidy(() => gradient.square().sum())]);
  return sum![0]!;
}

function sumOfSquares(gradients: readonly RowGradient[]): number {
  let sum = 0;
  for (const { values } of gradients) for (const value of values) sum += value * value;
  return sum;
}

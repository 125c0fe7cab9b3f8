import * as tf from '@tensorflow/tfjs';
import { range, sizeOf } from '../base/index.js';
import { adamDense, type DenseAdam } from './denseAdam.js';
import { flatten, type Gradients, type ParameterSet, type Table } from './parameters.js';
import {
  type AdamTable,
  adamRows,
  fillWholeTable,
  mergeRows,
  type RowValues,
  sumOfSquares,
  tableValues,
} from './rows.js';
import {
  type ArraySource,
  allFinite,
  blankWeights,
  DivergedError,
  type NamedArrays,
  setDenseWeights,
  weightArrays,
} from './weights.js';

export interface OptimizerOptions {
  readonly name: 'adam' | 'sgd';
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Gradients are scaled down to this global norm when theirs is larger; null: never. */
  readonly clipNorm: number | null;
  /** Every row of every table takes part in every step, with this times the row in its gradient; null: touched rows alone. */
  readonly wholeTablesL2?: number | null;
}

/**
 * Adam (Kingma and Ba 2015, algorithm 1) or plain SGD.
 *
 * Dense weights are updated as one flat vector: the cost is a dozen operations, however many weights there are.
 * Tables are updated row by row, only where touched ("lazy"): an untouched row keeps its moments, and each row
 * corrects the moments' bias by the number of its own updates. With `wholeTablesL2` they are updated like dense weights.
 */
export class Optimizer {
  private readonly sizes: number[];
  private flat: DenseAdam;
  private readonly tableStates = new Map<string, AdamTable>();
  private readonly wholeGradients = new Map<string, RowValues>();
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
    try {
      const rows = this.tableGradients(gradients);
      const squares = rows.reduce((sum, { values }) => sum + sumOfSquares(values), gradients.denseSquares);
      const norm = Math.sqrt(squares);
      if (!Number.isFinite(gradients.loss) || !Number.isFinite(norm)) throw await this.diverged(gradients);
      const { clipNorm } = this.options;
      const scale = clipNorm !== null && norm > clipNorm ? clipNorm / norm : 1;
      this.updates++;
      if (this.sizes.length > 0) tf.tidy(() => this.updateDense(gradients.flat, learningRate, scale));
      for (const entry of rows) this.updateRows(entry, learningRate, scale);
    } finally {
      tf.dispose([gradients.flat, ...gradients.dense]);
    }
  }

  /** Weights and the optimiser's own state, enough to go on exactly. What belongs to tables is live, not a copy. */
  async state(): Promise<NamedArrays> {
    const { m, v } = this.flat;
    const [mValues, vValues] = await Promise.all([m.data<'float32'>(), v.data<'float32'>()]);
    return this.withState(await weightArrays(this.parameters), mValues, vValues);
  }

  /**
   * Restores what `state` returned; tables and their moments are filled where they are. Throws what the source
   * throws: for a missing array or one of another shape or type a RangeError, before anything is changed; where the
   * source ends midway (a file that was cut short meanwhile) tables hold some of it, and nothing may go on from there.
   */
  async load(source: ArraySource): Promise<void> {
    const total = this.flat.weights.size;
    const [m, v] = [new Float32Array(total), new Float32Array(total)];
    const arrays = this.withState(blankWeights(this.parameters), m, v);
    await source(arrays);
    this.updates = arrays.get('optimizer.updates')!.data[0]!;
    setDenseWeights(this.parameters, arrays);
    tf.dispose([this.flat.weights, this.flat.m, this.flat.v]);
    this.flat = tf.tidy(() => ({
      weights: tf.keep(flatten(this.parameters.dense.map((parameter) => parameter.value()))),
      m: tf.keep(tf.tensor1d(m)),
      v: tf.keep(tf.tensor1d(v)),
    }));
  }

  /** Adds the optimiser's arrays to the weights'. */
  private withState(arrays: NamedArrays, m: Float32Array, v: Float32Array): NamedArrays {
    arrays.set('optimizer.updates', { shape: [1], data: Int32Array.of(this.updates) });
    if (this.options.name === 'adam') {
      arrays.set('optimizer.m', { shape: [m.length], data: m });
      arrays.set('optimizer.v', { shape: [v.length], data: v });
      for (const table of this.parameters.tables.filter(({ trained }) => trained)) {
        const { name, rows, width } = table;
        const state = this.tableState(table);
        arrays.set(`optimizer.m.${name}`, { shape: [rows, width], data: state.m });
        arrays.set(`optimizer.v.${name}`, { shape: [rows, width], data: state.v });
        arrays.set(`optimizer.updates.${name}`, { shape: [rows], data: state.updates });
      }
    }
    return arrays;
  }

  dispose(): void {
    tf.dispose([this.flat.weights, this.flat.m, this.flat.v]);
  }

  private tableGradients(gradients: Gradients): TableRows[] {
    const touched = mergeByTable(gradients);
    const { wholeTablesL2 = null } = this.options;
    if (wholeTablesL2 === null) return touched;
    const trained = this.parameters.tables.filter((table) => table.trained);
    return trained.map((table) => {
      const part = touched.find((entry) => entry.table === table);
      const gradient = this.wholeGradient(table);
      fillWholeTable(table, part, wholeTablesL2, gradient.values);
      return { table, ...gradient };
    });
  }

  private updateDense(gradient: tf.Tensor1D, learningRate: number, scale: number): void {
    const old = this.flat;
    const rates = { ...this.options, learningRate };
    this.flat =
      this.options.name === 'adam'
        ? adamDense(old, gradient, rates, { scale, updates: this.updates })
        : { ...old, weights: old.weights.sub(gradient.mul(scale * learningRate)) };
    for (const name of ['weights', 'm', 'v'] as const) {
      if (this.flat[name] === old[name]) continue;
      tf.keep(this.flat[name]);
      old[name].dispose();
    }
    const parts = tf.split(this.flat.weights, this.sizes);
    this.parameters.dense.forEach((parameter, i) => {
      this.parameters.setDense(parameter.name, parts[i]!);
    });
  }

  private updateRows({ table, rows, values }: TableRows, learningRate: number, scale: number): void {
    const { width, data } = table;
    if (this.options.name === 'adam') {
      const rates = { ...this.options, learningRate };
      adamRows(this.tableState(table), { rows, values }, rates, { scale, most: this.updates });
      return;
    }
    for (let i = 0; i < rows.length; i++) {
      const to = rows[i]! * width;
      for (let c = 0; c < width; c++) data[to + c]! -= learningRate * scale * values[i * width + c]!;
    }
  }

  /** Kept from step to step: large memory costs more to get than to fill. */
  private wholeGradient({ name, rows, data }: Table): RowValues {
    let gradient = this.wholeGradients.get(name);
    if (!gradient) {
      gradient = { rows: range(0, rows), values: new Float32Array(data.length) };
      this.wholeGradients.set(name, gradient);
    }
    return gradient;
  }

  private tableState({ name, rows, width, data }: Table): AdamTable {
    let state = this.tableStates.get(name);
    if (!state) {
      const [m, v] = [tableValues(data.length), tableValues(data.length)];
      state = { width, data, m, v, updates: new Int32Array(rows) };
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
    const first = suspects.find(({ data }) => !allFinite(data));
    const what = Number.isFinite(loss) ? 'a gradient is not finite' : `the training loss is ${loss}`;
    return new DivergedError(what, first?.name ?? null, 'before');
  }
}

/** What one table gets. */
interface TableRows extends RowValues {
  readonly table: Table;
}

function mergeByTable({ rows: gradients }: Gradients): TableRows[] {
  const tables = [...new Set(gradients.map(({ table }) => table))];
  return tables.map((table) => {
    const parts = gradients.filter((gradient) => gradient.table === table);
    return { table, ...mergeRows(parts, table.width) };
  });
}

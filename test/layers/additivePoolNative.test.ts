import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type Kernels, nativeKernels, type PoolArrays } from '../../src/engine/index.js';
import { poolInSlices } from '../../src/layers/additivePoolSlices.js';
import { activations, additivePool, ListBuilder, type RowLists } from '../../src/layers/index.js';
import { useEngine } from '../support/engines.js';
import { wave } from '../support/gradients.js';
import { describeKernels, expectEverywhere, largestDifference } from '../support/kernels.js';

type Name = keyof typeof activations;

interface Case {
  readonly width: number;
  readonly rows: number;
  readonly lists: RowLists;
  readonly of: Int32Array;
  readonly name: Name;
}

const range = (count: number, step: number, rows: number): number[] =>
  Array.from({ length: count }, (_, i) => (i * step) % rows);

/** Widths that vectors of 4, 8 and 16 divide and do not; lists that are empty, short, shared and longer than a chunk. */
const cases: Readonly<Record<string, Case>> = {
  'blocks of a few histories': {
    width: 128,
    rows: 21,
    lists: ListBuilder.of([range(8, 1, 21), range(8, 3, 21), [], range(5, 4, 21), [20]]),
    of: Int32Array.from({ length: 150 }, (_, q) => (q * q) % 5),
    name: 'relu',
  },
  'a query a list': {
    width: 72,
    rows: 64,
    lists: ListBuilder.of(Array.from({ length: 64 }, (_, l) => range(l % 8, 5, 64))),
    of: Int32Array.from({ length: 64 }, (_, q) => q),
    name: 'scaledTanh',
  },
  'long lists, a narrow width': {
    width: 5,
    rows: 40,
    lists: ListBuilder.of([range(300, 7, 40), range(2, 1, 40), range(121, 3, 40)]),
    of: Int32Array.from([2, 0, 1, 1, 0, 2, 2]),
    name: 'tanh',
  },
};

/** Keys, values, queries, matrix; the scores differ by a few units. */
const inputs = ({ width, rows, of }: Case): tf.Tensor2D[] =>
  [rows, rows, of.length, width].map((height, i) =>
    tf.tensor2d(wave([height, width], i + 1, i === 3 ? 2 / Math.sqrt(width) : 1), [height, width]),
  );

/** Result, then gradients, by a pool of the engine. */
function byEngine(pool: typeof additivePool, run: Case): Float32Array[] {
  return tf.tidy(() => {
    const dy = tf.tensor2d(wave([run.of.length, run.width], 9), [run.of.length, run.width]);
    const f = (...[keys, values, queries, matrix]: tf.Tensor[]): tf.Tensor =>
      pool({ keys, values, queries, matrix } as Parameters<typeof additivePool>[0], {
        activation: activations[run.name],
        lists: run.lists,
        of: run.of,
        slice: 5000,
      });
    const { value, grads } = tf.valueAndGrads(f)(inputs(run), dy);
    return [value, ...grads].map((tensor) => tensor.dataSync<'float32'>());
  });
}

/** The same by the kernels alone. */
function byKernels(kernels: Kernels, run: Case, threads: number, lanes: number): Float32Array[] {
  const given = tf.tidy(() => inputs(run).map((tensor) => tensor.dataSync<'float32'>()));
  const { width, name, lists, of } = run;
  const query = Int32Array.from(of.keys());
  const arrays = [
    width,
    activations[name].scale,
    ...given,
    lists.offsets,
    lists.rows,
    query,
    of,
  ] as PoolArrays;
  const results = [given[2]!, ...given].map(({ length }) => new Float32Array(length).fill(7));
  const rows = of.reduce((sum, list) => sum + lists.offsets[list + 1]! - lists.offsets[list]!, 0);
  const weights = new Float32Array(rows * width + 3);
  kernels.additivePoolForward(threads, lanes, ...arrays, weights, results[0]!);
  const [, dKeys, dValues, dQueries, dMatrix] = results as Float32Array[];
  const dy = wave([of.length, width], 9);
  kernels.additivePoolBackward(
    ...([threads, lanes, ...arrays, weights, dy, dKeys!, dValues!, dQueries!, dMatrix!] as const),
  );
  return results;
}

describeKernels('additive pooling by kernels', () => {
  let kernels: Kernels;
  beforeAll(async () => {
    await useEngine('tensorflow');
    kernels = nativeKernels()!;
  });

  it.each(Object.entries(cases))('gives what the twin gives, %s', (_, run) => {
    expectEverywhere(byEngine(poolInSlices, run), (threads, lanes) =>
      byKernels(kernels, run, threads, lanes),
    );
  });

  it.each([
    ['queries of empty lists only', [0, 0]],
    ['no query', []],
  ])('gives zeros for %s', (_, of) => {
    const lists = ListBuilder.of([[], [1]]);
    const run: Case = { width: 16, rows: 3, lists, of: Int32Array.from(of), name: 'relu' };
    for (const values of byKernels(kernels, run, 2, 0))
      expect(values.every((value) => value === 0)).toBe(true);
  });

  it('is what a model takes, kept weights used again', () => {
    const [run] = Object.values(cases);
    const twin = byEngine(poolInSlices, run!);
    for (let i = 0; i < 3; i++)
      expect(largestDifference(twin, byEngine(additivePool, run!))).toBeLessThan(1e-5);
    const value = tf.tidy(() => {
      const [keys, values, queries, matrix] = inputs(run!) as [
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor2D,
      ];
      return additivePool(
        { keys, values, queries, matrix },
        { activation: activations.relu, lists: run!.lists, of: run!.of },
      ).dataSync<'float32'>();
    });
    expect(largestDifference([twin[0]!], [value])).toBeLessThan(1e-5);
  });

  it('weighs by exact exponentials where scores are far apart', () => {
    // Hidden = key, score = hidden: weights of rows 0 and -x are 1 / (1 + e^-x) and the rest.
    const distances = Float32Array.from([0, 1e-3, 0.3, 1, 5, 17.3, 60, 86, 200]);
    const width = distances.length;
    const keys = new Float32Array(2 * width);
    distances.forEach((x, c) => {
      keys[c] = 300;
      keys[width + c] = 300 - x;
    });
    const values = new Float32Array(2 * width).fill(1, width);
    const identity = Float32Array.from({ length: width * width }, (_, at) =>
      at % (width + 1) === 0 ? 1 : 0,
    );
    const pooled = new Float32Array(width);
    const only = Int32Array.from([0]);
    const lists = [Int32Array.from([0, 2]), Int32Array.from([0, 1]), only, only] as const;
    const empty = new Float32Array();
    kernels.additivePoolForward(
      ...([
        1,
        0,
        width,
        0,
        keys,
        values,
        new Float32Array(width),
        identity,
        ...lists,
        empty,
        pooled,
      ] as const),
    );
    pooled.forEach((found, c) => {
      const e = Math.exp(-(keys[c]! - keys[width + c]!));
      expect(Math.abs(found - e / (1 + e))).toBeLessThan(3e-7 * (e / (1 + e)) + 1e-37);
    });
  });

  it('refuses rows, lists and sizes that do not fit', () => {
    const run = cases['a query a list']!;
    const broken = (change: Partial<Case>) => () => byKernels(kernels, { ...run, ...change }, 1, 0);
    const { offsets, rows } = run.lists;
    const swapped = offsets.map((offset, l) => (l === 3 ? offsets[5]! : l === 5 ? offsets[3]! : offset));
    expect(broken({ rows: 20 })).toThrow(/rows holds 20/);
    expect(broken({ of: Int32Array.from([64]) })).toThrow(/of holds 64/);
    expect(broken({ lists: { offsets: swapped, rows }, of: new Int32Array(1) })).toThrow(
      /offsets do not ascend/,
    );
    expect(broken({ lists: { offsets, rows: rows.subarray(1) } })).toThrow(/offsets holds/);
    expect(broken({})).not.toThrow();
  });
});

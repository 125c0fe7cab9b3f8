import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type Kernels, nativeKernels } from '../../src/engine/index.js';
import { ListBuilder, type RowLists, softmaxPoolInSlices } from '../../src/layers/index.js';
import { useEngine } from '../support/engines.js';
import { wave } from '../support/gradients.js';
import { describeKernels, expectEverywhere } from '../support/kernels.js';

interface Case {
  readonly width: number;
  readonly rows: number;
  readonly lists: RowLists;
}

const range = (count: number, step: number, rows: number): number[] =>
  Array.from({ length: count }, (_, i) => (i * step) % rows);

/** Lists that are empty, share rows with others and hold a row twice; rows that no list has; enough for many threads. */
const cases: Readonly<Record<string, Case>> = {
  'blocks of 20': {
    width: 128,
    rows: 700,
    lists: ListBuilder.of(Array.from({ length: 150 }, (_, l) => range(20, 1 + (l % 7), 690))),
  },
  'an odd width': {
    width: 21,
    rows: 40,
    lists: ListBuilder.of([[3, 3, 1], [], range(300, 7, 39), [38], ...Array(90).fill(range(30, 1, 30))]),
  },
};

const inputs = ({ width, rows }: Case): Float32Array[] => [wave([rows, width], 1, 3), wave([rows, width], 2)];
const gradientOf = ({ width, lists }: Case): Float32Array => wave([lists.offsets.length - 1, width], 9);

/** Result, then gradients, by the twin. */
function byTwin(run: Case): Float32Array[] {
  const { width, rows, lists } = run;
  return tf.tidy(() => {
    const [scores, values] = inputs(run).map((array) => tf.tensor2d(array, [rows, width]));
    const count = lists.offsets.length - 1;
    const dy = tf.tensor2d(gradientOf(run), [count, width]);
    const pool = (...[s, v]: tf.Tensor[]): tf.Tensor =>
      softmaxPoolInSlices(s as tf.Tensor2D, v as tf.Tensor2D, lists);
    const { value, grads } = tf.valueAndGrads(pool)([scores!, values!], dy);
    return [value, ...grads].map((tensor) => tensor.dataSync<'float32'>());
  });
}

function byKernels(
  kernels: Kernels,
  run: Case,
  threads: number,
  lanes: number,
  [[scores, values], dy] = [inputs(run), gradientOf(run)],
): Float32Array[] {
  const { width, rows, lists } = run;
  const count = lists.offsets.length - 1;
  const [pooled, dScores, dValues] = [count, rows, rows].map((n) => new Float32Array(n * width).fill(7));
  const given = [threads, lanes, width, scores!, values!, lists.offsets, lists.rows] as const;
  kernels.softmaxPoolForward(...given, pooled!);
  kernels.softmaxPoolBackward(...given, dy!, dScores!, dValues!);
  return [pooled!, dScores!, dValues!];
}

describeKernels('attention pooling by kernels', () => {
  let kernels: Kernels;
  beforeAll(async () => {
    await useEngine('tensorflow');
    kernels = nativeKernels()!;
  });

  it.each(Object.entries(cases))('gives what the twin gives, %s', (_, run) => {
    const given: [Float32Array[], Float32Array] = [inputs(run), gradientOf(run)];
    expectEverywhere(byTwin(run), (threads, lanes) => byKernels(kernels, run, threads, lanes, given));
  });

  it('gives zeros where all lists are empty', () => {
    const run = { width: 16, rows: 2, lists: ListBuilder.of([[], []]) };
    for (const found of byKernels(kernels, run, 2, 0)) expect(found.every((value) => value === 0)).toBe(true);
  });

  it('refuses lists and sizes that do not fit', () => {
    const run = cases['an odd width']!;
    const broken = (change: Partial<Case>) => () => byKernels(kernels, { ...run, ...change }, 1, 0);
    const { offsets, rows } = run.lists;
    expect(broken({ rows: 30 })).toThrow(/rows holds/);
    expect(broken({ lists: { offsets: Int32Array.of(0, 9, 3), rows } })).toThrow(/offsets do not ascend/);
    expect(broken({ lists: { offsets: Int32Array.of(1, 9), rows } })).toThrow(/offsets do not begin with 0/);
    expect(broken({ lists: { offsets, rows: rows.subarray(1) } })).toThrow(/offsets holds/);
    expect(broken({})).not.toThrow();
  });
});

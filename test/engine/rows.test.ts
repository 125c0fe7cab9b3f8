import { describe, expect, it } from '@jest/globals';
import { randomStream, sha256 } from '../../src/base/index.js';
import { nativeKernels, Optimizer, ParameterSet } from '../../src/engine/index.js';
import {
  accumulateRowsPortably,
  adamRows,
  adamRowsPortably,
  fillWholeTable,
  mergeRows,
  sumOfSquares,
  sumOfSquaresPortably,
  tableRows,
  takeRowsPortably,
} from '../../src/engine/rows.js';
import { useEngine } from '../support/engines.js';
import { wave } from '../support/gradients.js';
import { describeKernels } from '../support/kernels.js';

/** A hash, which is compared faster than the numbers. */
const bitsOf = (values: Float32Array): string => sha256(new Uint8Array(values.buffer));

describe('rows', () => {
  it('are taken by number, unknown ones as zeros', () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    expect([...tableRows(data, 2, Int32Array.of(2, -1, 0, 2))]).toEqual([5, 6, 0, 0, 1, 2, 5, 6]);
  });

  it('of gradients add up where they meet, in the order in which they are met', () => {
    const parts = [
      { rows: Int32Array.of(7, -1, 3), values: Float32Array.of(1, 2, 9, 9, 3, 4) },
      { rows: Int32Array.of(3, 3, 0), values: Float32Array.of(10, 20, 100, 200, 5, 6) },
    ];
    const { rows, values } = mergeRows(parts, 2);
    expect([...rows]).toEqual([7, 3, 0]);
    expect([...values]).toEqual([1, 2, 113, 224, 5, 6]);
    expect(mergeRows([], 2).rows).toHaveLength(0);
  });

  it('merge as a map would, however many and far apart', () => {
    const random = randomStream('merge');
    const rows = Int32Array.from(
      { length: 3000 },
      () => random.int(2 ** 31) % (random.int(2) ? 500 : 2 ** 31),
    );
    const values = Float32Array.from({ length: 3000 }, () => random.int(100)); // whole numbers add up exactly
    const expected = new Map<number, number>();
    rows.forEach((row, i) => {
      expected.set(row, (expected.get(row) ?? 0) + values[i]!);
    });
    const merged = mergeRows([{ rows, values }], 1);
    expect([...merged.rows]).toEqual([...expected.keys()]);
    expect([...merged.values]).toEqual([...expected.values()]);
  });

  it('are refused by Adam before anything is changed', () => {
    const table = () => [wave([3, 2], 1), wave([3, 2], 2), wave([3, 2], 3).map(Math.abs)] as const;
    const [data, m, v] = table();
    const updates = Int32Array.of(1, 2, 3);
    const rates = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    const gradients = { rows: Int32Array.of(0, 3), values: Float32Array.of(1, 1, 1, 1) };
    const adam = () => adamRows({ width: 2, data, m, v, updates }, gradients, rates, { scale: 1, most: 4 });
    expect(adam).toThrow(RangeError);
    expect([data, m, v]).toEqual(table());
    expect([...updates]).toEqual([1, 2, 3]);
  });

  it('of a whole table have L2, and what a step gives some of them', () => {
    const gradient = new Float32Array(6).fill(9);
    const touched = { rows: Int32Array.of(2, 0), values: Float32Array.of(10, 20, 30, 40) };
    fillWholeTable({ data: Float32Array.of(2, 4, 6, 8, 10, 12), width: 2 }, touched, 0.5, gradient);
    expect([...gradient]).toEqual([31, 42, 3, 4, 15, 26]);
    fillWholeTable({ data: Float32Array.of(2, 4, 6, 8, 10, 12), width: 2 }, undefined, 0.5, gradient);
    expect([...gradient]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('have a sum of squares', () => {
    expect(sumOfSquares(Float32Array.of(1, 2, 3, 4, 5, 6, 7))).toBe(140);
    expect(sumOfSquares(new Float32Array(0))).toBe(0);
    expect(sumOfSquares(Float32Array.of(1, Number.NaN))).toBeNaN();
  });
});

describe('a step on a large table', () => {
  it('touches the memory of its rows alone', async () => {
    await useEngine('cpu');
    const rows = 3239534; // of 64: 829 MB, and as much for each of the two moments
    const parameters = new ParameterSet(1);
    const table = parameters.addTable('t', rows, 64, ([count, width]) => new Float32Array(count! * width!));
    const optimizer = new Optimizer(parameters, {
      name: 'adam',
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      clipNorm: null,
    });
    const before = process.memoryUsage().rss;
    const touched = Int32Array.from({ length: 4096 }, (_, i) => i * 790);
    for (let step = 0; step < 3; step++) {
      await optimizer.apply(await parameters.gradients(() => table.lookup(touched).sum()), 0.1);
    }
    // Memory that was never written is not there: 4,096 rows lie in as many pages of each of the three arrays.
    expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
    expect([table.data[790 * 64], table.data[791 * 64]]).toEqual([expect.closeTo(-0.3, 5), 0]);
    optimizer.dispose();
  });
});

describeKernels('kernels of rows', () => {
  const [count, width] = [1500, 70]; // enough for several threads
  const random = randomStream('rows');
  const rows = random.sample(2400, count);

  it.each([1, 2, 3])('give the same bits as their twins on %d threads', async (threads) => {
    await useEngine('tensorflow');
    const kernels = nativeKernels()!;
    const state = (): [Float32Array, Float32Array, Float32Array] => [
      wave([2400, width], 1),
      wave([2400, width], 2),
      wave([2400, width], 3).map(Math.abs),
    ];
    const [ours, theirs] = [state(), state()];
    const values = wave([count, width], 4);
    const updates = Int32Array.from({ length: 2400 }, (_, row) => row % 50);
    const counted = updates.slice();
    const corrections = [0.9, 0.999].map((beta) =>
      Float64Array.from({ length: 40 }, (_, t) => 1 - beta ** t),
    );
    const rest = [rows, values, corrections[0]!, corrections[1]!, 0.1, 0.9, 0.999, 1e-8, 0.7] as const;
    kernels.adamRows(threads, width, ...ours, updates, ...rest);
    adamRowsPortably(1, width, ...theirs, counted, ...rest);
    expect(ours.map(bitsOf)).toEqual(theirs.map(bitsOf));
    expect(updates).toEqual(counted);

    const holes = rows.map((row, i) => (i % 5 === 0 ? -1 : row));
    const [taken, expected] = [new Float32Array(count * width), new Float32Array(count * width)];
    kernels.takeRows(threads, width, ours[0], holes, taken);
    takeRowsPortably(ours[0], width, holes, expected);
    expect(bitsOf(taken)).toEqual(bitsOf(expected));
  });

  it('add up and scale to the same bits as their twins', async () => {
    await useEngine('tensorflow');
    const kernels = nativeKernels()!;
    const [width, count] = [5, 2003];
    const rows = Int32Array.from({ length: count }, (_, i) => ((i * i) % 37) - 1);
    const values = wave([count * width], 3);
    const [expected, found] = [wave([36 * width], 4), wave([36 * width], 4)];
    accumulateRowsPortably(width, rows, values, expected);
    kernels.accumulateRows(width, rows, values, found);
    expect(bitsOf(found)).toBe(bitsOf(expected));
    expect(kernels.sumOfSquares(values)).toBe(sumOfSquaresPortably(values));

    const table = { data: wave([36 * width], 5), width };
    const touched = { rows: Int32Array.of(7, 0), values: wave([2 * width], 6) };
    const gradient = () => {
      const whole = new Float32Array(36 * width).fill(9);
      fillWholeTable(table, touched, 0.3, whole);
      return bitsOf(whole);
    };
    const here = gradient();
    await useEngine('cpu');
    expect(gradient()).toBe(here);
  });

  it.each([1, 2, 3, 9])('add up in the order of the rows on %d threads', async (threads) => {
    await useEngine('tensorflow');
    const values = wave([count, width], 5);
    const places = rows.map((row) => row % 40);
    const expected = new Float32Array(41 * width);
    places.forEach((place, i) => {
      for (let c = 0; c < width; c++) expected[place * width + c]! += values[i * width + c]!;
    });
    const sum = new Float32Array(41 * width).fill(7);
    nativeKernels()!.addRows(threads, width, values, sum, places);
    expect(bitsOf(sum)).toBe(bitsOf(expected));
  });

  it.each([1, 2, 3])(
    'Adam on dense weights is the algorithm in double precision, on %d threads',
    async (threads) => {
      await useEngine('tensorflow');
      const size = 50_001; // enough for several threads
      const [gradient, weights, m, signed] = [1, 2, 3, 4].map((seed) => wave([size], seed)) as Float32Array[];
      const v = signed!.map(Math.abs);
      const fresh = [0, 0, 0].map(() => new Float32Array(size).fill(7)) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const [t, scale] = [3, 0.7];
      const [rate, correction] = [0.1 / (1 - 0.9 ** t), 1 / (1 - 0.999 ** t)];
      const rates = [rate, correction, 0.9, 0.999, 1e-8, scale] as const;
      nativeKernels()!.adamDense(threads, gradient!, weights!, m!, v, ...fresh, ...rates);
      let worst = 0;
      for (let i = 0; i < size; i++) {
        const g = scale * gradient![i]!;
        const mean = 0.9 * m![i]! + 0.1 * g;
        const square = 0.999 * v[i]! + 0.001 * g * g;
        const step = (0.1 * (mean / (1 - 0.9 ** t))) / (Math.sqrt(square / (1 - 0.999 ** t)) + 1e-8);
        [weights![i]! - step, mean, square].forEach((value, k) => {
          worst = Math.max(worst, Math.abs(fresh[k]![i]! - value) / (1 + Math.abs(value)));
        });
      }
      expect(worst).toBeLessThan(1e-6);
    },
  );

  it('refuse rows that are not there', async () => {
    await useEngine('tensorflow');
    const { takeRows: native, addRows } = nativeKernels()!;
    const data = new Float32Array(6);
    expect(() => addRows(1, 2, data, new Float32Array(4), Int32Array.of(0, 1, 2))).toThrow(
      'addRows: rows holds 2, which is not in 0..1',
    );
    expect(() => native(1, 2, data, Int32Array.of(3), new Float32Array(2))).toThrow(
      'takeRows: rows holds 3, which is not in -1..2',
    );
  });
});

import { beforeAll, expect, it } from '@jest/globals';
import { randomStream } from '../../src/base/index.js';
import { alsRowsPortably, alsStepsPortably, gramPortably } from '../../src/engine/als.js';
import { type Kernels, nativeKernels } from '../../src/engine/index.js';
import { useEngine } from '../support/engines.js';
import { wave } from '../support/gradients.js';
import { describeKernels, largestDifference } from '../support/kernels.js';

const COLUMNS = 60;

/** 40 rows with 0 to 59 cells. */
function cells() {
  const random = randomStream('cells');
  const lists = Array.from({ length: 40 }, (_, r) => random.sample(COLUMNS, (r * r) % COLUMNS));
  const offsets = new Int32Array(lists.length + 1);
  lists.forEach((list, r) => {
    offsets[r + 1] = offsets[r]! + list.length;
  });
  return { offsets, column: Int32Array.from(lists.flatMap((list) => [...list])) };
}

it.each([5, 32, 65])('each row solves its normal equations, of few cells or many: width %d', (width) => {
  const fixed = wave([COLUMNS, width], 1, 0.5);
  const { offsets, column } = cells();
  const [gram, solved] = [new Float64Array(width * width), new Float32Array(40 * width)];
  gramPortably(1, width, fixed, gram);
  for (let k = 0; k < width; k++) gram[k * (width + 1)]! += 0.1;
  alsRowsPortably(1, width, fixed, offsets, column, gram, 9, solved);
  const short = offsets.filter((end, r) => r > 0 && 2 * (end - offsets[r - 1]!) < width);
  expect(short.length).toBeGreaterThan(0);
  expect(short.length).toBeLessThan(offsets.length - 1);
  for (let r = 0; r < 40; r++) {
    const x = solved.subarray(r * width, (r + 1) * width);
    const residual = Float64Array.from(x, (_, i) =>
      x.reduce((sum, y, j) => sum + gram[i * width + j]! * y, 0),
    );
    let size = 0;
    for (const c of column.subarray(offsets[r], offsets[r + 1])) {
      const z = fixed.subarray(c * width, (c + 1) * width);
      const score = z.reduce((sum, value, k) => sum + value * x[k]!, 0);
      z.forEach((value, k) => {
        residual[k]! += 9 * value * score - 10 * value;
        size += 10 * Math.abs(value);
      });
    }
    expect(Math.max(...residual.map(Math.abs))).toBeLessThan(1e-5 * (size + 1));
  }
});

describeKernels('the kernels of alternating least squares', () => {
  let kernels: Kernels;
  beforeAll(async () => {
    await useEngine('tensorflow');
    kernels = nativeKernels()!;
  });

  it.each([1, 5, 32, 65])('are their twins: width %d', (width) => {
    const fixed = wave([COLUMNS, width], 1, 0.5);
    const { offsets, column } = cells();
    const [expectedGram, expected] = [new Float64Array(width * width), new Float32Array(40 * width).fill(7)];
    gramPortably(1, width, fixed, expectedGram);
    const regularised = expectedGram.map((value, n) => value + (n % (width + 1) === 0 ? 0.1 : 0));
    alsRowsPortably(1, width, fixed, offsets, column, regularised, 9, expected);
    expect(Math.max(...expected)).toBeGreaterThan(0.01);
    for (const threads of [1, 3, 70]) {
      const [gram, solved] = [new Float64Array(width * width), new Float32Array(40 * width).fill(8)];
      kernels.gramMatrix(threads, width, fixed, gram);
      gram.forEach((value, n) => {
        expect(value).toBeCloseTo(expectedGram[n]!, 9);
      });
      kernels.alsRows(threads, width, fixed, offsets, column, regularised, 9, solved);
      expect(largestDifference([expected], [solved])).toBeLessThan(1e-5);
    }
  });

  it('refuse cells that are not there, and arrays of other sizes', () => {
    const fixed = wave([COLUMNS, 2], 1);
    const gram = new Float64Array(4);
    const call = (offsets: number[], column: number[], rows: number) =>
      kernels.alsRows(
        1,
        2,
        fixed,
        Int32Array.from(offsets),
        Int32Array.from(column),
        gram,
        1,
        new Float32Array(rows),
      );
    expect(() => call([0, 1], [COLUMNS], 2)).toThrow(`alsRows: rows holds ${COLUMNS}, which is not in 0..59`);
    expect(() => call([0, 2], [1], 2)).toThrow('offsets holds 2');
    expect(() => call([0, 1], [1], 4)).toThrow('solved');
    expect(() => kernels.gramMatrix(1, 7, fixed, gram)).toThrow('is not rows of 7 elements');
  });

  it.each([1, 5, 32])(
    'steps of conjugate gradients too, which solve a row when there are enough: width %d',
    (width) => {
      const fixed = wave([COLUMNS, width], 1, 0.5);
      const { offsets, column } = cells();
      const gram = new Float64Array(width * width);
      gramPortably(1, width, fixed, gram);
      for (let k = 0; k < width; k++) gram[k * (width + 1)]! += 5;
      const from = wave([40, width], 4);
      const [few, fewHere, all, exact] = [from.slice(), from.slice(), from.slice(), from.slice()];
      const half = [width, fixed, offsets, column, gram, 0.5] as const;
      alsStepsPortably(1, ...half, few, 2);
      kernels.alsSteps(3, ...half, fewHere, 2);
      expect(largestDifference([few], [fewHere])).toBeLessThan(1e-6);
      kernels.alsSteps(1, ...half, all, 4 * width);
      alsRowsPortably(1, ...half, exact);
      expect(largestDifference([exact], [all])).toBeLessThan(1e-5);
    },
  );
});

import { beforeAll, expect, it } from '@jest/globals';
import { range } from '../../../src/base/index.js';
import { type Kernels, nativeKernels } from '../../../src/engine/index.js';
import { useEngine } from '../../support/engines.js';
import { wave } from '../../support/gradients.js';
import { describeKernels, expectEverywhere } from '../../support/kernels.js';

interface Case {
  /** Fields of each side. */
  readonly sides: readonly number[];
  readonly width: number;
  readonly neurons: number;
  readonly pairs: number;
}

const cases: Readonly<Record<string, Case>> = {
  'two sides': { sides: [3, 2], width: 16, neurons: 5, pairs: 300 },
  'widths that fill no vector': { sides: [1, 2, 1], width: 19, neurons: 3, pairs: 7 },
  'one of each': { sides: [1], width: 1, neurons: 1, pairs: 2 },
  'no pairs': { sides: [2], width: 4, neurons: 2, pairs: 0 },
};
const floor = 1e-4;

const arraysOf = ({ sides, width, neurons, pairs }: Case) => {
  const fields = sides.reduce((sum, count) => sum + count, 0);
  return {
    // A third as many rows as pairs; some numbers are below the floor, and the first field of row 0 is all zeros.
    values: sides.map((count, s) => {
      const rows = wave([Math.ceil(pairs / 3) + 1, count * width], s + 1).map((value) => value ** 5);
      return rows.fill(0, 0, width);
    }),
    rows: sides.map((_, s) => range(0, pairs).map((pair) => (pair * (s + 2)) % (Math.ceil(pairs / 3) + 1))),
    weight: wave([fields, neurons], 3, 0.4),
    scale: wave([fields], 4, 0.5),
    shift: wave([fields], 5),
    missing: wave([fields], 6),
    outScale: wave([neurons], 7),
    outShift: wave([neurons], 8),
  };
};

/** Number by number, in double precision. */
function byHand(run: Case): Float32Array {
  const { sides, width, neurons, pairs } = run;
  const { values, rows, ...rest } = arraysOf(run);
  const result = new Float32Array(pairs * neurons * width);
  for (let p = 0; p < pairs; p++) {
    const fields = sides.flatMap((count, s) =>
      Array.from({ length: count }, (_, f) => {
        const from = (rows[s]![p]! * count + f) * width;
        return values[s]!.slice(from, from + width);
      }),
    );
    const logs = fields.map((field, f) =>
      Array.from(field, (x) =>
        field.every((one) => one === 0)
          ? rest.missing[f]!
          : rest.scale[f]! * Math.log(Math.max(Math.abs(x), floor)) + rest.shift[f]!,
      ),
    );
    for (let k = 0; k < neurons; k++) {
      for (let c = 0; c < width; c++) {
        const sum = logs.reduce((all, log, f) => all + rest.weight[f * neurons + k]! * log[c]!, 0);
        result[(p * neurons + k) * width + c] = rest.outScale[k]! * Math.exp(sum) + rest.outShift[k]!;
      }
    }
  }
  return result;
}

function byKernel(kernels: Kernels, run: Case, threads: number, lanes: number, change = {}): Float32Array {
  const { sides, width, neurons, pairs } = run;
  const given = { ...arraysOf(run), result: new Float32Array(pairs * neurons * width).fill(7), ...change };
  const { weight, scale, shift, missing, outScale, outShift, result } = given;
  const ofSides = sides.flatMap((count, s) => [count, given.values[s]!, given.rows[s]!]);
  const rest = [...ofSides, weight, scale, shift, missing, outScale, outShift, result];
  kernels.logNeurons(threads, lanes, width, neurons, floor, pairs, sides.length, ...rest);
  return result;
}

describeKernels('logarithmic neurons by a kernel', () => {
  let kernels: Kernels;
  beforeAll(async () => {
    await useEngine('tensorflow');
    kernels = nativeKernels()!;
  });

  it.each(Object.entries(cases))('give what is worked out number by number: %s', (_, run) => {
    expectEverywhere([byHand(run)], (threads, lanes) => [byKernel(kernels, run, threads, lanes)]);
  });

  it('take logarithms to the last places, from the floor to the largest numbers', () => {
    const sizes = Float32Array.from({ length: 4000 }, (_, i) => floor * 10 ** (i / 100));
    const unit = Float32Array.of(1);
    const none = new Float32Array(1);
    const result = new Float32Array(sizes.length);
    // An exponent of 0.1 keeps the exponential, which is another's test, near 1.
    const rest = [unit, none, none, unit, none, result];
    kernels.logNeurons(
      ...([1, 0, sizes.length, 1, floor, 1, 1] as const),
      ...[1, sizes, Int32Array.of(0), Float32Array.of(0.1), ...rest],
    );
    const error = sizes.map((size, i) => Math.abs(Math.log(result[i]!) - 0.1 * Math.log(size)));
    expect(Math.max(...error)).toBeLessThan(1e-6);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'let %d through as NaN and keep it in its pair',
    (value) => {
      const run = { sides: [2], width: 4, neurons: 2, pairs: 3 };
      const rows = [Int32Array.of(0, 1, 0)];
      const values = [wave([2, 8], 1)];
      values[0]![11] = value;
      const found = byKernel(kernels, run, 1, 0, { values, rows });
      expect([0, 1, 2].map((p) => found.subarray(p * 8, p * 8 + 8).some(Number.isNaN))).toEqual([
        false,
        true,
        false,
      ]);
    },
  );

  it('refuse what does not fit', () => {
    const broken = (change: object) => () => byKernel(kernels, cases['one of each']!, 1, 0, change);
    expect(broken({ weight: new Float32Array(2) })).toThrow(/weight/);
    expect(broken({ rows: [Int32Array.of(0, 9)] })).toThrow(/row of each pair/);
    expect(broken({ missing: new Float32Array(2) })).toThrow(/missing/);
    expect(broken({})).not.toThrow();
  });
});

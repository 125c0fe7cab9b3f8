import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { range } from '../../src/base/index.js';
import { inference, type Kernels, nativeKernels, ParameterSet } from '../../src/engine/index.js';
import { fieldAttention, ownRows } from '../../src/layers/index.js';
import { useEngine } from '../support/engines.js';
import { fillWithWaves, wave } from '../support/gradients.js';
import { describeKernels, expectEverywhere, expectKernelAsOnTape } from '../support/kernels.js';

interface Case {
  readonly fields: number;
  readonly heads: number;
  readonly size: number;
  readonly residual: boolean;
  readonly scale: number;
  readonly pairs: number;
}

const cases: Readonly<Record<string, Case>> = {
  "AutoInt's sizes": { fields: 5, heads: 2, size: 8, residual: true, scale: 1, pairs: 600 },
  'more fields than lanes': { fields: 19, heads: 1, size: 3, residual: false, scale: 0.5, pairs: 20 },
  'one of each': { fields: 1, heads: 1, size: 1, residual: true, scale: 1, pairs: 3 },
  'wide heads': { fields: 4, heads: 3, size: 37, residual: true, scale: 2, pairs: 10 },
  'no pairs': { fields: 2, heads: 1, size: 4, residual: false, scale: 1, pairs: 0 },
};

const stepOf = ({ heads, size, residual }: Case): number => (residual ? 4 : 3) * heads * size;
const projectedOf = (run: Case): Float32Array =>
  wave([run.pairs, run.fields * stepOf(run)], 1).map((value) => 1.5 * value);

/** Number by number, in double precision. */
function byHand(run: Case): Float32Array {
  const { fields, heads, size, residual, scale, pairs } = run;
  const width = heads * size;
  const given = projectedOf(run);
  const attended = new Float32Array(pairs * fields * width);
  const at = (pair: number, field: number, kind: number, column: number): number =>
    given[(pair * fields + field) * stepOf(run) + kind * width + column]!;
  for (let p = 0; p < pairs; p++) {
    for (let f = 0; f < fields; f++) {
      for (let c = 0; c < width; c++) {
        const first = Math.floor(c / size) * size;
        const powers = Array.from({ length: fields }, (_, g) => {
          let dot = 0;
          for (let d = first; d < first + size; d++) dot += at(p, f, 0, d) * at(p, g, 1, d);
          return Math.exp(scale * dot);
        });
        const norm = powers.reduce((sum, power) => sum + power, 0);
        const head = powers.reduce((sum, power, g) => sum + (power / norm) * at(p, g, 2, c), 0);
        attended[(p * fields + f) * width + c] = Math.max(0, head + (residual ? at(p, f, 3, c) : 0));
      }
    }
  }
  return attended;
}

function byKernel(kernels: Kernels, run: Case, threads: number, lanes: number, change = {}): Float32Array {
  const { fields, heads, size, residual, scale, pairs } = run;
  const given = {
    projected: projectedOf(run),
    attended: new Float32Array(pairs * fields * heads * size).fill(7),
  };
  const { projected, attended } = { ...given, ...change };
  const { sides } = { sides: [[fields, projected, range(0, pairs)] as const], ...change } as {
    sides: readonly (readonly [number, Float32Array, Int32Array])[];
  };
  const before = [threads, lanes, heads, size, residual ? 1 : 0, scale, pairs, sides.length] as const;
  kernels.attendFields(...before, ...sides.flat(), attended);
  return attended;
}

describeKernels('self-attention of fields by a kernel', () => {
  let kernels: Kernels;
  beforeAll(async () => {
    await useEngine('tensorflow');
    kernels = nativeKernels()!;
  });

  it.each(Object.entries(cases))('gives what is worked out number by number: %s', (_, run) => {
    expectEverywhere([byHand(run)], (threads, lanes) => [byKernel(kernels, run, threads, lanes)]);
  });

  it('takes the fields of each side from rows that pairs share', () => {
    const run = { ...cases["AutoInt's sizes"]!, pairs: 4 };
    const step = stepOf(run);
    const [left, right] = [wave([3, 2 * step], 3), wave([2, 3 * step], 4)];
    const rows = [Int32Array.of(2, 0, 0, 1), Int32Array.of(1, 1, 0, 1)] as const;
    const joined = Float32Array.from(
      [0, 1, 2, 3].flatMap((p) => [
        ...left.slice(rows[0][p]! * 2 * step, (rows[0][p]! + 1) * 2 * step),
        ...right.slice(rows[1][p]! * 3 * step, (rows[1][p]! + 1) * 3 * step),
      ]),
    );
    const sides = [
      [2, Float32Array.from(left), rows[0]],
      [3, Float32Array.from(right), rows[1]],
    ];
    expect(byKernel(kernels, run, 1, 0, { sides })).toEqual(
      byKernel(kernels, run, 1, 0, { projected: joined }),
    );
    const beyond = [[5, joined, Int32Array.of(0, 1, 2, 4)]];
    expect(() => byKernel(kernels, run, 1, 0, { sides: beyond })).toThrow(/row of each pair/);
  });

  it('lets NaN through and keeps it in its pair', () => {
    const run = { ...cases["AutoInt's sizes"]!, pairs: 3 };
    const projected = projectedOf(run);
    projected[run.fields * stepOf(run)] = Number.NaN; // a query of the second pair
    const found = byKernel(kernels, run, 1, 0, { projected });
    const isLost = Array.from({ length: run.pairs }, (_, p) =>
      found.subarray(p * run.fields * 16, (p + 1) * run.fields * 16).some(Number.isNaN),
    );
    expect(isLost).toEqual([false, true, false]);
  });

  it('refuses what does not fit', () => {
    const broken = (change: object) => () => byKernel(kernels, cases['one of each']!, 1, 0, change);
    expect(broken({ projected: new Float32Array(5) })).toThrow(/rows of a side/);
    expect(broken({ attended: new Float32Array(4) })).toThrow(/attended/);
    expect(broken({})).not.toThrow();
  });

  it.each([
    { scale: true, residual: true },
    { scale: false, residual: false },
  ])('is what the layer does where gradients are wanted: %o', (options) => {
    const parameters = new ParameterSet(1);
    const layer = fieldAttention(parameters, 'a', {
      inputs: 6,
      heads: 2,
      headSize: 5,
      dropout: 0,
      ...options,
    });
    fillWithWaves(parameters);
    tf.tidy(() => {
      const fields = tf.tensor2d(wave([7, 4 * 6], 2), [7, 4 * 6]);
      const apply = (x: tf.Tensor): tf.Tensor =>
        layer.attend([ownRows(layer.project(x as tf.Tensor2D))], inference);
      expectKernelAsOnTape(kernels, 'attendFields', apply, fields);
    });
    parameters.dispose();
  });
});

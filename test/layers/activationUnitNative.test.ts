import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { inference, type Kernels, nativeKernels, ParameterSet } from '../../src/engine/index.js';
import { activationUnit, ListBuilder } from '../../src/layers/index.js';
import { useEngine } from '../support/engines.js';
import { fillWithWaves, wave } from '../support/gradients.js';
import { describeKernels, expectEverywhere, expectKernelAsOnTape } from '../support/kernels.js';

interface Case {
  readonly width: number;
  readonly hidden: number;
  readonly smooth: boolean;
  readonly pairs: number;
}

const rows = 40;
const candidates = 9;
const lengths = [0, 1, 50, 7, 6, 13, 3, 4, 5]; // every remainder of a group of six
const lists = ListBuilder.of(
  lengths.map((length, l) => Array.from({ length }, (_, i) => (i * (l + 1)) % rows)),
);
const cases: Readonly<Record<string, Case>> = {
  'sigmoid, whole vectors': { width: 32, hidden: 64, smooth: true, pairs: 900 },
  'step, whole vectors': { width: 16, hidden: 16, smooth: false, pairs: 20 },
  'sigmoid, odd widths': { width: 7, hidden: 83, smooth: true, pairs: 200 },
  'step, one of each': { width: 1, hidden: 1, smooth: false, pairs: 12 },
  'no pairs': { width: 3, hidden: 5, smooth: true, pairs: 0 },
};

function inputs({ width, hidden }: Case) {
  return {
    events: wave([rows, width], 1),
    keys: wave([rows, hidden], 2),
    candidates: wave([candidates, width], 3),
    queries: wave([candidates, hidden], 4),
    product: wave([width, hidden], 5),
    mean: wave([hidden], 6),
    deviation: wave([hidden], 7).map((value) => 1.5 + value),
    alpha: wave([hidden], 8),
    out: wave([hidden], 9),
    bias: Float32Array.of(0.3),
  };
}

const pairsOf = ({ pairs }: Case) => ({
  context: Int32Array.from({ length: pairs }, (_, p) => (p * 5) % lengths.length),
  candidate: Int32Array.from({ length: pairs }, (_, p) => (p * 4) % candidates),
});

/** Number by number, in double precision. */
function byHand(run: Case): Float32Array {
  const { width, hidden, smooth, pairs } = run;
  const given = inputs(run);
  const { context, candidate } = pairsOf(run);
  const pooled = new Float64Array(pairs * width);
  for (let p = 0; p < pairs; p++) {
    const [list, c] = [context[p]!, candidate[p]!];
    for (const e of lists.rows.subarray(lists.offsets[list], lists.offsets[list + 1])) {
      let weight = given.bias[0]!;
      for (let h = 0; h < hidden; h++) {
        let z = given.keys[e * hidden + h]! + given.queries[c * hidden + h]!;
        for (let d = 0; d < width; d++) {
          z +=
            given.events[e * width + d]! * given.candidates[c * width + d]! * given.product[d * hidden + h]!;
        }
        const u = (z - given.mean[h]!) / given.deviation[h]!;
        const s = smooth ? 1 / (1 + Math.exp(-u)) : Number(z > 0);
        const alpha = given.alpha[h]!;
        weight += given.out[h]! * z * (alpha + (1 - alpha) * s);
      }
      for (let d = 0; d < width; d++) pooled[p * width + d]! += weight * given.events[e * width + d]!;
    }
  }
  return Float32Array.from(pooled);
}

function byKernel(kernels: Kernels, run: Case, threads: number, lanes: number, change = {}): Float32Array {
  const { width, hidden, smooth, pairs } = run;
  const g = { ...inputs(run), ...pairsOf(run), ...lists, ...change };
  const pooled = new Float32Array(pairs * width).fill(7);
  kernels.activationUnit(
    threads,
    lanes,
    width,
    hidden,
    ...([g.events, g.keys, g.candidates, g.queries, g.product] as const),
    smooth ? 1 : 0,
    ...([g.mean, g.deviation, g.alpha, g.out, g.bias] as const),
    ...([g.offsets, g.rows, g.context, g.candidate] as const),
    pooled,
  );
  return pooled;
}

describeKernels('an activation unit by a kernel', () => {
  let kernels: Kernels;
  beforeAll(async () => {
    await useEngine('tensorflow');
    kernels = nativeKernels()!;
  });

  it.each(Object.entries(cases))('gives what is worked out number by number: %s', (_, run) => {
    expectEverywhere([byHand(run)], (threads, lanes) => [byKernel(kernels, run, threads, lanes)]);
  });

  it('refuses what does not fit', () => {
    const run = cases['step, whole vectors']!;
    const broken = (change: object) => () => byKernel(kernels, run, 1, 0, change);
    expect(broken({ context: new Int32Array(run.pairs).fill(9) })).toThrow(/context of each pair holds 9/);
    expect(broken({ candidate: new Int32Array(run.pairs).fill(-1) })).toThrow(
      /candidate of each pair holds -1/,
    );
    expect(broken({ rows: new Int32Array(lists.rows.length).fill(rows) })).toThrow(/rows holds 40/);
    expect(broken({ keys: new Float32Array(3) })).toThrow(/keys/);
    expect(broken({})).not.toThrow();
  });

  it.each(['dice', 'prelu', 'relu'] as const)(
    'is what the layer does where gradients are wanted: %s',
    (activation) => {
      const parameters = new ParameterSet(1);
      const unit = activationUnit(parameters, 'unit', { width: 6, hidden: [10], activation, softmax: false });
      fillWithWaves(parameters);
      for (const { data } of parameters.tables)
        data.set(
          wave([10], 3).map((value) => 1 + value),
          10,
        ); // variances
      tf.tidy(() => {
        const x = tf.tensor2d(wave([rows, 6], 1), [rows, 6]);
        const items = tf.tensor2d(wave([candidates, 6], 2), [candidates, 6]);
        const pairs = { candidates: items, ...pairsOf({ ...cases['step, one of each']!, pairs: 30 }) };
        const apply = (events: tf.Tensor): tf.Tensor => {
          const both = { x: events as tf.Tensor2D, keys: unit.keys(events as tf.Tensor2D), lists };
          return unit.apply(both, pairs, inference);
        };
        expectKernelAsOnTape(kernels, 'activationUnit', apply, x);
      });
      parameters.dispose();
    },
  );
});

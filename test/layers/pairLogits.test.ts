import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { nativeKernels, ParameterSet } from '../../src/engine/index.js';
import { type Linear, linear, pairLogits } from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { wave } from '../support/gradients.js';
import { describeKernels, expectEverywhere, largestDifference } from '../support/kernels.js';

interface Case {
  readonly pairs: number;
  readonly inputs: number;
  readonly width: number;
  /** Rows of each part. */
  readonly parts: readonly number[];
  /** Widths of further layers. */
  readonly layers?: readonly number[];
  /** Width of the rows whose inner product is added. */
  readonly factors?: number;
}

const cases: Readonly<Record<string, Case>> = {
  'items and contexts': { pairs: 700, inputs: 128, width: 128, parts: [90, 5] },
  'odd widths': { pairs: 65, inputs: 3, width: 37, parts: [4] },
  'nothing by rows': { pairs: 1, inputs: 5, width: 16, parts: [] },
  'nothing of their own': { pairs: 300, inputs: 0, width: 20, parts: [7, 4] },
  'two layers more': { pairs: 130, inputs: 9, width: 33, parts: [40, 6], layers: [17, 5] },
  'a layer more, nothing of their own': { pairs: 300, inputs: 0, width: 64, parts: [80, 80], layers: [32] },
  'an inner product': { pairs: 140, inputs: 2, width: 9, parts: [20, 3], layers: [4], factors: 37 },
  'no pair': { pairs: 0, inputs: 5, width: 16, parts: [2] },
};

const rowOf = (pairs: number, count: number) => Int32Array.from({ length: pairs }, (_, p) => (p * p) % count);

function arraysOf({ pairs, inputs, width, parts, layers = [], factors = 0 }: Case) {
  const widths = [width, ...layers];
  return {
    x: wave([pairs, inputs], 1),
    weight: wave([inputs, width], 2),
    layers: layers.map((outputs, l) => ({
      weight: wave([widths[l]!, outputs], 10 + l),
      bias: wave([outputs], 20 + l),
    })),
    out: wave([widths.at(-1)!, 1], 3),
    bias: wave([1], 4),
    rows: parts.map((count, i) => ({ values: wave([count, width], 5 + i), row: rowOf(pairs, count) })),
    inner: [11, 6]
      .filter(() => factors > 0)
      .map((count, i) => ({ values: wave([count, factors], 30 + i), row: rowOf(pairs, count) })),
  };
}

/** In double precision by the formula. */
function slowly(run: Case): Float32Array {
  const { pairs, inputs, width, factors = 0 } = run;
  const { x, weight, layers, out, bias, rows, inner } = arraysOf(run);
  return Float32Array.from({ length: pairs }, (_, p) => {
    let hidden = Array.from({ length: width }, (_, c) => {
      let z = 0;
      for (let k = 0; k < inputs; k++) z += x[p * inputs + k]! * weight[k * width + c]!;
      for (const { values, row } of rows) z += values[row[p]! * width + c]!;
      return Math.max(0, z);
    });
    for (const layer of layers) {
      const before = hidden;
      hidden = Array.from(layer.bias, (z, c) =>
        Math.max(
          0,
          before.reduce((sum, h, k) => sum + h * layer.weight[k * layer.bias.length + c]!, z),
        ),
      );
    }
    let product = 0;
    for (let f = 0; f < factors; f++) {
      product += inner.reduce((all, { values, row }) => all * values[row[p]! * factors + f]!, 1);
    }
    return hidden.reduce((sum, h, c) => sum + h * out[c]!, bias[0]! + product);
  });
}

/** By the layer; `differentiated` leaves no room for a kernel without a way back. */
function byLayer(run: Case, differentiated: boolean): Float32Array {
  const { pairs, inputs, width, factors = 0 } = run;
  const { x, weight, layers, out, bias, rows, inner } = arraysOf(run);
  const parameters = new ParameterSet(1);
  const made = (name: string, from: Float32Array, to: Float32Array): Linear => {
    const layer = linear(parameters, name, {
      inputs: from.length / to.length,
      outputs: to.length,
      bias: true,
    });
    parameters.setDense(`${name}.weight`, tf.tensor2d(from, [from.length / to.length, to.length]));
    parameters.setDense(`${name}.bias`, tf.tensor1d(to));
    return layer;
  };
  const further = layers.map((layer, l) => made(`${l}`, layer.weight, layer.bias));
  const head = { layers: further, out: made('out', out, bias) };
  const inRows = (some: typeof rows, width: number) =>
    some.map(({ values, row }) => ({ values: tf.tensor2d(values, [values.length / width, width]), row }));
  const logits = (w: tf.Tensor) => {
    const [left, right] = inRows(inner, factors);
    return pairLogits(
      inputs > 0 ? { weight: w as tf.Tensor2D, ...head } : head,
      inputs > 0 ? tf.tensor2d(x, [pairs, inputs]) : null,
      inRows(rows, width),
      left && right ? [left, right] : null,
    );
  };
  const found = tf.tidy(() => {
    const w = tf.tensor2d(weight, [inputs, width]);
    const value = differentiated ? tf.valueAndGrad(logits)(w, tf.ones([pairs])).value : logits(w);
    return value.dataSync<'float32'>();
  });
  parameters.dispose();
  return found;
}

describe('logits of pairs', () => {
  it('are what the formula says', async () => {
    await useEngine('cpu');
    for (const run of Object.values(cases).filter(({ pairs }) => pairs > 0 && pairs < 700)) {
      expect(largestDifference([slowly(run)], [byLayer(run, false)])).toBeLessThan(1e-5);
    }
  });
});

describeKernels('logits of pairs by kernels', () => {
  beforeAll(async () => {
    await useEngine('tensorflow');
  });

  it.each(Object.entries(cases))('are what the formula says, %s', (_, run) => {
    const { inputs, width, factors = 0 } = run;
    const { x, weight, layers, out, bias, rows, inner } = arraysOf(run);
    const [given, ofProduct] = [rows, inner].map((some) => some.flatMap(({ values, row }) => [values, row]));
    const further = layers.flatMap((layer) => [layer.bias.length, layer.weight, layer.bias]);
    const none = new Float32Array(0);
    const byKernel = (threads: number, lanes: number): Float32Array => {
      const logits = new Float32Array(run.pairs).fill(7);
      const rest = [rows.length, ...given!, layers.length, ...further, out, bias] as const;
      const first = [threads, lanes, logits, inputs, width, x, weight, none] as const;
      nativeKernels()!.pairHead(...first, ...rest, factors, ...ofProduct!);
      return logits;
    };
    expectEverywhere([slowly(run)], (threads, lanes) => [byKernel(threads, lanes)]);
  });

  it.each(['nothing of their own', 'two layers more', 'an inner product'])(
    'are what the formula says of a layer, %s',
    (name) => {
      const run = cases[name]!;
      expect(largestDifference([slowly(run)], [byLayer(run, false)])).toBeLessThan(1e-5);
    },
  );

  it.each(['items and contexts', 'two layers more', 'an inner product'])(
    'are the same with a gradient, which the kernel has not, %s',
    (name) => {
      const run = cases[name]!;
      const kernel = jest.spyOn(nativeKernels()!, 'pairHead');
      const differentiated = byLayer(run, true);
      expect(kernel).not.toHaveBeenCalled();
      expect(largestDifference([byLayer(run, false)], [differentiated])).toBeLessThan(1e-5);
      expect(kernel).toHaveBeenCalledTimes(1);
      kernel.mockRestore();
    },
  );

  it('refuse rows that are not there', () => {
    const head = [
      1,
      0,
      new Float32Array(3),
      2,
      1,
      new Float32Array(6),
      new Float32Array(2),
      new Float32Array(0),
    ] as const;
    const rows = [new Float32Array(2), Int32Array.of(0, 2, 1)] as const;
    const call = () =>
      nativeKernels()!.pairHead(...head, 1, ...rows, 0, new Float32Array(1), new Float32Array(1));
    expect(call).toThrow('pairHead: row of each pair holds 2, which is not in 0..1');
  });
});

describeEngines('a head', (engine) => {
  let parameters: ParameterSet;
  let out: Linear;
  beforeAll(async () => {
    await useEngine(engine);
    parameters = new ParameterSet(1);
    out = linear(parameters, 'out', {
      inputs: 2,
      outputs: 1,
      bias: true,
      init: () => Float32Array.of(2, 3),
      biasInit: () => Float32Array.of(0.5),
    });
  });
  // Rows (2, -2), (-2, -3), (-2, -3).
  const parts = () => [
    { values: tf.tensor2d([1, 2, -3, 1], [2, 2]), row: Int32Array.of(0, 1, 1) },
    { values: tf.tensor2d([1, -4], [1, 2]), row: Int32Array.of(0, 0, 0) },
  ];

  it('adds rows, cuts below 0 and maps to one number', () => {
    expect([...pairLogits({ out }, null, parts()).dataSync()]).toEqual([4.5, 0.5, 0.5]);
  });

  it('adds a bias before it cuts', () => {
    const bias = parameters.addDense('bias', [2], () => Float32Array.of(1, 4));
    // (3, 2), (-1, 1), (-1, 1)
    expect([...pairLogits({ bias, out }, null, parts()).dataSync()]).toEqual([12.5, 3.5, 3.5]);
  });

  it('may be deeper than the kernel', () => {
    const layers = Array.from({ length: 13 }, (_, l) =>
      linear(parameters, `layer${l}`, {
        inputs: 2,
        outputs: 2,
        bias: true,
        init: () => Float32Array.of(1, 0, 0, 1),
        biasInit: () => Float32Array.of(0, 1),
      }),
    );
    // (2, 13), (0, 13), (0, 13)
    expect([...pairLogits({ layers, out }, null, parts()).dataSync()]).toEqual([43.5, 39.5, 39.5]);
  });
});

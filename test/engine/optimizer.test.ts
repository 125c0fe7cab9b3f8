import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { constant, DivergedError, fromArrays, Optimizer, ParameterSet } from '../../src/engine/index.js';
import { useEngine } from '../support/engines.js';

const adam = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: null } as const;

beforeAll(async () => {
  await useEngine('cpu');
});

let live: ParameterSet[] = [];
afterEach(() => {
  for (const parameters of live) parameters.dispose();
  live = [];
});
function newSet(): ParameterSet {
  const parameters = new ParameterSet(1);
  live.push(parameters);
  return parameters;
}

/** A step whose gradient with respect to the named weights is exactly `slopes`: the loss is their dot product. */
async function step(
  parameters: ParameterSet,
  optimizer: Optimizer,
  loss: () => tf.Scalar,
  learningRate = 0.1,
): Promise<void> {
  await optimizer.apply(await parameters.gradients(loss), learningRate);
}

describe('Adam on dense weights', () => {
  it('follows algorithm 1 of Kingma and Ba', async () => {
    // Worked out in double precision from the paper's algorithm: lr 0.1, gradients [1, 0.5, -3] and [-2, 0, 4].
    const parameters = newSet();
    const w = parameters.addDense('w', [2], constant(1));
    const optimizer = new Optimizer(parameters, adam);
    const expected = [
      [0.900000001, 1.0999999995],
      [0.8067820383, 1.1670058244],
      [0.8415043888, 1.1330023775],
    ];
    const slopes = [
      [1, -2],
      [0.5, 0],
      [-3, 4],
    ];
    for (const [i, slope] of slopes.entries()) {
      await step(parameters, optimizer, () => w.value().mul(tf.tensor1d(slope)).sum());
      const values = w.value().dataSync();
      expect(values[0]).toBeCloseTo(expected[i]![0]!, 6);
      expect(values[1]).toBeCloseTo(expected[i]![1]!, 6);
    }
    optimizer.dispose();
  });
});

describe('Adam on whole tables', () => {
  it('moves every row in every step, as torch.optim.Adam does with an Embedding and 0.05 * sum of squares', async () => {
    // Worked out by PyTorch in double precision: rate 0.05, gradients of rows 0; 2 and 0; none.
    const parameters = newSet();
    const first = Float32Array.of(1, -2, 0.5, 0.25, 3, 0);
    const table = parameters.addTable('t', 3, 2, () => first);
    const optimizer = new Optimizer(parameters, { ...adam, wholeTablesL2: 0.1 });
    const touch = (rows: number[], slopes: number[][]): Promise<void> =>
      step(
        parameters,
        optimizer,
        () => table.lookup(Int32Array.from(rows)).mul(tf.tensor2d(slopes)).sum(),
        0.05,
      );
    const expected = [
      [0.9500000005, -2.0499999983, 0.45, 0.2, 2.9500000017, 0],
      [0.9058901409, -2.0931758255, 0.4002061342, 0.1505937512, 2.9711259905, -0.0372068409],
      [0.8694246739, -2.103254898, 0.3507931669, 0.1024356883, 2.9747965079, -0.0659083367],
    ];
    const steps: [number[], number[][]][] = [
      [[0], [[1, 0.5]]],
      [
        [2, 0],
        [
          [-1, 2],
          [0.3, 0.3],
        ],
      ],
      [[1], [[0, 0]]],
    ];
    for (const [i, [rows, slopes]] of steps.entries()) {
      await touch(rows, slopes);
      expect([...table.data]).toEqual(expected[i]!.map((value) => expect.closeTo(value, 6)));
    }
    optimizer.dispose();
  });

  it('decays what a step of SGD does not touch', async () => {
    const parameters = newSet();
    const table = parameters.addTable('t', 2, 1, constant(1));
    const optimizer = new Optimizer(parameters, { ...adam, name: 'sgd', wholeTablesL2: 0.5 });
    await step(parameters, optimizer, () => table.lookup(Int32Array.of(0)).sum());
    expect([...table.data]).toEqual([expect.closeTo(0.85, 6), expect.closeTo(0.95, 6)]); // 1 - 0.1 (0.5 + 1 or 0)
    optimizer.dispose();
  });
});

describe('Adam on table rows', () => {
  it('moves touched rows only, and corrects each row by its own number of updates', async () => {
    const parameters = newSet();
    const table = parameters.addTable('t', 4, 1, constant(1));
    const optimizer = new Optimizer(parameters, adam);
    const touch = (rows: number[], slope: number): Promise<void> =>
      step(parameters, optimizer, () => table.lookup(Int32Array.from(rows)).sum().mul(slope));
    await touch([1], 1);
    await touch([1, 3], 0.5);
    // Row 1 is two dense steps with gradients 1, 0.5 (values above); row 3 is a first step, whose size is the rate.
    expect(table.data[1]).toBeCloseTo(0.8067820383, 6);
    expect(table.data[3]).toBeCloseTo(0.900000002, 6);
    expect([table.data[0], table.data[2]]).toEqual([1, 1]);
  });

  it('adds up what several lookups of a row contribute, and leaves unknown rows out', async () => {
    const sgd = { ...adam, name: 'sgd' } as const;
    const parameters = newSet();
    const table = parameters.addTable('t', 3, 2, constant(0));
    const optimizer = new Optimizer(parameters, sgd);
    await step(parameters, optimizer, () =>
      tf.add(table.lookup(Int32Array.of(2, -1)).sum(), table.lookup(Int32Array.of(0, 2)).sum().mul(10)),
    );
    // -0.1 x [10, 0, 1 + 10] for both columns.
    expect(Array.from(table.data, (value) => Number(value.toFixed(6)))).toEqual([-1, -1, 0, 0, -1.1, -1.1]);
  });

  it('gives zero for unknown rows', () => {
    const table = newSet().addTable('t', 2, 2, constant(5));
    expect(Array.from(table.lookup(Int32Array.of(-1, 1)).dataSync())).toEqual([0, 0, 5, 5]);
  });
});

describe('clipping', () => {
  it('scales dense and row gradients by one global norm', async () => {
    const parameters = newSet();
    const w = parameters.addDense('w', [1], constant(0));
    const table = parameters.addTable('t', 2, 1, constant(0));
    const optimizer = new Optimizer(parameters, { ...adam, name: 'sgd', clipNorm: 1 });
    // Gradients 3 and 4 have norm 5, so they become 0.6 and 0.8; learning rate 1.
    await step(
      parameters,
      optimizer,
      () => tf.add(w.value().sum().mul(3), table.lookup(Int32Array.of(0)).sum().mul(4)) as tf.Scalar,
      1,
    );
    expect(w.value().dataSync()[0]).toBeCloseTo(-0.6, 6);
    expect(table.data[0]).toBeCloseTo(-0.8, 6);
  });
});

describe('state', () => {
  function build() {
    const parameters = newSet();
    const w = parameters.addDense('w', [3], constant(0.5));
    const table = parameters.addTable('t', 5, 2, constant(0.25));
    const optimizer = new Optimizer(parameters, adam);
    const run = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i++) {
        await step(parameters, optimizer, () =>
          tf.add(
            w
              .value()
              .square()
              .sum()
              .mul(i + 1),
            table
              .lookup(Int32Array.of(i % 5, (i + 2) % 5))
              .square()
              .sum(),
          ),
        );
      }
    };
    return { w, table, optimizer, run };
  }

  it('continues bit for bit', async () => {
    const whole = build();
    await whole.run(0, 9);
    const first = build();
    await first.run(0, 4);
    const second = build();
    const saved = new Map(
      [...(await first.optimizer.state())].map(([name, { shape, data }]) => [
        name,
        { shape, data: data.slice() },
      ]),
    );
    await second.optimizer.load(fromArrays(saved));
    await second.run(4, 9);
    expect(second.w.value().dataSync()).toEqual(whole.w.value().dataSync());
    expect(second.table.data).toEqual(whole.table.data);
    expect(await second.optimizer.state()).toEqual(await whole.optimizer.state());
  });

  it('names the array that is missing or has another size', async () => {
    const { optimizer } = build();
    const state = await optimizer.state();
    state.delete('optimizer.v.t');
    await expect(optimizer.load(fromArrays(state))).rejects.toThrow('optimizer.v.t');
    state.set('w', { shape: [2], data: new Float32Array(2) });
    await expect(optimizer.load(fromArrays(state))).rejects.toThrow('w has 2 values instead of 3');
  });

  it('keeps no tensors beyond its own', async () => {
    const { optimizer, run } = build();
    await run(0, 2);
    const before = tf.memory().numTensors;
    await run(2, 8);
    expect(tf.memory().numTensors).toBe(before);
    optimizer.dispose();
  });
});

describe('divergence', () => {
  it('stops before anything changes and names the weight', async () => {
    const parameters = newSet();
    const good = parameters.addDense('good', [1], constant(2));
    const bad = parameters.addDense('bad', [1], constant(0));
    const optimizer = new Optimizer(parameters, adam);
    const attempt = (): Promise<void> =>
      step(parameters, optimizer, () => tf.add(good.value().sum(), bad.value().sqrt().sum()) as tf.Scalar);
    // The slope of sqrt at 0 is infinite while the loss itself is 2.
    await expect(attempt()).rejects.toThrow(DivergedError);
    await expect(attempt()).rejects.toThrow('a gradient is not finite; first affected weight: bad');
    expect(good.value().dataSync()[0]).toBe(2);
  });
});

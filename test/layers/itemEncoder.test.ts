import { beforeAll, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { nativeKernels, ParameterSet } from '../../src/engine/index.js';
import { itemEncoder } from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, expectValues, fillWithWaves, waves, weigh } from '../support/gradients.js';
import { describeKernels } from '../support/kernels.js';

describeKernels('an item encoder', () => {
  it('asks for kernels each time, so that it may outlive an engine', async () => {
    await useEngine('tensorflow');
    const parameters = new ParameterSet(1);
    const matrix = Float32Array.of(1, 0, 0, 1, 2, 3);
    const rows = () => {
      throw new Error('they are in memory');
    };
    const features = [{ kind: 'vector', name: 'cover', width: 2, rows, matrix }] as const;
    const encoder = itemEncoder(parameters, 'item', { features, width: 1, categoryInit: waves(1) });
    parameters.setDense('item.cover.weight', tf.tensor2d([10, 1], [2, 1]));
    expectValues(encoder.encode(Int32Array.of(2, 0)), [23, 10]);
    const kernels = nativeKernels()!;
    const project = jest.spyOn(kernels, 'projectRows');
    expectValues(encoder.encode(Int32Array.of(1)), [1]);
    expect(project).toHaveBeenCalledTimes(1);
    project.mockRestore();
    await useEngine('cpu');
    expect(() => encoder.encode(Int32Array.of(1))).toThrow('they are in memory');
    parameters.dispose();
  });
});

describeEngines('itemEncoder', (engine) => {
  beforeAll(() => useEngine(engine));

  const features = [
    {
      kind: 'vector',
      name: 'cover',
      width: 2,
      rows: (items: Int32Array) =>
        Float32Array.from(
          [...items].flatMap(
            (item) =>
              [
                [1, 0],
                [0, 1],
                [2, 3],
              ][item]!,
          ),
        ),
    },
    { kind: 'category', name: 'tag', values: Int32Array.of(1, -1, 0), cardinality: 2 },
    { kind: 'id', name: 'id', warm: Uint8Array.of(1, 1, 0) },
  ] as const;

  it('adds up the features; unknown categories and cold items add nothing', () => {
    const parameters = new ParameterSet(1);
    const encoder = itemEncoder(parameters, 'item', { features, width: 2, categoryInit: waves(5) });
    parameters.setDense('item.cover.weight', tf.tensor2d([1, 2, 3, 4], [2, 2]));
    parameters.setDense('item.tag.embedding', tf.tensor2d([10, 20, 30, 40], [2, 2]));
    parameters.tables[0]!.data.set([100, 200, 300, 400, 500, 600]);
    // Item 2: cover 2 (1, 2) + 3 (3, 4) + tag 0, cold. Item 0: (1, 2) + tag 1 + id 0. Item 1: (3, 4) + id 1.
    const vectors = encoder.encode(Int32Array.of(2, 0, 1));
    expectValues(vectors, [11 + 10, 16 + 20, 1 + 30 + 100, 2 + 40 + 200, 3 + 300, 4 + 400]);
    expectValues(encoder.rows(Int32Array.of(2, 1))[0]!, [0, 0, 300, 400]);
  });

  const held = [{ ...features[0], matrix: Float32Array.of(1, 0, 0, 1, 2, 3) }, ...features.slice(1)];

  it.each([
    ['read by rows', features],
    ['in memory', held],
  ])('has the gradients of central differences, vectors %s', async (_, given) => {
    const parameters = new ParameterSet(1);
    const encoder = itemEncoder(parameters, 'item', { features: given, width: 3, categoryInit: waves(6) });
    fillWithWaves(parameters);
    await expectGradients(parameters, () => weigh(encoder.encode(Int32Array.of(2, 0, 1))));
  });

  it('gives the same for vectors that are in memory, which are there once', () => {
    const parameters = new ParameterSet(1);
    const encoderOf = (name: string, given: typeof held) =>
      itemEncoder(parameters, name, { features: given, width: 3, categoryInit: waves(6) });
    const byRows = encoderOf('a', [...features]);
    const encoders = [encoderOf('b', held), encoderOf('c', held)];
    fillWithWaves(parameters);
    for (const weight of ['cover.weight', 'tag.embedding']) {
      const value = () =>
        parameters.dense
          .find(({ name }) => name === `a.${weight}`)!
          .value()
          .clone();
      for (const name of ['b', 'c']) parameters.setDense(`${name}.${weight}`, value());
    }
    for (const table of parameters.tables) table.data.set(parameters.tables[0]!.data);
    const items = Int32Array.of(2, 0, 1);
    const expected = [...byRows.encode(items).dataSync()];
    const made = tf.memory().numTensors;
    for (const encoder of encoders) tf.tidy(() => expectValues(encoder.encode(items), expected));
    expect(tf.memory().numTensors - made).toBe(engine === 'tensorflow' && !nativeKernels() ? 1 : 0);
    parameters.dispose();
  });

  it('brings long vectors a few rows at a time', () => {
    const width = 1 << 20; // two rows a piece
    const asked: number[] = [];
    const long = {
      kind: 'vector',
      name: 'long',
      width,
      rows: (items: Int32Array) => {
        asked.push(items.length);
        const values = new Float32Array(items.length * width);
        items.forEach((item, i) => {
          values[(i + 1) * width - 1] = item;
        });
        return values;
      },
    } as const;
    const parameters = new ParameterSet(1);
    const ones = () => new Float32Array(width).fill(1);
    const encoder = itemEncoder(parameters, 'item', { features: [long], width: 1, categoryInit: ones });
    parameters.setDense('item.long.weight', tf.ones([width, 1]));
    expectValues(encoder.encode(Int32Array.of(7, 3, 5, 2, 9)), [7, 3, 5, 2, 9]);
    expect(asked).toEqual([2, 2, 1]);
  });
});

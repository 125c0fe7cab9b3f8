/**
 * Fixture 1: the released weights on inputs by formula. The expected numbers come from executing the authors'
 * released graph and a closed form in float64 that agree to 5e-7.
 */
import { beforeAll, expect, it } from '@jest/globals';
import type * as tf from '@tensorflow/tfjs';
import { fromArrays, loadWeights } from '../../src/engine/index.js';
import { buildModel, loadReleasedThacil, type Thacil, thacilSchema } from '../../src/models/index.js';
import { batchOf, preparedOf } from '../support/batches.js';
import { blindSpots } from '../support/blindSpots.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { describeIf, sharedData } from '../support/index.js';
import { forward, logitsOf, trainable } from '../support/training.js';

const lengths = [160, 159, 141, 140, 61, 21, 20, 1, 0, 100];
const expected = {
  uniform: [
    -0.3756124, -0.2440751, -0.4633401, -0.6232524, 0.0169889, -2.7856763, -1.1113561, 0.1829911, -0.605783,
    -0.5739167,
  ],
  zero: [
    -0.3793258, -0.2466291, -0.4671911, -0.6192324, 0.0130476, -2.7341163, -1.1176804, 0.1753621, -0.605783,
    -0.5750838,
  ],
};

/** Items 0..9 are the candidates, 10 + 160 b + t is the history item of row b at time t. Default: all rows. */
function fixture(rows: readonly number[] = [...lengths.keys()]) {
  const items = 10 + 160 * lengths.length;
  const cover = new Float32Array(items * 512);
  const category = new Int32Array(items);
  for (let b = 0; b < lengths.length; b++) {
    for (let d = 0; d < 512; d++) cover[b * 512 + d] = Math.sin(0.31 * b + 0.017 * d + 0.2);
    category[b] = (37 * b + 11) % 512;
    for (let t = 0; t < 160; t++) {
      const item = 10 + 160 * b + t;
      for (let d = 0; d < 512; d++) cover[item * 512 + d] = Math.sin(0.31 * b + 0.13 * t + 0.017 * d);
      category[item] = (37 * b + 13 * t) % 512;
    }
  }
  const data = preparedOf({
    users: lengths.length,
    items,
    vectors: { cover: { data: cover, width: 512 } },
    categories: { category: { values: category, cardinality: 512 } },
  });
  const contexts = rows.map((b) => ({
    user: b,
    history: Array.from({ length: lengths[b]! }, (_, t) => 10 + 160 * b + t),
    candidates: [[b, 1]] as const,
  }));
  return { data, batch: batchOf(contexts, 160) };
}

/** Sum of the absolute values of the first `count` elements. */
const sizeOf = (x: tf.Tensor, count: number): number =>
  Array.from(x.dataSync().subarray(0, count), Math.abs).reduce((sum, value) => sum + value, 0);

function expectClose(logits: tf.Tensor1D, values: readonly number[]): void {
  const found = logits.dataSync();
  values.forEach((value, b) => {
    expect(Math.abs(found[b]! - value)).toBeLessThan(1e-5);
  });
}

const weightsFolder = sharedData('thacil-released');

beforeAll(() => useEngine('cpu'));

it("has the number of parameters of the released checkpoint at the paper's sizes", () => {
  const model = buildModel(thacilSchema.parse({ name: 'thacil' }), fixture().data, 1) as Thacil;
  expect(model.parameters.size).toBe(222_737);
  model.parameters.dispose();
});

describeIf(weightsFolder.exists, weightsFolder.reason)('released THACIL weights', () => {
  const { data, batch } = fixture();

  async function released(firstBlock: 'zero' | 'uniform'): Promise<Thacil> {
    const options = thacilSchema.parse({ name: 'thacil', firstBlock });
    const model = buildModel(options, data, 1) as Thacil;
    const arrays = await loadReleasedThacil(weightsFolder.path, options);
    expect([...arrays.keys()].sort()).toEqual(model.parameters.dense.map(({ name }) => name).sort());
    await loadWeights(model.parameters, fromArrays(arrays));
    return model;
  }

  it('notice no change of what has collapsed in them, which the reference has to show', async () => {
    await useEngine('wasm');
    const options = thacilSchema.parse({ name: 'thacil', firstBlock: 'uniform' });
    const { data, batch } = fixture([4, 5]);
    const weights = await loadReleasedThacil(weightsFolder.path, options);
    const blind = blindSpots([
      {
        build: (options) => trainable(options, data),
        options,
        weights: new Map([...weights].map(([name, { data }]) => [name, data])),
        outputs: (model) => logitsOf(model, batch),
        expected: [4, 5].map((b) => expected.uniform[b]!),
        changes: [
          { firstBlock: 'zero' },
          { interActivation: 'tanh' },
          { categoryLevel: false },
          { itemLevel: false },
        ],
      },
    ]);
    // Attention between blocks and the category level are uniform in these weights, and three biases cancel.
    const collapsed = ['blocks.bias', 'blocks.key.weight', 'blocks.out', 'blocks.query.weight'];
    const uniform = ['out.bias', 'out.weight', 'q.bias', 'q.weight', 'x.bias', 'x.weight'];
    expect([blind.weights, blind.changes]).toEqual([
      [
        ...collapsed,
        'candidate.out.bias',
        ...uniform.map((name) => `categoryLevel.${name}`),
        'itemLevel.out.bias',
        'itemLevel.q.weight',
      ],
      ['{"categoryLevel":false}', '{"interActivation":"tanh"}'],
    ]);
    await useEngine('cpu');
  });

  describeEngines('the graph', (engine) => {
    beforeAll(() => useEngine(engine));

    it('gives the logits of the graph, and agrees on the way there', async () => {
      const model = await released('uniform');
      const sizes: Record<string, number> = {};
      // Of row 0.
      const tap = (name: string, value: tf.Tensor): void => {
        sizes[name] = sizeOf(value, value.size / value.shape[0]!);
      };
      const { logits } = forward(model, batch, { training: false, tap });
      expectClose(logits, expected.uniform);
      expect(sizes.local).toBeCloseTo(175.66352, 3);
      expect(sizes.global).toBeCloseTo(15.24769, 3);
      expect(sizes.profile).toBeCloseTo(287.69301, 3);
      expect(sizes.user).toBeCloseTo(14.24818, 4);
      // Weights of a softmax: 64 channels of 8 blocks each, 128 of 8 receiving blocks, 128 of the pair.
      expect(sizes['itemLevel.attention']).toBeCloseTo(64 * 8, 3);
      expect(sizes['categoryLevel.attention']).toBeCloseTo(64 * 8, 3);
      expect(sizes['blocks.attention']).toBeCloseTo(128 * 8, 2);
      expect(sizes['candidate.attention']).toBeCloseTo(128, 3);
      model.parameters.dispose();
    });

    it('gives the logits of the stricter reading, nothing before the first block', async () => {
      const model = await released('zero');
      expectClose(forward(model, batch).logits, expected.zero);
      model.parameters.dispose();
    });
  });
});

import { beforeAll, describe, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { ParameterSet } from '../../src/engine/index.js';
import { runningMax, windowResponses } from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, expectValues, wave, waves, weigh } from '../support/gradients.js';

const [items, width, filters] = [5, 2, 3];
const x = wave([items, width], 1);
const kernels = [1, 2, 3].map((w) => wave([w * width, filters], 10 + w));

/** Two sequences of four steps; 5 stands for nothing. */
const positions = Int32Array.of(0, 3, 3, 1, 4, 2, 5, 5);
const steps = 4;

function slowly(): number[] {
  return [...positions.keys()].flatMap((at) =>
    kernels.flatMap((kernel, longer) =>
      Array.from({ length: filters }, (_, f) => {
        let sum = 0;
        for (let i = 0; i <= longer; i++) {
          const item = (at % steps) + i < steps ? positions[at + i]! : items;
          if (item === items) continue;
          for (let c = 0; c < width; c++)
            sum += x[item * width + c]! * kernel[(i * width + c) * filters + f]!;
        }
        return sum;
      }),
    ),
  );
}

describeEngines('windows', (engine) => {
  beforeAll(() => useEngine(engine));

  it('respond as the formula says', () => {
    tf.tidy(() => {
      const given = kernels.map((kernel, i) => tf.tensor2d(kernel, [(i + 1) * width, filters]));
      expectValues(windowResponses(tf.tensor2d(x, [items, width]), given)({ positions, steps }), slowly());
    });
  });

  it('have a running maximum, whose gradient goes to the first that has it', () => {
    tf.tidy(() => {
      // Channels of two sequences: falling, rising with ties, all alike, negative.
      const given = tf.tensor3d(
        [5, 1, 2, -9, 3, 2, 2, -8, 4, 2, 2, -8, 0, 0, 0, 0, 1, 1, 1, 1, 0, 2, 1, 1],
        [2, 3, 4],
      );
      expectValues(
        runningMax(given),
        [5, 1, 2, -9, 5, 2, 2, -8, 5, 2, 2, -8, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 1, 1],
      );
      const dy = tf.tensor3d(
        [1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4],
        [2, 3, 4],
      );
      const dx = tf.grad((z: tf.Tensor) => runningMax(z as tf.Tensor3D))(given, dy);
      expectValues(dx, [7, 1, 7, 1, 0, 6, 0, 6, 0, 0, 0, 0, 1, 1, 1, 1, 6, 2, 6, 6, 0, 4, 0, 0]);
      expectValues(tf.grad((z: tf.Tensor) => runningMax(z as tf.Tensor3D))(tf.ones([1, 1, 2])), [1, 1]);
    });
  });
});

describe('windows', () => {
  beforeAll(() => useEngine('cpu'));

  it.each([1, 3])(
    'up to %i items have the gradients of central differences, as has the running maximum',
    async (most) => {
      const parameters = new ParameterSet(1);
      const rows = parameters.addDense('x', [items, width], waves(1));
      const weights = kernels
        .slice(0, most)
        .map((_, i) => parameters.addDense(`w${i}`, [(i + 1) * width, filters], waves(11 + i)));
      await expectGradients(parameters, () => {
        const respond = windowResponses(
          rows.value<tf.Rank.R2>(),
          weights.map((weight) => weight.value<tf.Rank.R2>()),
        );
        return weigh(runningMax(respond({ positions, steps }).reshape([2, steps, most * filters])));
      });
    },
  );
});

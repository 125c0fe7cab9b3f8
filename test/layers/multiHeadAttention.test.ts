import { beforeAll, describe, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { ParameterSet } from '../../src/engine/index.js';
import { ListBuilder, multiHeadAttention, multiHeadWeights, type RowLists } from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, expectValues, wave, waves, weigh } from '../support/gradients.js';

const [heads, width, size] = [2, 6, 3];
const given = { queries: wave([7, width], 1), keys: wave([9, width], 2), values: wave([9, width], 3) };
const rowsOf = ({ offsets, rows }: RowLists, list: number): number[] => [
  ...rows.subarray(offsets[list], offsets[list + 1]),
];

// One query or many, no query, no key, a key that occurs twice, lists of different lengths.
const attending = {
  queries: ListBuilder.of([[0, 1, 2], [3], [], [4, 4], [5], [6, 0, 1, 2]]),
  keys: ListBuilder.of([[0, 1, 2, 3, 4], [8], [1], [], [7, 5, 7], [2, 6]]),
};

/** softmax(q k' / sqrt(3)) of a head, over the keys of a list. */
function weightsOf(query: number, keys: readonly number[], head: number): number[] {
  const scores = keys.map((key) => {
    let dot = 0;
    for (let c = head * size; c < (head + 1) * size; c++) {
      dot += given.queries[query * width + c]! * given.keys[key * width + c]!;
    }
    return Math.exp(dot / Math.sqrt(size));
  });
  const sum = scores.reduce((a, b) => a + b, 0);
  return scores.map((score) => score / sum);
}

function slowly(): number[] {
  return [0, 1, 2, 3, 4, 5].flatMap((list) =>
    rowsOf(attending.queries, list).flatMap((query) => {
      const keys = rowsOf(attending.keys, list);
      return Array.from({ length: width }, (_, c) => {
        const weights = weightsOf(query, keys, Math.floor(c / size));
        return weights.reduce((sum, weight, i) => sum + weight * given.values[keys[i]! * width + c]!, 0);
      });
    }),
  );
}

const tensors = () => ({
  queries: tf.tensor2d(given.queries, [7, width]),
  keys: tf.tensor2d(given.keys, [9, width]),
  values: tf.tensor2d(given.values, [9, width]),
});

describeEngines('multi-head attention', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each([1, 40, 1e6])('is what the formula says, %i elements at a time', (slice) => {
    tf.tidy(() => expectValues(multiHeadAttention(tensors(), attending, heads, slice), slowly()));
  });

  it('shows its weights, 0 past the ends', () => {
    tf.tidy(() => {
      const expected = [0, 1, 2, 3, 4, 5].flatMap((list) =>
        [0, 1].flatMap((head) =>
          [0, 1, 2, 3].flatMap((at) => {
            const query = rowsOf(attending.queries, list)[at];
            const weights = query === undefined ? [] : weightsOf(query, rowsOf(attending.keys, list), head);
            return [0, 1, 2, 3, 4].map((k) => weights[k] ?? 0);
          }),
        ),
      );
      expectValues(multiHeadWeights(tensors(), attending, heads, [4, 5]), expected);
    });
  });

  it('gives zero rows where nobody attends to anything', () => {
    const nothing = { queries: ListBuilder.of([[0, 1]]), keys: ListBuilder.of([[]]) };
    tf.tidy(() => expectValues(multiHeadAttention(tensors(), nothing, heads), Array(2 * width).fill(0)));
  });
});

describe('multi-head attention', () => {
  beforeAll(() => useEngine('cpu'));

  it.each([1, 1e6])('has the gradients of central differences, %i elements at a time', async (slice) => {
    const parameters = new ParameterSet(1);
    const [queries, keys, values] = [7, 9, 9].map((rows, i) =>
      parameters.addDense(`w${i}`, [rows, width], waves(i + 1)),
    );
    await expectGradients(parameters, () => {
      const input = { queries: queries!.value(), keys: keys!.value(), values: values!.value() };
      return weigh(multiHeadAttention(input as ReturnType<typeof tensors>, attending, heads, slice));
    });
    parameters.dispose();
  });
});

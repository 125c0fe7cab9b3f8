import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { ParameterSet } from '../../src/engine/index.js';
import {
  productInSlices,
  type SparseMatrix,
  sparseProduct,
  sparseRows,
  transposed,
  withoutEmptyColumns,
} from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, expectValues, waves, weigh } from '../support/gradients.js';

/** [[2, 0, 0, 3], [0, 0, 0, 0], [0, 5, 0, 7]] */
const matrix: SparseMatrix = {
  columns: 4,
  offsets: Int32Array.of(0, 2, 2, 4),
  column: Int32Array.of(0, 3, 1, 3),
  value: Float32Array.of(2, 3, 5, 7),
};
/** [[1, 10], [2, 20], [3, 30], [4, 40]] */
const dense = () => tf.tensor2d([1, 10, 2, 20, 3, 30, 4, 40], [4, 2]);

describe('sparse matrices', () => {
  it('are transposed', () => {
    expect(transposed(matrix)).toEqual({
      columns: 3,
      offsets: Int32Array.of(0, 1, 2, 2, 4),
      column: Int32Array.of(0, 2, 0, 2),
      value: Float32Array.of(2, 5, 3, 7),
    });
    expect(transposed(transposed(matrix))).toEqual(matrix);
  });
  it('give rows in any order, and again', () => {
    expect(sparseRows(matrix, Int32Array.of(2, 1, 0, 2))).toEqual({
      columns: 4,
      offsets: Int32Array.of(0, 2, 2, 4, 6),
      column: Int32Array.of(1, 3, 0, 3, 1, 3),
      value: Float32Array.of(5, 7, 2, 3, 5, 7),
    });
    expect(() => sparseRows(matrix, Int32Array.of(3))).toThrow(RangeError);
  });
  it('lose columns without an entry', () => {
    expect(withoutEmptyColumns(matrix)).toEqual({
      columns: Int32Array.of(0, 1, 3),
      matrix: { ...matrix, columns: 3, column: Int32Array.of(0, 2, 1, 2) },
    });
  });
});

describeEngines('a sparse product', (engine) => {
  beforeAll(() => useEngine(engine));
  const expected = [2 + 12, 20 + 120, 0, 0, 10 + 28, 100 + 280];

  it('is that of the dense matrices', () => {
    expectValues(sparseProduct(matrix, dense()), expected);
    for (const most of [1, 4, 100]) expectValues(productInSlices(matrix, dense(), most), expected);
  });
  it('is 0 without entries, and has no rows of no rows', () => {
    const none = sparseRows(matrix, Int32Array.of(1));
    expectValues(sparseProduct(none, dense()), [0, 0]);
    expect(sparseProduct(sparseRows(matrix, new Int32Array()), dense()).shape).toEqual([0, 2]);
  });
  it('refuses a matrix of another height', () => {
    expect(() => sparseProduct(matrix, tf.zeros([3, 2]))).toThrow(RangeError);
  });
  it('has the gradient of central differences', async () => {
    const parameters = new ParameterSet(1);
    const x = parameters.addDense('x', [4, 3], waves(2));
    await expectGradients(parameters, () => weigh(sparseProduct(matrix, x.value<tf.Rank.R2>())));
  });
});

import { describe, expect, it } from '@jest/globals';
import { broadcastStrides, isContiguous, layoutOf, stridesOf } from '../../src/engine/layout.js';

describe('layouts of tensors', () => {
  it('are row-major', () => {
    expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
    expect(stridesOf([])).toEqual([]);
  });

  it('repeat what is broadcast: axes that are missing, and those of one element', () => {
    expect(broadcastStrides([3, 1], [2, 3, 4])).toEqual([0, 1, 0]);
    expect(broadcastStrides([1, 4], [1, 4])).toEqual([4, 1]);
    expect(broadcastStrides([], [5])).toEqual([0]);
  });

  const layout = (shape: number[], ...strides: number[][]) => [...layoutOf(shape, strides)!];

  it('join axes along which all tensors go on, and leave out those of one element', () => {
    expect(layout([2, 3, 4], [12, 4, 1], [12, 4, 1])).toEqual([1, 1, 1, 24, 0, 0, 0, 1, 0, 0, 0, 1]);
    // A column [2, 1, 1] against [2, 3, 4]: two axes.
    expect(layout([2, 3, 4], [12, 4, 1], [1, 0, 0])).toEqual([1, 1, 2, 12, 0, 0, 12, 1, 0, 0, 1, 0]);
    expect(layout([1, 5, 1], [5, 1, 1], [0, 1, 7])).toEqual([1, 1, 1, 5, 0, 0, 0, 1, 0, 0, 0, 1]);
    // A transposed matrix cannot be joined.
    expect(layout([3, 2], [2, 1], [1, 3])).toEqual([1, 1, 3, 2, 0, 0, 2, 1, 0, 0, 1, 3]);
  });

  it('tell what lies in one piece: rows of a matrix, not its columns', () => {
    const part = (shape: number[]) => isContiguous(layoutOf(shape, [stridesOf(shape), [5, 1]])!);
    expect(part([2, 5])).toBe(true);
    expect(part([1, 3])).toBe(true);
    expect(part([1, 1])).toBe(true);
    expect(part([2, 1])).toBe(false);
    expect(part([2, 3])).toBe(false);
  });

  it('are of one element where the tensors are, and none where more than four axes remain', () => {
    expect(layout([1, 1], [1, 1])).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    const shape = [2, 2, 2, 2, 2];
    expect(layoutOf(shape, [stridesOf(shape), stridesOf(shape).reverse()])).toBeNull();
    expect(layoutOf(shape, [stridesOf(shape)])).not.toBeNull();
  });
});

import { expect, it } from '@jest/globals';
import { randomStream } from '../../src/base/index.js';
import { fromVectors, normal, ofKnown, ParameterSet, truncatedNormal } from '../../src/engine/index.js';

it('a table takes rows that are known beforehand, by chunks', () => {
  const asked: number[] = [];
  const vectors = {
    width: 2,
    rows: (ids: Int32Array) => {
      asked.push(ids.length);
      return Float32Array.from({ length: 2 * ids.length }, (_, i) => ids[i >> 1]! + (i & 1) / 2);
    },
  };
  const { data } = new ParameterSet(1).addTable('t', 10000, 2, fromVectors(vectors));
  expect(asked.reduce((a, b) => a + b)).toBe(10000);
  expect(Math.max(...asked)).toBeLessThan(10000);
  expect([...data.subarray(0, 4), ...data.subarray(-2)]).toEqual([0, 0.5, 1, 1.5, 9999, 9999.5]);
  expect(() => new ParameterSet(1).addTable('t', 3, 5, fromVectors(vectors))).toThrow('2 wide, not 5');
});

it('normal values have the mean and deviation that are asked for', () => {
  const { data } = new ParameterSet(1).addTable('t', 4000, 5, normal(0.01));
  const mean = data.reduce((a, b) => a + b) / data.length;
  const deviation = Math.sqrt(data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length);
  // Four standard errors of 20,000 values.
  expect(Math.abs(mean)).toBeLessThan((4 * 0.01) / Math.sqrt(20000));
  expect(Math.abs(deviation - 0.01)).toBeLessThan((4 * 0.01) / Math.sqrt(40000));
});

it('truncated normal values end at two standard deviations, and are not clipped to them', () => {
  const { data } = new ParameterSet(1).addTable('t', 4000, 5, truncatedNormal(0.1));
  const sizes = data.map(Math.abs);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(0.2);
  expect(Math.max(...sizes)).toBeGreaterThan(0.198);
  expect(sizes.filter((size) => size > 0.1999).length).toBeLessThan(40);
  // Of a standard normal that is cut off at 2 the variance is 1 - 4 phi(2) / (2 Phi(2) - 1) = 0.77374.
  const variance = data.reduce((sum, x) => sum + x * x, 0) / data.length;
  expect(Math.abs(variance / 0.0077374 - 1)).toBeLessThan(0.03);
});

it('a table of which some rows are never trained: those are zero, the others as without', () => {
  const shape = [3, 2];
  const plain = normal(1)(shape, randomStream(1, 'rows'));
  const some = ofKnown(Uint8Array.of(1, 0, 1), normal(1))(shape, randomStream(1, 'rows'));
  expect([...some]).toEqual([plain[0], plain[1], 0, 0, plain[4], plain[5]]);
});

import { expect, it } from '@jest/globals';
import { sparkline } from '../../src/reports/index.js';

it('is a block a value, between the lowest and the highest', () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([3, 1])).toBe('█▁');
  expect(sparkline([2, 2, 2])).toBe('▄▄▄');
  expect(sparkline([])).toBe('');
});

it('of many values takes some, the first and the last among them', () => {
  const line = sparkline(
    Array.from({ length: 1000 }, (_, i) => i),
    8,
  );
  expect(line).toBe('▁▂▃▄▅▆▇█');
});

import { beforeAll, expect, it } from '@jest/globals';
import { randomStream } from '../../src/base/index.js';
import { nearestRows } from '../../src/engine/index.js';
import { describeEngines, useEngine } from '../support/engines.js';

/** Whole numbers: exact products, many of them equal. */
function wholeRows(size: number, width: number): Float32Array {
  const random = randomStream(size, width);
  return Float32Array.from({ length: size * width }, () => random.int(5) - 2);
}

/** By sorting all others. */
function sorted(rows: Float32Array, width: number, count: number) {
  const size = rows.length / width;
  const [row, product] = [[] as number[], [] as number[]];
  for (let r = 0; r < size; r++) {
    const products = Array.from({ length: size }, (_, other) => {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += rows[r * width + k]! * rows[other * width + k]!;
      return { other, sum };
    }).filter(({ other }) => other !== r);
    products.sort((a, b) => b.sum - a.sum || a.other - b.other);
    for (let n = 0; n < count; n++) {
      row.push(products[n]?.other ?? -1);
      product.push(products[n]?.sum ?? Number.NEGATIVE_INFINITY);
    }
  }
  return { row: Int32Array.from(row), product: Float32Array.from(product) };
}

describeEngines('the nearest rows', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each([
    [1, 3, 2],
    [5, 1, 20],
    [33, 4, 3],
    [64, 7, 5],
    [150, 10, 20],
  ])('of %d rows, %d wide, are the first %d of all others in order', (size, width, count) => {
    const rows = wholeRows(size, width);
    expect(nearestRows(rows, width, count)).toEqual(sorted(rows, width, count));
  });

  it('of none are none', () => {
    expect(nearestRows(new Float32Array(0), 4, 3).row).toHaveLength(0);
  });
});

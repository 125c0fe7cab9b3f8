import { expect, it } from '@jest/globals';
import { SparseSums } from '../../src/layers/index.js';

it('sparse sums add up by place, and are empty once taken', () => {
  const sums = new SparseSums(5);
  for (const round of [1, 2]) {
    for (const [place, term] of [
      [3, 1],
      [1, 0],
      [0, 2],
      [3, 4],
      [4, round],
    ] as const)
      sums.add(place, term);
    expect(sums.take()).toEqual({ places: Int32Array.of(3, 0, 4), sums: Float64Array.of(5, 2, round) });
    expect(sums.take()).toEqual({ places: new Int32Array(0), sums: new Float64Array(0) });
  }
});

import { expect, it } from '@jest/globals';
import { gather } from '../../src/base/index.js';

it('gathers values by position in an array of the same type', () => {
  const at = Int32Array.of(2, 0, 2);
  expect(gather(Float32Array.of(0.5, 1, 2), at)).toEqual(Float32Array.of(2, 0.5, 2));
  expect(gather(Float64Array.of(0.1, 1, 0.2), at)).toEqual(Float64Array.of(0.2, 0.1, 0.2));
  expect(gather(Int32Array.of(7, 8, 9), new Int32Array())).toEqual(new Int32Array());
});

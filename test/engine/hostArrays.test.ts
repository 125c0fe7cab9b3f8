import { describe, expect, it } from '@jest/globals';
import { HostArrays } from '../../src/engine/hostArrays.js';

describe('arrays that are used again', () => {
  it('come back when no tensor has them any more, the last one first', () => {
    const arrays = new HostArrays(1024);
    const [a, b] = [arrays.take(100), arrays.take(100)];
    expect(a.values).toHaveLength(100);
    expect(b.values.buffer).not.toBe(a.values.buffer);
    a.refs++;
    arrays.leave(a);
    expect(arrays.take(100).values.buffer).not.toBe(a.values.buffer);
    arrays.leave(a);
    arrays.leave(b);
    expect(arrays.take(100).values.buffer).toBe(b.values.buffer);
    expect(arrays.take(100).values.buffer).toBe(a.values.buffer);
  });

  it('serve any size up to the next power of two, with as many numbers as were asked for', () => {
    const arrays = new HostArrays(1024);
    const first = arrays.take(65);
    arrays.leave(first);
    expect(arrays.take(64).values.buffer).not.toBe(first.values.buffer);
    const again = arrays.take(128);
    expect(again.values.buffer).toBe(first.values.buffer);
    expect(again.values).toHaveLength(128);
    expect(arrays.take(0).values).toHaveLength(0);
  });

  it('stay with others who may have them, and are let go beyond the most that is kept', () => {
    const arrays = new HostArrays(128);
    const [a, b, c] = [arrays.take(128), arrays.take(128), arrays.take(128)];
    a.shared = true;
    for (const array of [a, b, c]) arrays.leave(array);
    expect(arrays.take(128).values.buffer).toBe(b.values.buffer);
    const fresh = arrays.take(128).values.buffer;
    expect([a, b, c].map(({ values }) => values.buffer)).not.toContain(fresh);
  });
});

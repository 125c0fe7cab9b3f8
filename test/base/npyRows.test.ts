import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { decodeNpy, encodeNpy, type NpyData, NpyRows, npyHeader } from '../../src/base/index.js';
import { temporaryFolder } from '../support/index.js';

function written(bytes: Uint8Array): string {
  const file = join(temporaryFolder(), 'matrix.npy');
  writeFileSync(file, bytes);
  return file;
}

describe('NpyRows', () => {
  // 5 rows of 3: row r, column c holds 10 r + c.
  const values = Array.from({ length: 15 }, (_, i) => 10 * Math.floor(i / 3) + (i % 3));

  it.each<[string, NpyData]>([
    ['float32', Float32Array.from(values)],
    ['float64', Float64Array.from(values)],
    ['int32', Int32Array.from(values)],
    ['uint8', Uint8Array.from(values)],
  ])('reads rows of %s in any order, repeated or in runs', (_, data) => {
    const matrix = NpyRows.open(written(encodeNpy(data, [5, 3])));
    expect([matrix.count, matrix.width]).toEqual([5, 3]);
    expect(matrix.rows(Int32Array.of(4, 1, 2, 3, 0, 0))).toEqual(
      Float32Array.of(40, 41, 42, 10, 11, 12, 20, 21, 22, 30, 31, 32, 0, 1, 2, 0, 1, 2),
    );
    expect(matrix.rows(new Int32Array())).toEqual(new Float32Array());
    expect(matrix.values(Int32Array.of(0, 1, 2, 3, 4))).toEqual(data);
  });

  it('widens types as decodeNpy does', () => {
    // float16: 1, -2, 65504 (largest), 2^-24 (smallest); int64: 2^53 - 1 and -1.
    const half = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001);
    const long = BigInt64Array.of(9007199254740991n, -1n);
    for (const [descr, data] of [
      ['<f2', half],
      ['<i8', long],
    ] as const) {
      const bytes = Buffer.concat([npyHeader(descr, [data.length, 1]), new Uint8Array(data.buffer)]);
      const all = Int32Array.from(data.keys());
      expect(NpyRows.open(written(bytes)).values(all)).toEqual(decodeNpy(bytes, 'x').data);
    }
    const halves = written(Buffer.concat([npyHeader('<f2', [2, 2]), new Uint8Array(half.buffer)]));
    expect(NpyRows.open(halves).rows(Int32Array.of(1, 0))).toEqual(Float32Array.of(65504, 2 ** -24, 1, -2));
  });

  it('keeps to the file that it opened', () => {
    const file = written(encodeNpy(Float32Array.of(1, 2), [2, 1]));
    const matrix = NpyRows.open(file);
    renameSync(written(encodeNpy(Float32Array.of(7, 8), [2, 1])), file);
    expect(matrix.rows(Int32Array.of(0, 1))).toEqual(Float32Array.of(1, 2));
  });

  it('refuses what is no whole matrix', () => {
    const bytes = encodeNpy(Float32Array.from(values), [5, 3]);
    expect(() => NpyRows.open('/nowhere/x.npy')).toThrow('there is no such file');
    expect(() => NpyRows.open(written(encodeNpy(Float32Array.from(values), [15])))).toThrow(
      'expected a matrix',
    );
    expect(() => NpyRows.open(written(bytes.subarray(0, -1)))).toThrow('The file is truncated');
    const longer = written(bytes);
    appendFileSync(longer, 'x');
    expect(() => NpyRows.open(longer)).toThrow('more than one array');
    const shrinking = written(bytes);
    const matrix = NpyRows.open(shrinking);
    truncateSync(shrinking, bytes.length - 4);
    expect(() => matrix.rows(Int32Array.of(4))).toThrow('became shorter');
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { decodeNpy, encodeNpy, UserError } from '../../src/base/index.js';
import { describeIf, python, temporaryFolder } from '../support/index.js';
import { fc } from '../support/property.js';

/** A file laid out by hand after NEP 1. */
function npy(header: string, data: Uint8Array, major = 1): Uint8Array {
  const length = Buffer.alloc(major === 1 ? 2 : 4);
  length.writeUIntLE(header.length, 0, length.length);
  return Buffer.concat([
    Buffer.from([0x93]),
    Buffer.from('NUMPY'),
    Buffer.from([major, 0]),
    length,
    Buffer.from(header),
    data,
  ]);
}
const header = (descr: string, shape: string, fortran = 'False'): string =>
  `{'descr': ${descr.startsWith('[') ? descr : `'${descr}'`}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('decodeNpy', () => {
  // numpy.lib.format.write_array of numpy 2.4.6, with version None, (2, 0) and (3, 0).
  it.each([
    [
      'format 1.0, float32',
      'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAMA/AAAAwAAAQEAAAAAAbxKDOgAAgEA=',
      { data: Float32Array.of(1.5, -2, 3, 0, 1e-3, 4), shape: [2, 3] },
    ],
    [
      'format 2.0, int64',
      'k05VTVBZAgB0AAAAeydkZXNjcic6ICc8aTgnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMywpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAAAAAAAAAP7/////////AwAAAAAAAAA=',
      { data: Float64Array.of(1, -2, 3), shape: [3] },
    ],
    [
      'format 3.0, uint16',
      'k05VTVBZAwB0AAAAeydkZXNjcic6ICc8dTInLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMSwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoHAA==',
      { data: Int32Array.of(7), shape: [1] },
    ],
  ])('reads what numpy wrote: %s', (_, base64, expected) => {
    expect(decodeNpy(Buffer.from(base64, 'base64'), 'x.npy')).toEqual(expected);
  });

  // Bytes and values printed by numpy 2.4.6.
  it('reads float16, with its smallest, largest and special values', () => {
    const bytes = hex('003c00c1ff7b010000045535007c00fc007e0080');
    const { data } = decodeNpy(npy(header('<f2', '(10,)'), bytes), 'x.npy');
    expect([...data]).toEqual([
      1,
      -2.5,
      65504,
      2 ** -24,
      2 ** -14,
      0.333251953125,
      Infinity,
      -Infinity,
      NaN,
      -0,
    ]);
  });

  it.each([
    ['|b1', '0001', Uint8Array.of(0, 1)],
    ['|u1', '07ff', Uint8Array.of(7, 255)],
    ['|i1', '07ff', Int32Array.of(7, -1)],
    ['<i2', '0700ffff', Int32Array.of(7, -1)],
    ['<u2', '0700ffff', Int32Array.of(7, 65535)],
    ['<i4', '07000000ffffffff', Int32Array.of(7, -1)],
    ['<u4', '07000000ffffffff', Float64Array.of(7, 4294967295)],
    ['<i8', 'ffffffffffff1f00010000000000e0ff', Float64Array.of(2 ** 53 - 1, 1 - 2 ** 53)],
    ['<u8', '0700000000000000ffffffffffff1f00', Float64Array.of(7, 2 ** 53 - 1)],
    ['<f8', '000000000000f03f000000000000e0bf', Float64Array.of(1, -0.5)],
  ])('reads %s', (descr, data, expected) => {
    expect(decodeNpy(npy(header(descr, '(2,)'), hex(data)), 'x.npy')).toEqual({ data: expected, shape: [2] });
  });

  it('reads scalars, empty arrays and one-dimensional arrays that say they are in Fortran order', () => {
    expect(decodeNpy(npy(header('|u1', '()'), hex('05')), 'x')).toEqual({
      data: Uint8Array.of(5),
      shape: [],
    });
    expect(decodeNpy(npy(header('<f4', '(0, 3)'), hex('')), 'x')).toEqual({
      data: new Float32Array(0),
      shape: [0, 3],
    });
    expect(decodeNpy(npy(header('|u1', '(2, 1)', 'True'), hex('0506')), 'x').data).toEqual(
      Uint8Array.of(5, 6),
    );
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['another format', Buffer.from('user,item\n1,2\n'), /x\.npy: not a \.npy file/],
    ['an empty file', Buffer.alloc(0), /not a \.npy file/],
    ['a format of the future', npy(header('<f4', '(1,)'), hex('00000000'), 9), /format 9/],
    ['a cut header', npy(header('<f4', '(1,)'), hex('')).subarray(0, 40), /header is cut off/],
    ['a cut header length', npy(header('<f4', '(1,)'), hex('')).subarray(0, 9), /header is cut off/],
    ['cut data', npy(header('<f4', '(2,)'), hex('00000000')), /needs 8 bytes of data, found 4\n.*truncated/],
    ['several arrays', npy(header('|u1', '(1,)'), hex('0000')), /more than one array/],
    ['Fortran order', npy(header('|u1', '(2, 2)', 'True'), hex('01020304')), /Fortran/],
    ['big-endian', npy(header('>f4', '(1,)'), hex('00000000')), /big-endian data \(>f4\)\n.*astype\('<f4'\)/],
    ['objects', npy(header('|O', '(1,)'), hex('80047d942e')), /pickle/],
    ['strings', npy(header('<U3', '(0,)'), hex('')), /type <U3 are not read/],
    ['records', npy(header("[('a', '<f4')]", '(0,)'), hex('')), /type structured are not read/],
    ['a large int64', npy(header('<i8', '(1,)'), hex('0000000000002000')), /2\^53/],
    ['a large uint64', npy(header('<u8', '(1,)'), hex('ffffffffffffffff')), /2\^53/],
    ['a broken header', npy('{}', hex('')), /unreadable npy header/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeNpy(bytes, 'x.npy')).toThrow(UserError);
    expect(() => decodeNpy(bytes, 'x.npy')).toThrow(message);
  });
});

describe('encodeNpy', () => {
  it('is read back as it was, at any place in a larger buffer', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.float32Array({ maxLength: 12 }),
          fc.float64Array({ maxLength: 12 }),
          fc.int32Array({ maxLength: 12 }),
          fc.uint8Array({ maxLength: 12 }),
        ),
        fc.nat(9),
        (data, shift) => {
          const bytes = encodeNpy(data, [data.length]);
          const moved = Buffer.concat([Buffer.alloc(shift), bytes]).subarray(shift);
          expect(decodeNpy(moved, 'x')).toEqual({ data, shape: [data.length] });
          expect((bytes.length - data.byteLength) % 64).toBe(0);
        },
      ),
    );
  });

  it('refuses a shape of another size', () => {
    expect(() => encodeNpy(new Float32Array(5), [2, 3])).toThrow(RangeError);
  });
});

const numpy = python('numpy');
describeIf(numpy.exists, numpy.reason)('npy with numpy', () => {
  it('reads ours, and we read its files', () => {
    const file = join(temporaryFolder(), 'x.npy');
    writeFileSync(file, encodeNpy(Float64Array.of(0.1, 2, 3, 4, 5, 6), [3, 2]));
    const program =
      'import numpy, sys; a = numpy.load(sys.argv[1]); print(a.shape, a.dtype, a[0, 0]); numpy.save(sys.argv[1], a.astype("f2"))';
    expect(numpy.run(program, file).trim()).toBe('(3, 2) float64 0.1');
    expect(decodeNpy(readFileSync(file), file)).toEqual({
      data: Float32Array.of(0.0999755859375, 2, 3, 4, 5, 6),
      shape: [3, 2],
    });
  });
});

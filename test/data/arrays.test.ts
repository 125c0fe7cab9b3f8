import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { encodeNpy, npyHeader, UserError } from '../../src/base/index.js';
import { type ArrayOptions, countRows, filesOfArray, openArray } from '../../src/data/readers/arrays.js';
import { SourceVectors } from '../../src/data/vectors.js';
import { describeIf, projectRoot, sharedData, temporaryFolder } from '../support/index.js';

const options: ArrayOptions = { values: 'value', keys: 'key' };
const rows = (...positions: number[]): Int32Array => Int32Array.from(positions);
const fixture = (name: string): string =>
  join(projectRoot, 'test', 'data', 'fixtures', 'arrays', `${name}.h5`);

/** A file, or files, in a folder of their own. */
function written(name: string, bytes: Uint8Array | string): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, bytes);
  return file;
}
function folderOf(files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = join(temporaryFolder(), 'folder');
  mkdirSync(folder);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return folder;
}

/** Values 0, 1, 2, ... in a shape. */
const counted = (...shape: number[]): Uint8Array =>
  encodeNpy(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
    shape,
  );

async function refusal(
  paths: string | readonly string[],
  chosen: Partial<ArrayOptions> = {},
): Promise<UserError> {
  const error = await openArray([paths].flat(), { ...options, ...chosen }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe('npy files', () => {
  it('are matrices, or vectors of clips one after another', async () => {
    const matrix = await openArray([written('a.npy', counted(3, 2))], options);
    expect([matrix.count, matrix.width, matrix.ids]).toEqual([3, 2, null]);
    expect(matrix.values(rows(2, 0, 0))).toEqual(Float32Array.of(4, 5, 0, 1, 0, 1));

    const clips = await openArray([written('a.npy', counted(2, 3, 2))], { ...options, clips: 3 });
    expect([clips.count, clips.width]).toEqual([2, 6]);
    expect(clips.values(rows(1))).toEqual(Float32Array.of(6, 7, 8, 9, 10, 11));

    const squeezed = await openArray([written('a.npy', counted(4, 1, 2))], options);
    expect([squeezed.count, squeezed.width]).toEqual([4, 2]);
    expect(squeezed.values(rows(3))).toEqual(Float32Array.of(6, 7));

    // FRAME's clip_em.npy: row 4 * video + clip.
    const long = await openArray([written('a.npy', counted(8, 2))], { ...options, clips: 4 });
    expect([long.count, long.width]).toEqual([2, 8]);
    expect(long.values(rows(1))).toEqual(Float32Array.of(8, 9, 10, 11, 12, 13, 14, 15));
  });

  it('may hold float16, float64 and integers', async () => {
    // float16: 1, -2, 65504, 2^-24.
    const half = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001);
    const long = BigInt64Array.of(3n, -4n, 5n, 6n);
    for (const [descr, data, expected] of [
      ['<f2', half, [1, -2, 65504, 2 ** -24]],
      ['<f8', Float64Array.of(0.5, -0.25, 1e30, 7), [0.5, -0.25, Math.fround(1e30), 7]],
      ['<i8', long, [3, -4, 5, 6]],
      ['|u1', Uint8Array.of(0, 1, 128, 255), [0, 1, 128, 255]],
    ] as const) {
      const bytes = Buffer.concat([npyHeader(descr, [2, 2]), new Uint8Array(data.buffer)]);
      const source = await openArray([written('a.npy', bytes)], options);
      expect(source.values(rows(0, 1))).toEqual(Float32Array.from(expected));
    }
  });

  it('stay the ones that were opened', async () => {
    const file = written('a.npy', counted(2, 2));
    const source = await openArray([file], options);
    renameSync(written('b.npy', encodeNpy(Float32Array.of(7, 7, 7, 7), [2, 2])), file);
    expect(source.values(rows(1))).toEqual(Float32Array.of(2, 3));
    source.close();
    source.close();
  });

  it('are refused with their place', async () => {
    const { length } = counted(3, 2);
    const header = (dict: string): Uint8Array => {
      const text = `${dict.padEnd(117)}\n`;
      return Buffer.concat([
        Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1'),
        Buffer.from(text),
        Buffer.alloc(24),
      ]);
    };
    const dict = (descr: string, fortran = 'False'): Uint8Array =>
      header(`{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': (3, 2), }`);
    const cases: readonly [bytes: Uint8Array | string, problem: RegExp, chosen?: Partial<ArrayOptions>][] = [
      ['', /not a \.npy file/],
      ['version https://git-lfs.github.com/spec/v1\n', /not a \.npy file/],
      [counted(3, 2).subarray(0, length - 5), /needs 24 bytes of data, found 19/],
      [counted(3, 2).subarray(0, 40), /header is cut off/],
      [dict('|O'), /Python objects/],
      [dict('<f4', 'True'), /Fortran/],
      [dict('>f4'), /big-endian/],
      [counted(6), /found shape \[6\]/],
      [counted(2, 3, 2, 2), /found shape \[2,3,2,2\]/],
      [counted(0, 2), /the array is empty: its shape is \[0,2\]/],
      [counted(2, 0), /the array is empty/],
      [counted(7, 2), /7 rows cannot be 4 clips of each identifier/, { clips: 4 }],
      [counted(2, 3, 2), /has 3 clips, not 4/, { clips: 4 }],
    ];
    for (const [bytes, problem, chosen] of cases) {
      const file = written('a.npy', bytes);
      const error = await refusal(file, chosen);
      expect(error.problem).toMatch(problem);
      expect(error.place).toEqual({ file });
    }
  });

  it('may not hold what float32 cannot', async () => {
    const file = written('a.npy', encodeNpy(Float64Array.of(0, 1, 2, 1e39, Number.NaN, 5), [3, 2]));
    const source = await openArray([file], options);
    expect(source.values(rows(0))).toEqual(Float32Array.of(0, 1));
    expect(() => source.values(rows(0, 1))).toThrow(`${file}: row 1, column 1 is 1e+39`);
    expect(() => source.values(rows(2))).toThrow('row 2, column 0 is NaN');
    expect(() => source.values(rows(3))).toThrow(RangeError);
  });
});

describe('files that follow one another', () => {
  it('are read as one', async () => {
    // The released MicroVideo-1.7M has a file for each of its two spaces of items.
    const files = [
      written('train.npy', counted(3, 2)),
      written('test.npy', encodeNpy(Float32Array.of(90, 91), [1, 2])),
    ];
    const source = await openArray(files, options);
    expect([source.count, source.width, source.ids]).toEqual([4, 2, null]);
    expect(source.values(rows(3, 1, 2, 3, 0))).toEqual(Float32Array.of(90, 91, 2, 3, 4, 5, 90, 91, 0, 1));
    expect(() => source.values(rows(4))).toThrow(RangeError);
  });

  it('name the row of the file that holds a fault', async () => {
    const bad = written('b.npy', encodeNpy(Float32Array.of(0, Number.NaN), [2, 1]));
    const source = await openArray([written('a.npy', counted(3, 1)), bad], options);
    expect(() => source.values(rows(0, 4))).toThrow(`${bad}: row 1, column 0 is NaN`);
  });

  it('must be alike', async () => {
    const [two, three] = [written('2.npy', counted(3, 2)), written('3.npy', counted(3, 3))];
    expect((await refusal([two, three])).message).toMatch(`${three}: has 3 numbers a row, but ${two} has 2`);
    const four = written('4.npy', counted(3, 4));
    expect((await refusal([four, fixture('contiguous')])).problem).toMatch('has identifiers, but');
    expect((await refusal([fixture('contiguous'), fixture('double')])).problem).toMatch(
      '10 was in an earlier file',
    );
  });

  it('join their identifiers', async () => {
    const source = await openArray([fixture('texts'), fixture('contiguous')], options);
    expect(source.ids).toEqual(['u1', 'u22', 'u3', 'u4', 'u5', 'u6', '10', '7', '3', '22', '5', '0']);
    expect(source.values(rows(6, 1))).toEqual(
      Float32Array.of(0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875),
    );
  });
});

describe('a folder of one npy file an identifier', () => {
  // FRAME's fast_video_feature/<photo_id>.npy: [clips, width] each.
  const video = (first: number): Uint8Array =>
    encodeNpy(
      Float32Array.from({ length: 6 }, (_, i) => first + i),
      [3, 2],
    );

  it('has the file names as identifiers', async () => {
    const folder = folderOf({ '7.npy': video(70), '12.npy': video(120), 'read.me': 'x' });
    const source = await openArray([folder], { ...options, clips: 3 });
    expect([source.count, source.width, source.ids]).toEqual([2, 6, ['12', '7']]);
    expect(source.values(rows(1, 0))).toEqual(
      Float32Array.of(70, 71, 72, 73, 74, 75, 120, 121, 122, 123, 124, 125),
    );
    expect(() => source.values(rows(2))).toThrow(RangeError);
    expect(await filesOfArray(folder)).toEqual([join(folder, '12.npy'), join(folder, '7.npy')]);
    expect(await countRows(folder)).toBe(2);
  });

  it('is checked file by file', async () => {
    const folder = folderOf({
      '1.npy': video(0),
      '2.npy': counted(2, 3),
      '3.npy': encodeNpy(Float32Array.of(0, 0, 0, Number.POSITIVE_INFINITY, 0, 0), [3, 2]),
      '4.npy': video(0).subarray(0, 130),
      '5.npy': '',
    });
    mkdirSync(join(folder, '6.npy'));
    const source = await openArray([folder], options);
    const at = (position: number) => (): Float32Array => source.values(rows(position));
    expect(at(1)).toThrow(`2.npy: shape [2,3], but ${join(folder, '1.npy')} has [3,2]`);
    expect(at(2)).toThrow('3.npy: row 1, column 1 is Infinity');
    expect(at(3)).toThrow('4.npy: shape [3,2] of <f4 needs 24 bytes of data, found 2');
    expect(at(4)).toThrow('5.npy: not a .npy file');
    expect(at(5)).toThrow('6.npy: is no file');
  });

  it('is refused without such files, or with other clips', async () => {
    expect((await refusal(folderOf({ 'a.txt': 'x' }))).problem).toBe('the folder has no .npy files');
    const other = await refusal(folderOf({ '1.npy': video(0) }), { clips: 4 });
    expect(other.problem).toBe('shape [3,2] is not [4, width], a vector for each of 4 clips');
    expect((await refusal(folderOf({ '1.npy': counted(0, 2) }))).problem).toMatch('the array is empty');
  });
});

it('counts rows without reading them', async () => {
  expect(await countRows(written('a.npy', counted(5, 2)))).toBe(5);
  expect(await countRows(written('a.npy', counted(5, 3, 2)))).toBe(5);
  expect(await countRows(fixture('latest'))).toBe(6);
  await expect(countRows(fixture('group'))).rejects.toThrow('there is no data set value');
  await expect(countRows('/nowhere/a.npy')).rejects.toThrow('there is no such file');
});

it('refuses what is no array by its name', async () => {
  const table = written('features.csv', 'a,b\n1,2\n');
  expect((await refusal(table)).problem).toBe('not a kind of array that is read');
  expect((await refusal('/nowhere/a.h5')).problem).toBe('there is no such file');
  expect(await filesOfArray(fixture('contiguous'))).toEqual([fixture('contiguous')]);
});

it('gives items without a row zeros', async () => {
  const source = await openArray([fixture('contiguous')], options);
  // Item 0 is identifier 3 (row 2), item 1 has none, item 2 is identifier 10 (row 0).
  const vectors = new SourceVectors(source, rows(2, -1, 0));
  expect(vectors.width).toBe(4);
  expect(vectors.rows(rows(0, 1, 2))).toEqual(
    Float32Array.of(1, 1.125, 1.25, 1.375, 0, 0, 0, 0, 0, 0.125, 0.25, 0.375),
  );
  expect(() => vectors.rows(rows(3))).toThrow(RangeError);
});

// Expected shape and type: the README of the shared data.
const tiktok = sharedData('tiktok', 'image_feat.npy');
describeIf(tiktok.exists, tiktok.reason)('features of TikTok', () => {
  it('are 6,710 rows of 128 float16, all finite', async () => {
    const source = await openArray([tiktok.path], options);
    expect([source.count, source.width]).toEqual([6710, 128]);
    expect(source.values(Int32Array.from({ length: 6710 }, (_, i) => i))).toHaveLength(6710 * 128);
  });
});

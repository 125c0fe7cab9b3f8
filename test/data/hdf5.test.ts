import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { randomStream, UserError } from '../../src/base/index.js';
import { type ArrayOptions, openArray } from '../../src/data/readers/arrays.js';
import { openHdf5 } from '../../src/data/readers/hdf5.js';
import { effort, projectRoot, temporaryFolder } from '../support/index.js';

// Made by h5py, see make.py beside them: row r, column c holds (4 r + c) / 8.
const fixtures = join(projectRoot, 'test', 'data', 'fixtures', 'arrays');
const fixture = (name: string): string => join(fixtures, `${name}.h5`);
const options: ArrayOptions = { values: 'value', keys: 'key' };
const numbers = ['10', '7', '3', '22', '5', '0'];
const rows = (...positions: number[]): Int32Array => Int32Array.from(positions);

/** A fixture with other bytes. */
function damaged(name: string, change: (bytes: Buffer) => Uint8Array): string {
  const file = join(temporaryFolder(), `${name}.h5`);
  writeFileSync(file, change(readFileSync(fixture(name))));
  return file;
}

describe('an HDF5 file', () => {
  it.each<[name: string, ids: string[] | null, chosen?: Partial<ArrayOptions>]>([
    ['contiguous', numbers],
    ['double', numbers],
    ['chunks', numbers],
    ['latest', ['é', 'b b', 'c', 'd', 'e', 'f']],
    ['texts', ['u1', 'u22', 'u3', 'u4', 'u5', 'u6']],
    ['cube', numbers, { clips: 2 }],
    ['group', numbers, { values: 'items/vector', keys: 'items/id' }],
    ['noKey', null, { keys: null }],
  ])('is read: %s', async (name, ids, chosen = {}) => {
    const source = await openArray([fixture(name)], { ...options, ...chosen });
    expect([source.count, source.width, source.ids]).toEqual([6, 4, ids]);
    expect(source.values(rows(5, 1, 2, 1))).toEqual(
      Float32Array.of(
        ...[2.5, 2.625, 2.75, 2.875, 0.5, 0.625, 0.75, 0.875],
        ...[1, 1.125, 1.25, 1.375, 0.5, 0.625, 0.75, 0.875],
      ),
    );
    expect(() => source.values(rows(6))).toThrow(RangeError);
    source.close();
  });

  it('may have several rows an identifier, one for each clip', async () => {
    const source = await openArray([fixture('clips')], { ...options, clips: 2 });
    expect([source.count, source.width, source.ids]).toEqual([3, 8, ['10', '7', '3']]);
    expect(source.values(rows(1))).toEqual(Float32Array.of(1, 1.125, 1.25, 1.375, 1.5, 1.625, 1.75, 1.875));
  });

  it('may begin with a block of the user', async () => {
    const file = damaged('contiguous', (bytes) => bytes);
    const moved = damaged('contiguous', (bytes) => Buffer.concat([Buffer.alloc(1024), bytes]));
    for (const path of [file, moved]) {
      const source = await openArray([path], options);
      expect(source.values(rows(1))).toEqual(Float32Array.of(0.5, 0.625, 0.75, 0.875));
    }
  });

  it.each<[name: string, problem: string, fix: string, chosen?: Partial<ArrayOptions>]>([
    ['noKey', 'there is no data set key', 'The file has: value.'],
    ['group', 'there is no data set value', 'The file has: items/id, items/vector, popularity.'],
    [
      'group',
      'there is no data set items/vectors',
      'Did you mean items/vector?',
      { values: 'items/vectors' },
    ],
    ['shortKey', '5 keys in key for 6 rows', 'Each row needs one'],
    ['clips', '3 keys in key for 6 rows', '`clips`'],
    ['twiceKey', 'key has 7 twice, for rows 1 and 4', 'Leave one row'],
    ['floatKey', 'key holds floating-point numbers, which are no identifiers', 'integers or texts'],
    ['emptyKey', 'the key of row 2 is empty', 'every row'],
    ['latinKey', 'the key of row 2 is not valid UTF-8', 'UTF-8'],
    ['integers', 'value holds integers, not floating-point numbers', 'float32'],
    ['bigEndian', 'value is big-endian', 'little-endian'],
    ['flat', 'found shape [24]', 'one row per identifier'],
    ['noRows', 'the array is empty: its shape is [0,4]', 'one row per identifier'],
    ['lzf', 'value is packed by lzf', 'gzip'],
    ['unwritten', 'were never written', 'again'],
    ['unwrittenChunk', 'rows 0 to 5 of value were not all written', 'again'],
    ['external', 'unable to open external raw data file', 'download it again'],
    ['linked', 'there is no data set value', 'The file has: key.'],
    ['virtual', 'value is virtual', 'one file'],
  ])('is refused: %s, %s', async (name, problem, fix, chosen = {}) => {
    const error = await openArray([fixture(name)], { ...options, ...chosen }).catch(
      (error: UserError) => error,
    );
    expect(error).toBeInstanceOf(UserError);
    const refused = error as UserError;
    expect(refused.place).toEqual({ file: fixture(name) });
    expect(refused.problem).toContain(problem);
    expect(refused.fix).toContain(fix);
  });

  it('may not hold what float32 cannot', async () => {
    for (const [name, value] of [
      ['nan', 'NaN'],
      ['tooLarge', '1e+39'],
    ] as const) {
      const source = await openArray([fixture(name)], options);
      expect(source.values(rows(0, 1, 2))).toHaveLength(12);
      expect(() => source.values(rows(5, 3))).toThrow(`${name}.h5: row 3, column 1 is ${value}`);
    }
  });

  it('stays the one that was opened', async () => {
    for (const name of ['contiguous', 'chunks']) {
      const file = damaged(name, (bytes) => bytes);
      const source = await openArray([file], options);
      renameSync(
        damaged('nan', (bytes) => bytes),
        file,
      );
      expect(source.values(rows(3))).toEqual(Float32Array.of(1.5, 1.625, 1.75, 1.875));
    }
  });

  it('leaves nothing in the folder that it is unpacked in', async () => {
    const spill = join(temporaryFolder(), 'spill');
    const source = await openArray([fixture('chunks')], { ...options, spill });
    expect(readdirSync(spill)).toEqual([]);
    expect(source.values(rows(4))).toEqual(Float32Array.of(2, 2.125, 2.25, 2.375));
  });
});

describe('a damaged HDF5 file', () => {
  it('is told from other files, and when it is cut off', async () => {
    const open = (file: string): Promise<unknown> => openArray([file], options);
    await expect(open(damaged('contiguous', () => Buffer.alloc(0)))).rejects.toThrow('the file is empty');
    await expect(open(damaged('contiguous', () => Buffer.from('<html>not found</html>')))).rejects.toThrow(
      'not an HDF5 file',
    );
    for (const name of ['contiguous', 'chunks', 'latest']) {
      await expect(open(damaged(name, (bytes) => bytes.subarray(0, bytes.length - 1)))).rejects.toThrow(
        /truncated file: eof = \d+, .*\n {2}It is damaged or cut off/,
      );
    }
  });

  it('is not waited for without end', async () => {
    // The length of a text in the heap as 0 makes HDF5 2.0 run in circles.
    const file = damaged('latest', (bytes) => bytes.fill(0, 2144, 2145));
    const { clips, spill } = { clips: undefined, spill: temporaryFolder() };
    await expect(
      openHdf5(file, { values: 'value', keys: 'key', clips, spill, patience: 1000 }),
    ).rejects.toThrow('the HDF5 library does not come to an end with it');
  });

  it('prints nothing of its own', async () => {
    // Cut off; and a chunk of more bytes than there is memory.
    const script = `import { openArray } from ${JSON.stringify(pathToFileURL(join(projectRoot, 'dist/data/readers/arrays.js')))};
      for (const file of process.argv.slice(1))
        await openArray([file], { values: 'value', keys: 'key' }).catch(({ name }) => console.log(name));`;
    const files = [
      damaged('chunks', (bytes) => bytes.subarray(0, 6000)),
      damaged('chunks', (bytes) => bytes.fill(222, 4163, 4164)),
    ];
    const run = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, ...files]);
    expect(run).toEqual({ stdout: 'UserError\nUserError\n', stderr: '' });
  });

  it('is a UserError wherever the damage is, or has the shape that it had', async () => {
    const random = randomStream(20, 'damage');
    const int = (limit: number): number => random.int(limit);
    const damage = (bytes: Buffer): Uint8Array => {
      if (int(4) === 0) return bytes.subarray(0, int(bytes.length));
      for (let k = int(3); k >= 0; k--) bytes[int(bytes.length)] = [0, 1, 127, 128, 255, int(256)][int(6)]!;
      return bytes;
    };
    const attempt = async (name: string): Promise<void> => {
      const file = damaged(name, damage);
      try {
        const source = await openArray([file], options);
        expect([source.count, source.width, new Set(source.ids).size]).toEqual([6, 4, 6]);
        source.values(rows(0, 1, 2, 3, 4, 5));
        source.close();
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        expect(error.place).toEqual({ file });
      }
    };
    for (let round = 0; round < 2 * effort; round++) {
      await Promise.all(['contiguous', 'chunks', 'texts'].map(attempt));
    }
  });
});

import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  explainWriteFailure,
  hashFile,
  replaceAtomically,
  sha256,
  UserError,
  writeFileAtomically,
} from '../../src/base/index.js';
import { itIf, temporaryFolder } from '../support/index.js';

describe('writeFileAtomically', () => {
  it('writes texts, bytes and parts, and makes the folders', async () => {
    const folder = join(temporaryFolder(), 'a', 'b');
    await writeFileAtomically(join(folder, 'text'), 'ö');
    await writeFileAtomically(join(folder, 'bytes'), Uint8Array.of(1, 2));
    await writeFileAtomically(join(folder, 'parts'), [Uint8Array.of(1), Uint8Array.of(2, 3)]);
    expect(readFileSync(join(folder, 'text'), 'utf8')).toBe('ö');
    expect([...readFileSync(join(folder, 'bytes'))]).toEqual([1, 2]);
    expect([...readFileSync(join(folder, 'parts'))]).toEqual([1, 2, 3]);
    expect(readdirSync(folder).sort()).toEqual(['bytes', 'parts', 'text']);
  });

  it('lets the last of many writers win, with a whole file', async () => {
    const path = join(temporaryFolder(), 'file');
    const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(100_000));
    await Promise.all(texts.map((text) => writeFileAtomically(path, text)));
    expect(texts).toContain(readFileSync(path, 'utf8'));
  });

  it('explains a folder in the way, and a file where a folder should be', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'file'), 'kept');
    await expect(writeFileAtomically(join(folder, 'folder'), '')).rejects.toThrow(/folder is a folder/);
    await expect(writeFileAtomically(join(folder, 'file', 'x'), '')).rejects.toThrow(/file is not a folder/);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('kept');
    expect(readdirSync(folder).sort()).toEqual(['file', 'folder']);
  });
});

describe('replaceAtomically', () => {
  it('leaves what was there when the writer fails, and passes its error on', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), 'old');
    const failure = new Error('our bug');
    const writing = replaceAtomically(join(folder, 'file'), async (temporary) => {
      writeFileSync(temporary, 'half');
      throw failure;
    });
    await expect(writing).rejects.toBe(failure);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('shows nothing under the name until all is written', async () => {
    const folder = temporaryFolder();
    await replaceAtomically(join(folder, 'file'), async (temporary) => {
      writeFileSync(temporary, 'whole');
      expect(readdirSync(folder)).not.toContain('file');
    });
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('whole');
  });
});

describe('explainWriteFailure', () => {
  it.each([
    [{ code: 'ENOSPC' }, /no space left to write x/],
    [{ code: 'EDQUOT' }, /no space left to write x/],
    [{ code: 'EACCES' }, /no permission to write x/],
    [{ code: 'EROFS' }, /no permission to write x/],
    // As DuckDB says it.
    [{ message: 'IO Error: Could not write file "x": No space left on device' }, /no space left to write x/],
  ])('says what to do about %j', (error, message) => {
    const explained = explainWriteFailure(Object.assign(new Error(), error), 'x');
    expect(explained).toBeInstanceOf(UserError);
    expect((explained as UserError).message).toMatch(message);
  });

  itIf(existsSync('/dev/full'), '/dev/full is not here')(
    'meets a full disk as the system reports it',
    async () => {
      const folder = temporaryFolder();
      symlinkSync('/dev/full', join(folder, 'full'));
      const writing = replaceAtomically(join(folder, 'file'), async () => {
        writeFileSync(join(folder, 'full'), 'x');
      });
      await expect(writing).rejects.toThrow(/no space left to write .*file/);
    },
  );

  it('passes other errors through', () => {
    const error = new TypeError('our bug');
    expect(explainWriteFailure(error, 'x')).toBe(error);
  });
});

// FIPS 180-4's example and RFC 1321's: the digests of "abc".
it('hashes texts and files', async () => {
  const path = join(temporaryFolder(), 'abc');
  writeFileSync(path, 'abc');
  const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(sha256('abc')).toBe(digest);
  expect(await hashFile(path)).toBe(digest);
  expect(await hashFile(path, 'md5')).toBe('900150983cd24fb0d6963f7d28e17f72');
});

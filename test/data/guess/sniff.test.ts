import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { type FileShape, sniffFile } from '../../../src/data/guess/sniff.js';
import { temporaryFolder } from '../../support/index.js';

const sniff = (contents: string | Uint8Array, name = 'log.csv'): Promise<FileShape> => {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, contents);
  return sniffFile(path);
};
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('how a file is written', () => {
  it.each<[what: string, text: string, delimiter: string, header: boolean, columns: string[]]>([
    ['commas', 'user_id,item_id\n1,2\n3,4\n', 'comma', true, ['user_id', 'item_id']],
    ['tabs', 'uid\tiid\trating\n1\t2\t3\n', 'tab', true, ['uid', 'iid', 'rating']],
    ['semicolons', 'user;item;text\n1;2;a,b\n3;4;c\n', 'semicolon', true, ['user', 'item', 'text']],
    ['pipes', 'user|item\n1|2\n', 'pipe', true, ['user', 'item']],
    ['spaces, no header', '0 5\n0 7\n1 5\n', 'space', false, ['c1', 'c2']],
    ['no header', '196\t242\t3\t881250949\n186\t302\t3\t891717742\n', 'tab', false, ['c1', 'c2', 'c3', 'c4']],
    ['CRLF', 'user,item\r\n1,2\r\n', 'comma', true, ['user', 'item']],
    ['a byte order mark', '\ufeffuser,item\n1,2\n', 'comma', true, ['user', 'item']],
    ['no line end at the end', 'user,item\n1,2', 'comma', true, ['user', 'item']],
    ['blank lines', '\nuser,item\n\n1,2\n\n', 'comma', true, ['user', 'item']],
    ['RecBole', 'user_id:token\titem_id:token\n1\t2\n', 'tab', true, ['user_id:token', 'item_id:token']],
    // Two spaces in every line, but the commas make more columns.
    [
      'dates with spaces',
      'u1,v1,2022-04-10 08:59 x\nu2,v2,2022-04-11 09:00 y\n',
      'comma',
      false,
      ['c1', 'c2', 'c3'],
    ],
    // Lists over several lines, as pandas writes NumPy arrays.
    ['quoted lines', 'user,item,list\n1,2,"[0\n 1]"\n3,4,[1]\n', 'comma', true, ['user', 'item', 'list']],
    // By spaces, the quote after the last one would open a cell that holds the rest of the file.
    [
      'quoted names with spaces',
      '"user","item","a b  "\n"1","2","x"\n',
      'comma',
      true,
      ['user', 'item', 'a b  '],
    ],
    ['quoted names', '"user","the ""item"""\n1,2\n', 'comma', true, ['user', 'the "item"']],
    ['texts under a header', 'who,what\nann,v1\nbo,v2\n', 'comma', true, ['who', 'what']],
    ['texts without one', 'ann1,v1\nbo2,v2\ncy3,v1\n', 'comma', false, ['c1', 'c2']],
    ['words of no known meaning', 'a,b\n1,2\n3,4\n', 'comma', true, ['a', 'b']],
  ])('%s', async (_, text, delimiter, header, columns) => {
    expect(await sniff(text)).toEqual({ format: 'csv', delimiter, header, columns, packed: false });
  });

  it('text packed by gzip', async () => {
    const columns = ['user', 'item'];
    const packed = gzipSync('user\titem\n1\t2\n');
    expect(await sniff(packed, 'log.tsv.gz')).toEqual({
      format: 'csv',
      delimiter: 'tab',
      header: true,
      columns,
      packed: true,
    });
  });

  it('Parquet by its ending', async () => {
    expect(await sniff('PAR1', 'log.PARQUET')).toEqual({ format: 'parquet' });
  });

  it('leaves out a last record that the end of what is looked at cuts', async () => {
    // More than the 2^20 bytes that are read: the cut one has another number of columns.
    const text = `user,item,text\n${'1,2,abcdefghijklmnop\n'.repeat(60_000)}`;
    expect(await sniff(text)).toMatchObject({ delimiter: 'comma', columns: ['user', 'item', 'text'] });
  });

  it.each<[what: string, contents: string | Uint8Array, message: string]>([
    ['empty', '', 'the file is empty'],
    ['a header alone', 'user,item\n', 'a header but no rows'],
    ['one column', 'user\n1\n2\n', 'cannot be cut into columns'],
    ['ragged', 'a,b\n1\n2,3,4\n5,6,7,8\n', 'cannot be cut into columns'],
    ['gzip that is cut off', gzipSync('user,item\n1,2\n').subarray(0, -1), 'its gzip data are cut off'],
    ['gzip in gzip', gzipSync(gzipSync('user,item\n1,2\n')), 'is packed by gzip twice'],
    ['zip', Uint8Array.of(0x50, 0x4b, 3, 4), 'is a zip archive'],
    ['Parquet without its ending', utf8('PAR1\x15....PAR1'), 'is Parquet under another ending'],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x75, 0), 'is UTF-16'],
    ['bytes', Uint8Array.of(0x75, 0, 0x2c), 'is not a text file'],
    ['Latin-1', Uint8Array.of(0x75, 0x2c, 0xe4, 0x0a, 0x31, 0x2c, 0x32), 'not UTF-8 text'],
    ['JSON lines', '{"user": 1}\n{"user": 2}\n', 'is JSON'],
    ['a JSON array', '[\n{"user": 1}]\n', 'is JSON'],
    ["pandas' index", ',user,item\n0,1,2\n', 'column 1 has no name'],
    ['a name twice', 'user,item,user\n1,2,3\n', 'two columns are named user'],
    ['a name twice but for case', 'user,item,User\n1,2,3\n', 'two columns are named user and User'],
  ])('refuses %s', async (_, contents, message) => {
    await expect(sniff(contents)).rejects.toMatchObject({
      name: 'UserError',
      problem: expect.stringContaining(message),
      place: expect.objectContaining({ file: expect.stringContaining('log.csv') }),
    });
  });

  it.each<[what: string, contents: Uint8Array, problem: string, line: number]>([
    ['Latin-1', Buffer.from('user,item\nann,v1\nj\xf6rg,v2\nb\xf6,v1\n', 'latin1'), 'not UTF-8 text', 3],
    ['Latin-1 in a last line without an end', Buffer.from('a,b\n1,\xe4', 'latin1'), 'not UTF-8 text', 2],
    [
      'a quote that is never closed',
      utf8('u,v\n1,2\n"1,3\n2,3\n'),
      'a quote (") is opened and never closed',
      3,
    ],
    // The 14 bytes of two lines, then u and the 0.
    ['a byte of 0', utf8('user,item\n1,2\nu\0,3\n'), 'is not a text file: byte 16 is 0', 3],
  ])('names the line of %s', async (_, contents, problem, line) => {
    await expect(sniff(contents)).rejects.toMatchObject({ problem, place: { line } });
  });

  it('refuses what is not there, and folders', async () => {
    await expect(sniffFile('/nowhere/log.csv')).rejects.toThrow('there is no such file');
    await expect(sniffFile(temporaryFolder())).rejects.toThrow('is a folder');
  });
});

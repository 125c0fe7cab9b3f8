import type { RandomStream } from '../../src/base/index.js';

/** A way to spoil a file. Returns null where it does not apply to its contents. */
export interface Mutation {
  readonly name: string;
  /** Whether the data stay what they were: then the import must give the same store. */
  readonly harmless?: true;
  /** Endings of the files that it is for; default: all. */
  readonly only?: RegExp;
  apply(bytes: Buffer, random: RandomStream): Buffer | null;
}

const text = /\.(csv|tsv|txt|inter|json)$/;

/** Puts something else in the place of one cell of one line but the first. */
function inCell(name: string, replacement: string): Mutation {
  return {
    name,
    only: text,
    apply: (bytes, random) => {
      const lines = bytes.toString('latin1').split('\n');
      if (lines.length < 3) return null;
      const at = 1 + random.int(lines.length - 2);
      const cells = lines[at]!.split(/([,\t])/);
      cells[2 * random.int((cells.length + 1) / 2)] = replacement;
      lines[at] = cells.join('');
      return Buffer.from(lines.join('\n'), 'latin1');
    },
  };
}

function inLines(name: string, change: (lines: string[], at: number) => void): Mutation {
  return {
    name,
    only: text,
    apply: (bytes, random) => {
      const lines = bytes.toString('latin1').split('\n');
      if (lines.length < 3) return null;
      change(lines, 1 + random.int(lines.length - 2));
      return Buffer.from(lines.join('\n'), 'latin1');
    },
  };
}

/** Every fault that a download, an editor or a script of someone else's may bring about. */
export const mutations: readonly Mutation[] = [
  { name: 'cut off', apply: (bytes, random) => bytes.subarray(0, random.int(bytes.length)) },
  { name: 'emptied', apply: () => Buffer.alloc(0) },
  {
    name: 'a bit flipped',
    apply: (bytes, random) => {
      const copy = Buffer.from(bytes);
      copy[random.int(copy.length)]! ^= 1 << random.int(8);
      return copy;
    },
  },
  {
    name: 'eight bytes overwritten',
    apply: (bytes, random) => {
      const copy = Buffer.from(bytes);
      const at = random.int(copy.length);
      for (let i = at; i < Math.min(at + 8, copy.length); i++) copy[i] = random.int(256);
      return copy;
    },
  },
  {
    name: 'a block moved',
    apply: (bytes, random) => {
      const half = Math.floor(bytes.length / 2);
      if (half === 0) return null;
      const [from, to, size] = [random.int(half), half + random.int(half), 1 + random.int(16)];
      const copy = Buffer.from(bytes);
      bytes.copy(copy, to, from, from + size);
      return copy;
    },
  },
  {
    name: 'garbage at the end',
    apply: (bytes) => Buffer.concat([bytes, Buffer.from([0, 255, 254, 10, 44, 34])]),
  },
  { name: 'another file', apply: () => Buffer.from('PK\u0003\u0004 not what it says it is', 'latin1') },
  { name: 'a page of HTML', apply: () => Buffer.from('<!DOCTYPE html>\n<html><body>404</body></html>\n') },
  {
    name: 'CRLF',
    harmless: true,
    only: text,
    apply: (bytes) =>
      bytes.includes('\r') ? null : Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
  },
  {
    name: 'a byte order mark',
    harmless: true,
    only: /\.(csv|tsv|txt|inter)$/,
    apply: (bytes) => Buffer.concat([Buffer.from('\ufeff'), bytes]),
  },
  inCell('a word in a cell', 'spoilt'),
  inCell('an empty cell', ''),
  inCell('a cell of NaN', 'nan'),
  inCell('a negative cell', '-7'),
  inCell('a huge cell', '1e300'),
  inCell('a huge whole number', '99999999999999999999999999'),
  inCell('an open quote', '"x'),
  inCell('not UTF-8', '\xff\xfe'),
  inCell('a NUL', 'a\0b'),
  inLines('a line lost', (lines, at) => lines.splice(at, 1)),
  inLines('a line twice', (lines, at) => lines.splice(at, 0, lines[at]!)),
  inLines('a cell more', (lines, at) => {
    lines[at] += ',0\t0';
  }),
  inLines('a cell less', (lines, at) => {
    lines[at] = lines[at]!.replace(/[,\t][^,\t]*$/, '');
  }),
  inLines('blank lines', (lines, at) => lines.splice(at, 0, '', '')),
  inLines('nothing but the header', (lines) => lines.splice(1)),
];

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PickleOptions, readPickles } from '../../../src/data/readers/pickle.js';
import { PickleList, type PickleValue } from '../../../src/data/readers/pickleValues.js';
import { projectRoot, temporaryFolder } from '../../support/index.js';

/** Path of a pickle that Python made: see fixtures/write.py. */
export function fixture(name: string): string {
  return join(projectRoot, 'test/data/readers/fixtures', name);
}

export function fixtureBytes(name: string): Buffer {
  return readFileSync(fixture(name));
}

let folder: string | undefined;
let files = 0;

/** Path of a new file of these bytes. */
export function fileOf(...parts: readonly (Uint8Array | string)[]): string {
  folder ??= temporaryFolder();
  const path = join(folder, `${files++}.pkl`);
  const bytes = parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part));
  writeFileSync(path, Buffer.concat(bytes));
  return path;
}

/** A list of Python here; a tuple is an array there and here. */
export class List {
  constructor(readonly items: readonly Plain[]) {}
}
export type Plain = number | string | boolean | null | List | readonly Plain[];

export const list = (...items: readonly Plain[]): List => new List(items);

/** A pickle of protocol 2, as few instructions as do. */
export function pickleOf(value: Plain): Buffer {
  return Buffer.from(`\x80\x02${instructions(value)}.`, 'latin1');
}

function instructions(value: Plain): string {
  if (value === null) return 'N';
  if (typeof value === 'boolean') return value ? '\x88' : '\x89';
  if (typeof value === 'number') return numberOf(value);
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return `X${little(text.length)}${text.toString('latin1')}`;
  }
  return value instanceof List
    ? `](${value.items.map(instructions).join('')}e`
    : `(${value.map(instructions).join('')}t`;
}

function numberOf(value: number): string {
  if (value === (value | 0)) return `J${little(value)}`;
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return `G${bytes.toString('latin1')}`;
}

const little = (value: number): string =>
  String.fromCharCode(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24);

/** Python's lists as `List`, tuples as arrays. */
export function plain(value: PickleValue): Plain {
  if (value instanceof PickleList) return new List(value.items.map(plain));
  return Array.isArray(value) ? value.map(plain) : (value as Plain);
}

/** The elements of each of the pickles of a file, with their keys where those are not their positions. */
export async function read(path: string, pickles = 1, options: PickleOptions = {}): Promise<Plain[][]> {
  const found: Plain[][] = Array.from({ length: pickles }, () => []);
  const sinks = found.map((elements, i) => ({
    name: `number ${i + 1}`,
    dictionary: true,
    onElement: (value: PickleValue, key: PickleValue) => {
      elements.push(key === elements.length ? plain(value) : [plain(key), plain(value)]);
    },
  }));
  await readPickles(path, sinks, options);
  return found;
}

import type { Filter, Metadata } from 'h5wasm/node';
import { UserError } from '../../base/index.js';

/** What the metadata of a data set say, as far as it is read here: a file may hold anything under any name. */

/** Kinds of values, by the numbers of HDF5's type classes. */
const kinds = [
  'integers',
  'floating-point numbers',
  'times',
  'texts',
  'bit fields',
  'opaque bytes',
  'records',
  'references',
  'enumerated values',
  'lists',
  'arrays',
] as const;
export const INTEGERS = 0;
const FLOATS = 1;
export const TEXTS = 3;

/** Filters that the library has: deflate (gzip), shuffle, fletcher32, nbit, scaleoffset. */
const knownFilters: readonly number[] = [1, 2, 3, 5, 6];

/** Numpy's name of the type of a data set of vectors. */
export function typeOfVectors(name: string, metadata: Metadata, filters: readonly Filter[]): string {
  requireReadable(name, metadata, filters);
  const { type, size } = metadata;
  if (type !== FLOATS) {
    throw new UserError(`${name} holds ${kindOf(type)}, not floating-point numbers`, 'Write it as float32.');
  }
  if (size !== 2 && size !== 4 && size !== 8) {
    throw new UserError(`${name} holds floating-point numbers of ${8 * size} bits`, 'Write it as float32.');
  }
  requireLittleEndian(name, metadata);
  return `<f${size}`;
}

export function requireKeys(name: string, metadata: Metadata, filters: readonly Filter[]): void {
  requireReadable(name, metadata, filters);
  const { type, shape, size } = metadata;
  if (type !== INTEGERS && type !== TEXTS) {
    throw new UserError(
      `${name} holds ${kindOf(type)}, which are no identifiers`,
      'Write integers or texts, one a row.',
    );
  }
  if (shape!.length !== 1) {
    throw new UserError(`${name} has the shape [${shape}], not [rows]`, 'Write one identifier a row.');
  }
  if (type === TEXTS) return;
  if (![1, 2, 4, 8].includes(size)) {
    throw new UserError(`${name} holds integers of ${8 * size} bits`, 'Write it as int64.');
  }
  requireLittleEndian(name, metadata);
}

function requireReadable(name: string, metadata: Metadata, filters: readonly Filter[]): void {
  const { shape, maxshape, chunks, virtual_sources } = metadata;
  if (!shape) throw new UserError(`${name} is empty`, 'Write one row per identifier.');
  if (virtual_sources) {
    throw new UserError(`${name} is virtual: its values lie in other files`, 'Write them into one file.');
  }
  const unknown = filters.find(({ id }) => !knownFilters.includes(id));
  if (unknown) {
    throw new UserError(
      `${name} is packed by ${unknown.name || `filter ${unknown.id}`}, which cannot be unpacked here`,
      'Write it with gzip, or without compression.',
    );
  }
  // What lies in chunks can grow by rows; by anything else nobody lets it.
  const fixed = (sides: readonly number[]): string => String(chunks ? sides.slice(1) : sides);
  if (fixed(shape) !== fixed(maxshape!)) {
    throw new UserError(
      `${name} has the shape [${shape}], but also [${maxshape}]`,
      'The file is damaged: copy or download it again.',
    );
  }
}

function requireLittleEndian(name: string, { littleEndian, size }: Metadata): void {
  if (littleEndian || size === 1) return;
  throw new UserError(
    `${name} is big-endian`,
    "Write it in little-endian order, numpy's dtype '<f4' or '<i8'.",
  );
}

const kindOf = (type: number): string => kinds[type] ?? 'values of an unknown type';

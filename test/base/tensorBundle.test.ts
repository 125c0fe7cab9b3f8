import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { maskedCrc32c, readTensorBundle, UserError } from '../../src/base/index.js';
import { describeIf, sharedData, temporaryFolder } from '../support/index.js';

// A writer of checkpoints, made from the description of the format alone (LevelDB's table_format.md and
// TensorFlow's tensor_bundle.proto), to have every branch in a small file.

const varint = (n: number): number[] => (n < 128 ? [n] : [(n % 128) + 128, ...varint(Math.floor(n / 128))]);
const fixed32 = (n: number): number[] => [n & 255, (n >>> 8) & 255, (n >>> 16) & 255, n >>> 24];
const number = (field: number, n: number): number[] => [...varint(8 * field), ...varint(n)];
const message = (field: number, content: readonly number[]): number[] => [
  ...varint(8 * field + 2),
  ...varint(content.length),
  ...content,
];

interface Entry {
  name: string;
  dtype: number;
  shape: number[];
  data: Uint8Array;
  shard?: number;
  sliced?: true;
}

/** Keys are prefix-compressed, as LevelDB does between restarts. */
function block(entries: readonly (readonly [string, readonly number[]])[], compression = 0): number[] {
  let previous = '';
  const content = entries.flatMap(([key, value]) => {
    let shared = 0;
    while (shared < Math.min(previous.length, key.length) && previous[shared] === key[shared]) shared++;
    previous = key;
    const own = [...Buffer.from(key.slice(shared))];
    return [...varint(shared), ...varint(own.length), ...varint(value.length), ...own, ...value];
  });
  const typed = [...content, ...fixed32(0), ...fixed32(1), compression];
  return [...typed, ...fixed32(maskedCrc32c(Uint8Array.from(typed)))];
}

interface Options {
  endianness?: number;
  compression?: number;
}
function writeBundle(
  prefix: string,
  entries: readonly Entry[],
  { endianness = 0, compression = 0 }: Options = {},
): void {
  const shards = Math.max(...entries.map(({ shard = 0 }) => shard)) + 1;
  const data = Array.from({ length: shards }, () => Buffer.alloc(0));
  const rows = entries.map(({ name, dtype, shape, data: bytes, shard = 0, sliced }) => {
    const offset = data[shard]!.length;
    data[shard] = Buffer.concat([data[shard]!, bytes]);
    const value = [
      ...number(1, dtype),
      ...message(
        2,
        shape.flatMap((size) => message(2, number(1, size))),
      ),
      ...(shard ? number(3, shard) : []),
      ...(offset ? number(4, offset) : []),
      ...number(5, bytes.length),
      ...varint(8 * 6 + 5),
      ...fixed32(maskedCrc32c(bytes)),
      ...(sliced ? message(7, []) : []),
    ];
    return [name, value] as const;
  });
  const header = [
    ...number(1, shards),
    ...(endianness ? number(2, endianness) : []),
    ...message(3, number(1, 1)),
  ];
  // Two data blocks, so that the index block has two handles.
  const first = block([['', header], ...rows.slice(0, 1)], compression);
  const second = block(rows.slice(1));
  const handle = (offset: number, bytes: readonly number[]) => [
    ...varint(offset),
    ...varint(bytes.length - 5),
  ];
  const index = block([
    ['b', handle(0, first)],
    ['z', handle(first.length, second)],
  ]);
  const meta = block([]);
  const metaAt = first.length + second.length;
  const handles = [...handle(metaAt, meta), ...handle(metaAt + meta.length, index)];
  const footer = [
    ...handles,
    ...Array(40 - handles.length).fill(0),
    ...Buffer.from('57fb808b247547db', 'hex'),
  ];
  writeFileSync(`${prefix}.index`, Uint8Array.from([...first, ...second, ...meta, ...index, ...footer]));
  data.forEach((bytes, shard) => {
    writeFileSync(`${prefix}.data-0000${shard}-of-0000${shards}`, bytes);
  });
}

const bytesOf = (data: { buffer: ArrayBufferLike }): Uint8Array => new Uint8Array(data.buffer);
const entries: Entry[] = [
  { name: 'b/count', dtype: 9, shape: [], data: bytesOf(BigInt64Array.of(-3n)) },
  { name: 'b/kernel', dtype: 1, shape: [2, 3], data: bytesOf(Float32Array.of(1, 2, 3, 4, 5, 6)) },
  { name: 'b/kernel64', dtype: 2, shape: [1], data: bytesOf(Float64Array.of(0.1)) },
  { name: 'b/text', dtype: 7, shape: [1], data: Uint8Array.of(2, 104, 105) },
  { name: 'c', dtype: 3, shape: [2], data: bytesOf(Int32Array.of(7, -8)), shard: 1 },
  { name: 'd', dtype: 4, shape: [200], data: new Uint8Array(200).fill(9) },
];
const read = (change: (prefix: string) => void): Promise<unknown> => {
  const prefix = join(temporaryFolder(), 'model');
  change(prefix);
  return readTensorBundle(prefix);
};

describe('readTensorBundle', () => {
  it('reads tensors of every type from several blocks and shards, and names what it skips', async () => {
    const prefix = join(temporaryFolder(), 'model');
    writeBundle(prefix, entries);
    const { tensors, skipped } = await readTensorBundle(prefix);
    expect(skipped).toEqual(['b/text']);
    expect([...tensors.values()]).toEqual([
      { name: 'b/count', shape: [], data: BigInt64Array.of(-3n) },
      { name: 'b/kernel', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
      { name: 'b/kernel64', shape: [1], data: Float64Array.of(0.1) },
      { name: 'c', shape: [2], data: Int32Array.of(7, -8) },
      { name: 'd', shape: [200], data: new Uint8Array(200).fill(9) },
    ]);
  });

  it.each<[string, (prefix: string) => void, RegExp]>([
    ['a missing checkpoint', () => {}, /model\.index: there is no such file\n.*without its ending/],
    ['a folder', (prefix) => mkdirSync(`${prefix}.index`), /this is a folder/],
    ['an empty index', (prefix) => writeFileSync(`${prefix}.index`, ''), /does not end like a table/],
    [
      'a foreign file',
      (prefix) => writeFileSync(`${prefix}.index`, 'x'.repeat(99)),
      /does not end like a table/,
    ],
    ['big-endian values', (prefix) => writeBundle(prefix, entries, { endianness: 1 }), /big-endian/],
    [
      'compressed blocks',
      (prefix) => writeBundle(prefix, entries, { compression: 1 }),
      /compressed \(type 1/,
    ],
    [
      'partitioned variables',
      (prefix) => writeBundle(prefix, [{ ...entries[1]!, sliced: true }]),
      /'b\/kernel' is a partitioned variable/,
    ],
    [
      'a size that does not fit the shape',
      (prefix) => writeBundle(prefix, [{ ...entries[1]!, shape: [7] }]),
      /size of 'b\/kernel' does not fit its shape \[7\]/,
    ],
    [
      'a missing shard',
      (prefix) => {
        writeBundle(prefix, entries);
        rmSync(`${prefix}.data-00001-of-00002`);
      },
      /model\.data-00001-of-00002: there is no such file/,
    ],
    [
      'truncated values',
      (prefix) => {
        writeBundle(prefix, entries.slice(0, 2));
        writeFileSync(`${prefix}.data-00000-of-00001`, entries[0]!.data);
      },
      /it ends before 'b\/kernel' does \(8 of 32 bytes\)/,
    ],
    [
      'changed values',
      (prefix) => {
        writeBundle(prefix, [entries[1]!]);
        writeFileSync(`${prefix}.data-00000-of-00001`, Buffer.alloc(24));
      },
      /checksum of 'b\/kernel' does not match/,
    ],
  ])('refuses %s', async (_, change, message) => {
    await expect(read(change)).rejects.toThrow(UserError);
    await expect(read(change)).rejects.toThrow(message);
  });

  it('answers every changed or missing byte of the index with a UserError, or reads the same', async () => {
    const prefix = join(temporaryFolder(), 'model');
    writeBundle(prefix, entries);
    const whole = await readTensorBundle(prefix);
    const index = readFileSync(`${prefix}.index`);
    for (let at = 0; at < index.length; at++) {
      const changed = Buffer.from(index);
      changed[at]! ^= 0x41;
      writeFileSync(`${prefix}.index`, changed);
      const outcome = await readTensorBundle(prefix).catch((error: unknown) => error);
      if (!(outcome instanceof UserError)) expect(outcome).toEqual(whole);
      writeFileSync(`${prefix}.index`, index.subarray(0, at));
      await expect(readTensorBundle(prefix)).rejects.toThrow(UserError);
    }
  });
});

/**
 * Names, shapes and sums of squares of the weights that THACIL's authors released, worked out with a Python
 * reader that shares no code with ours. T and M stand for the two scopes.
 */
const released: readonly (readonly [name: string, shape: readonly number[], sumOfSquares: number])[] = [
  ['THACIL/item_embedding/w1', [512, 64], 45.33157],
  ['M/b1', [128], 43.47527],
  ['M/b2', [1], 0.11567],
  ['M/vanilla_attention/b2', [128], 9.59458],
  ['M/vanilla_attention/q_b1', [128], 0.86886],
  ['M/vanilla_attention/q_w1', [128, 128], 2.47602],
  ['M/vanilla_attention/w2', [128, 128], 3.11247],
  ['M/vanilla_attention/x_b1', [128], 0.43067],
  ['M/vanilla_attention/x_w1', [128, 128], 1.12888],
  ['M/w1', [256, 128], 69.72416],
  ['M/w2', [128, 1], 5.18967],
  ['T/feature_fusion/ln/beta', [128], 4.32815],
  ['T/feature_fusion/ln/gamma', [128], 18.72731],
  ['T/inter_attention/b', [16], 0.2708],
  ['T/inter_attention/w_k', [128, 128], 2e-5],
  ['T/inter_attention/w_p', [16, 16], 0.00043],
  ['T/inter_attention/w_q', [128, 128], 0.0001],
  ['T/inter_attention/w_v', [128, 128], 3.17479],
  ['T/intra_attention/cate_attention/b2', [64], 10.13409],
  ['T/intra_attention/cate_attention/q_b1', [64], 0.82581],
  ['T/intra_attention/cate_attention/q_w1', [64, 64], 0.00018],
  ['T/intra_attention/cate_attention/w2', [64, 64], 0.00033],
  ['T/intra_attention/cate_attention/x_b1', [64], 0.45597],
  ['T/intra_attention/cate_attention/x_w1', [64, 64], 0.0],
  ['T/intra_attention/item_attention/b2', [64], 7.73844],
  ['T/intra_attention/item_attention/q_b1', [64], 1.27048],
  ['T/intra_attention/item_attention/q_w1', [64, 64], 0.01704],
  ['T/intra_attention/item_attention/w2', [64, 64], 3.33332],
  ['T/intra_attention/item_attention/x_b1', [64], 2.38119],
  ['T/intra_attention/item_attention/x_w1', [64, 64], 3.9878],
  ['category_embedding', [512, 64], 4.0797],
];
const scopes = {
  T: 'THACIL/temporal_hierarchical_attention',
  M: 'THACIL/micro_video_click_through_prediction',
};

const shared = sharedData('thacil-released');
describeIf(shared.exists, shared.reason)('the weights that the authors of THACIL released', () => {
  it('hold 31 variables with the documented names, shapes and sums of squares', async () => {
    const { tensors, skipped } = await readTensorBundle(join(shared.path, 'model'));
    expect(skipped).toEqual([]);
    const found = [...tensors.values()].map(({ name, shape, data }) => [
      name,
      shape,
      Number((data as Float32Array).reduce((sum, value) => sum + value * value, 0).toFixed(5)),
    ]);
    const expected = released.map(([name, shape, sumOfSquares]) => [
      name.replace(/^[TM](?=\/)/, (scope) => scopes[scope as 'T' | 'M']),
      shape,
      sumOfSquares,
    ]);
    const byName = (a: unknown[], b: unknown[]) => (String(a[0]) < String(b[0]) ? -1 : 1);
    expect(found.sort(byName)).toEqual(expected.sort(byName));
    expect([...tensors.values()].reduce((sum, { data }) => sum + data.length, 0)).toBe(222_737);
  });
});

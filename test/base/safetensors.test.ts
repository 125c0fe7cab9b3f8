import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { encodeSafetensors, type NamedTensor, openSafetensors, UserError } from '../../src/base/index.js';
import { describeIf, python, temporaryFolder } from '../support/index.js';
import { fc } from '../support/property.js';

const sample: NamedTensor[] = [
  { name: 'mask', shape: [3], data: Uint8Array.of(1, 0, 1) },
  { name: 'w', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
  { name: 'step', shape: [], data: BigInt64Array.of(-7n) },
  { name: '2', shape: [0, 3], data: new Int32Array(0) },
  { name: 'ö"', shape: [1], data: Float64Array.of(0.1) },
];
const encode = (...args: Parameters<typeof encodeSafetensors>): Buffer =>
  Buffer.concat(encodeSafetensors(...args));

/** Everything that a file of these bytes holds. */
async function decode(bytes: Uint8Array) {
  const path = join(folder, 'x.safetensors');
  writeFileSync(path, bytes);
  const opened = await openSafetensors(path);
  try {
    const { names, metadata, verified } = opened;
    const tensors = new Map<string, NamedTensor>();
    for (const name of names) {
      tensors.set(name, { name, shape: opened.shape(name), data: await opened.read(name) });
    }
    return { tensors, metadata, verified };
  } finally {
    await opened.close();
  }
}
const folder = temporaryFolder();

/** A file with the given header text and data. */
function file(header: string, dataBytes = 0): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(dataBytes)]);
}
const entry = (from: number, to: number, shape = [to - from], dtype = 'U8'): string =>
  JSON.stringify({ dtype, shape, data_offsets: [from, to] });

/** A change may also take the name of the checksum away: then the file does not claim to be ours. */
async function expectRefusal(bytes: Uint8Array): Promise<void> {
  let verified = false;
  try {
    ({ verified } = await decode(bytes));
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
  }
  expect(verified).toBe(false);
}

describe('encodeSafetensors', () => {
  it('is read back as it was, with names, shapes, types and metadata', async () => {
    const { tensors, metadata, verified } = await decode(encode(sample, { epoch: '3', note: 'a "b"' }));
    expect(metadata).toEqual({ epoch: '3', note: 'a "b"' });
    expect(verified).toBe(true);
    expect(new Map([...tensors].sort())).toEqual(new Map(sample.map((t) => [t.name, t] as const).sort()));
  });

  it('puts every tensor at a multiple of its width, in a header padded to 8 bytes', () => {
    const bytes = encode(sample);
    const headerLength = Number(bytes.readBigUInt64LE());
    expect(headerLength % 8).toBe(0);
    const { __metadata__, ...entries } = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength));
    for (const { name, data } of sample) {
      expect(entries[name].data_offsets[0] % data.BYTES_PER_ELEMENT).toBe(0);
    }
    expect(__metadata__).toEqual({ 'mvrec.sha256': expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('does not copy the data', () => {
    const data = Float32Array.of(1, 2, 3, 4);
    expect(
      encodeSafetensors([{ name: 'w', shape: [4], data }]).some((part) => part.buffer === data.buffer),
    ).toBe(true);
  });

  it('refuses names given twice, reserved names and shapes of another size', () => {
    const one = { name: 'a', shape: [1], data: Float32Array.of(1) };
    expect(() => encodeSafetensors([one, one])).toThrow(RangeError);
    expect(() => encodeSafetensors([{ ...one, name: '__metadata__' }])).toThrow(RangeError);
    expect(() => encodeSafetensors([{ ...one, shape: [2] }])).toThrow(RangeError);
  });
});

describe('openSafetensors', () => {
  // safetensors 0.8.0: save({'w': [[1, 2], [3, 4]] f4, 'steps': [7, -8] i8, 'mask': [1, 0, 1] u1}, {'kind': 'test'})
  it("reads a file of Python's safetensors", async () => {
    const base64 =
      '0AAAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJraW5kIjoidGVzdCJ9LCJzdGVwcyI6eyJkdHlwZSI6Ikk2NCIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6WzAsMTZdfSwidyI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwyXSwiZGF0YV9vZmZzZXRzIjpbMTYsMzJdfSwibWFzayI6eyJkdHlwZSI6IlU4Iiwic2hhcGUiOlszXSwiZGF0YV9vZmZzZXRzIjpbMzIsMzVdfX0gICAgBwAAAAAAAAD4/////////wAAgD8AAABAAABAQAAAgEABAAE=';
    const { tensors, metadata, verified } = await decode(Buffer.from(base64, 'base64'));
    expect(verified).toBe(false);
    expect(metadata).toEqual({ kind: 'test' });
    expect([...tensors.values()]).toEqual([
      { name: 'steps', shape: [2], data: BigInt64Array.of(7n, -8n) },
      { name: 'w', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
      { name: 'mask', shape: [3], data: Uint8Array.of(1, 0, 1) },
    ]);
  });

  it('notices every single changed byte and every truncation', async () => {
    const bytes = encode(sample, { step: '12' });
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      await expectRefusal(changed);
      await expect(decode(bytes.subarray(0, at))).rejects.toThrow(UserError);
    }
    await expect(decode(Buffer.concat([bytes, Buffer.of(0)]))).rejects.toThrow(UserError);
  });

  it.each<[string, Buffer, RegExp]>([
    ['an empty file', Buffer.alloc(0), /the file is empty/],
    ['a text', Buffer.from('epochs: 3\nname: quickstart\n'), /not a safetensors file/],
    ['a header longer than the file', file('{ }').subarray(0, 10), /header is cut off/],
    ['a header that is not JSON', file('{"a":'), /not JSON/],
    ['an entry without offsets', file('{"a":{"dtype":"U8","shape":[1]}}', 1), /entry of 'a' is malformed/],
    ['a negative offset', file(`{"a":${entry(-1, 0)}}`, 1), /entry of 'a' is malformed/],
    [
      'a size that does not fit the shape',
      file(`{"a":${entry(0, 4, [3])}}`, 4),
      /does not fit its shape \[3\]/,
    ],
    ['data beyond the end', file(`{"a":${entry(0, 4)}}`, 3), /data end before 'a'/],
    ['overlapping tensors', file(`{"a":${entry(0, 4)},"b":${entry(2, 6)}}`, 6), /overlap or leave holes/],
    ['a hole', file(`{"a":${entry(0, 2)},"b":${entry(3, 6)}}`, 6), /overlap or leave holes/],
    ['data that belong to nothing', file(`{"a":${entry(0, 2)}}`, 6), /overlap or leave holes/],
    ['a name given twice', file(`{"a":${entry(0, 2)},"a":${entry(2, 6)}}`, 6), /overlap or leave holes/],
    ['a type that has no place here', file(`{"a":${entry(0, 2, [1], 'BF16')}}`, 2), /of type BF16/],
    ['a type from the prototype', file(`{"a":${entry(0, 2, [1], 'toString')}}`, 2), /of type toString/],
    ['metadata that are not texts', file('{"__metadata__":{"a":1}}'), /metadata/],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(decode(bytes)).rejects.toThrow(UserError);
    await expect(decode(bytes)).rejects.toThrow(message);
  });

  it('fills arrays that fit, and no others', async () => {
    const path = join(temporaryFolder(), 'w.safetensors');
    writeFileSync(path, encode(sample));
    const opened = await openSafetensors(path);
    const all = new Float32Array(6);
    await opened.read('w', all.subarray(1, 5));
    expect([...all]).toEqual([0, 1, 2, 3, 4, 0]);
    await expect(opened.read('w', new Float32Array(5))).rejects.toThrow(RangeError);
    await expect(opened.read('w', new Int32Array(4))).rejects.toThrow(RangeError);
    await expect(opened.read('no')).rejects.toThrow('no array named no');
    await opened.close();
  });

  it('never throws anything but a UserError on random changes', async () => {
    const bytes = encode(sample);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.uint8Array({ minLength: 1, maxLength: 9 }),
        async (at, noise) => {
          const changed = Buffer.from(bytes);
          changed.set(noise.subarray(0, bytes.length - at), at);
          if (changed.equals(bytes)) return;
          await expectRefusal(changed);
        },
      ),
    );
  });
});

const safetensors = python('numpy', 'safetensors');
describeIf(safetensors.exists, safetensors.reason)("with Python's safetensors", () => {
  it('reads ours, and we read its files', async () => {
    const path = join(temporaryFolder(), 'x.safetensors');
    writeFileSync(path, encode(sample, { epoch: '3' }));
    const program = `
import sys
from safetensors import safe_open
from safetensors.numpy import save_file
with safe_open(sys.argv[1], 'np') as f:
    tensors = {name: f.get_tensor(name) for name in f.keys()}
    print(f.metadata()['epoch'], sorted((name, str(t.dtype), t.shape, t.ravel().tolist()) for name, t in tensors.items()))
save_file({'doubled': 2 * tensors['w']}, sys.argv[1])
`;
    expect(safetensors.run(program, path).trim()).toBe(
      "3 [('2', 'int32', (0, 3), []), ('mask', 'uint8', (3,), [1, 0, 1]), ('step', 'int64', (), [-7]), " +
        "('w', 'float32', (2, 2), [1.0, 2.0, 3.0, 4.0]), ('ö\"', 'float64', (1,), [0.1])]",
    );
    expect([...(await decode(readFileSync(path))).tensors.values()]).toEqual([
      { name: 'doubled', shape: [2, 2], data: Float32Array.of(2, 4, 6, 8) },
    ]);
  });
});

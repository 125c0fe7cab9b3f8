import { describe, expect, it } from '@jest/globals';
import { InterruptedError, randomStream, UserError } from '../../../src/base/index.js';
import { fileOf, fixture, fixtureBytes, list, type Plain, pickleOf, read } from './pickles.js';

/** What fixtures/write.py writes. */
const values: readonly Plain[] = [
  ...[0, 255, 256, 65535, 65536, -1, 2147483647, -2147483648, 2147483648],
  ...[9007199254740991, -9007199254740991, 1500000000123],
  ...[0, -0.5, 1.5e300, 1e-7, Infinity, -Infinity, NaN],
  ...[null, true, false],
  ...['', 'plain', 'Grüße, 世界 😀', 'back\\slash \\u0041 and\nline', 'x'.repeat(300)],
  ...[[], [1], [1, 2], [1, 2, 3], [1, 2, 3, [4, list(5, [])]], list(), list(list())],
  ...[
    ['twice', list(1, 2)],
    ['twice', list(1, 2)],
  ],
];

async function refusal(path: string, pickles = 1): Promise<string> {
  const error = await read(path, pickles).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

describe('pickles of Python', () => {
  it.each([0, 1, 2, 3, 4, 5])('are read at protocol %i', async (protocol) => {
    expect(await read(fixture(`values${protocol}.pkl`))).toEqual([values]);
  });

  it('follow one another', async () => {
    const path = fileOf(
      fixtureBytes('values4.pkl'),
      fixtureBytes('values0.pkl'),
      fixtureBytes('values4.pkl'),
    );
    expect(await read(path, 3)).toEqual([values, values, values]);
  });

  it('may be dictionaries, whose keys are told', async () => {
    // {7: 'a', 8: ()}: one entry by SETITEM, or all of them by SETITEMS
    expect(await read(fileOf('}K\x07X\x01\x00\x00\x00asK\x08)s.'))).toEqual([
      [
        [7, 'a'],
        [8, []],
      ],
    ]);
    expect(await read(fileOf('}(K\x07X\x01\x00\x00\x00aK\x08)u.'))).toEqual([
      [
        [7, 'a'],
        [8, []],
      ],
    ]);
    expect(await read(fileOf('(I7\nVa\nI8\n(td.'))).toEqual([
      [
        [7, 'a'],
        [8, []],
      ],
    ]);
  });

  it('may use instructions that Python has for the largest objects, or wrote long ago', async () => {
    const long4 = '\x8b\x02\x00\x00\x00\x00\xff'; // -256
    const text8 = `\x8d\x03${'\0'.repeat(7)}a\xe2\x82`; // cut short
    const whole8 = `\x8d\x04${'\0'.repeat(7)}a\xe2\x82\xac`; // a€
    expect(await read(fileOf(`](${long4}${whole8}e.`))).toEqual([[-256, 'a€']]);
    expect(await refusal(fileOf(`](${text8}e.`))).toContain('a text is not valid UTF-8');
    // Stored as object 70,000 and got twice; stored as the first object, by MEMOIZE.
    expect(await read(fileOf('](K\x01\x85r\x70\x11\x01\x00j\x70\x11\x01\x00e.'))).toEqual([[[1], [1]]]);
    expect(await read(fileOf('](K\x02\x85\x94h\x00e.'))).toEqual([[[2], [2]]]);
    // Items and entries that stand before their list: LIST.
    expect(await read(fileOf('(I1\n(I2\nI-3\nlL4L\nF.5\nl.'))).toEqual([[1, list(2, -3), 4, 0.5]]);
  });

  it('are read by pieces, whatever lies across their borders', async () => {
    // 12 MB in pieces of 4 MiB: texts of 1 KB to 60 KB, each with its number in front.
    const texts = Array.from({ length: 400 }, (_, i) => `${i}:${'ab'.repeat(500 + ((i * 7919) % 30_000))}`);
    const seen: number[] = [];
    const options = { onCount: (done: number, total: number) => seen.push(done / total) };
    const [found] = await read(fileOf(pickleOf(list(...texts))), 1, options);
    expect(found!.length).toBe(400);
    expect(found!.every((text, i) => text === texts[i])).toBe(true);
    // Twice through the file, in three or more pieces each time.
    expect(seen.length).toBeGreaterThan(6);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect([seen[0], seen.at(-1)]).toEqual([0, 1]);
  });

  it('can be interrupted', async () => {
    const reading = read(fixture('values4.pkl'), 1, { signal: AbortSignal.abort() });
    await expect(reading).rejects.toThrow(InterruptedError);
  });
});

describe('what a pickle may not do', () => {
  it.each([
    // Place and name as pickletools shows them for these files.
    ['malicious0.pkl', 'byte 5, pickle 1 (number 1): GLOBAL of os.system is refused'],
    ['malicious4.pkl', 'byte 30, pickle 1 (number 1): STACK_GLOBAL of os.system is refused'],
    ['numpy2.pkl', 'byte 6, pickle 1 (number 1): GLOBAL of numpy.core.multiarray.scalar is refused'],
    ['numpy4.pkl', 'STACK_GLOBAL of numpy._core.multiarray.scalar is refused'],
    ['array.pkl', 'STACK_GLOBAL of numpy._core.numeric._frombuffer is refused'],
  ])('%s', async (name, message) => {
    const text = await refusal(fixture(name));
    expect(text).toContain(fixture(name));
    expect(text).toContain(message);
    expect(text).toContain('docs/data.md shows under Pickles');
  });

  it.each(['outer0', 'outer4', 'inner0', 'inner4', 'tuple0', 'tuple4', 'cycle0', 'cycle4'])(
    'hold itself: recursive-%s.pkl',
    async (name) => {
      expect(await refusal(fixture(`recursive-${name}.pkl`))).toContain('a list or dictionary holds itself');
    },
  );

  it.each([
    ['INST', '](ios\nsystem\n.', 'INST of os.system is refused'],
    ['OBJ', '](N)o.', 'OBJ is refused'],
    ['NEWOBJ', '])\x81.', 'NEWOBJ is refused'],
    ['NEWOBJ_EX', '])\x92.', 'NEWOBJ_EX is refused'],
    ['REDUCE', '])R.', 'REDUCE is refused'],
    ['BUILD', ']b.', 'BUILD is refused'],
    ['EXT1', ']\x82\x01.', 'EXT1 is refused'],
    ['EXT2', ']\x83\x01\x00.', 'EXT2 is refused'],
    ['EXT4', ']\x84\x01\x00\x00\x00.', 'EXT4 is refused'],
    ['PERSID', ']P1\n.', 'PERSID is refused'],
    ['BINPERSID', ']NQ.', 'BINPERSID is refused'],
    ['NEXT_BUFFER', ']\x97.', 'NEXT_BUFFER is refused'],
    ['READONLY_BUFFER', ']\x98.', 'READONLY_BUFFER is refused'],
    ['bytes', ']C\x01ba.', 'SHORT_BINBYTES is refused'],
    ['many bytes', ']B\x01\x00\x00\x00ba.', 'BINBYTES is refused'],
    ['bytes that change', `]\x96\x01${'\0'.repeat(7)}ba.`, 'BYTEARRAY8 is refused'],
    ['a set', ']\x8fa.', 'EMPTY_SET is refused'],
    ['a set that does not change', '](\x91a.', 'FROZENSET is refused'],
    ['a dictionary inside', ']}a.', 'a dictionary lies inside of another object'],
    ['text of Python 2', ']U\x01a.', 'SHORT_BINSTRING is refused'],
    ['name with control characters', 'c\x1b[2J\nsystem\n.', 'GLOBAL of ?[2J.system is refused'],
  ])('use %s', async (_, bytes, message) => {
    expect(await refusal(fileOf(bytes))).toContain(message);
  });
});

describe('damaged pickles', () => {
  it.each([
    ['an empty file', '', 'the file ends before pickle 1 (number 1) of 1'],
    ['an unknown instruction', ']\xff.', 'byte 1, pickle 1 (number 1): 0xff is not an instruction'],
    ['a protocol of the future', '\x80\x06].', 'byte 0, pickle 1 (number 1): protocol 6 is not known'],
    ['nothing to append', ']a.', 'byte 1, pickle 1 (number 1): there is nothing on the stack'],
    [
      'nothing to make a tuple of',
      ']K\x01\x87.',
      'byte 3, pickle 1 (number 1): there is nothing on the stack',
    ],
    ['nothing to remember', 'q\x00].', 'byte 0, pickle 1 (number 1): there is nothing on the stack'],
    ['what lies below a mark', '](K\x01(\x85.', 'byte 5, pickle 1 (number 1): there is nothing on the stack'],
    ['no mark', ']e.', 'byte 1, pickle 1 (number 1): there is no MARK'],
    ['a mark that stays', '](.', 'byte 2, pickle 1 (number 1): there is nothing on the stack'],
    [
      'an unknown object',
      ']h\x07a.',
      'byte 1, pickle 1 (number 1): refers to object 7, which it did not store',
    ],
    ['an object of no number', ']gx\na.', 'byte 1, pickle 1 (number 1): "x" is not a number'],
    ['an object far away', ']j\xff\xff\xff\xffa.', 'refers to object 4294967295, which it did not store'],
    ['no list', 'K\x01.', 'byte 2, pickle 1 (number 1): expected one list, found the number 1'],
    ['a tuple', '(K\x01t.', 'expected one list, found a tuple of 1'],
    ['two lists', ']].', 'expected one list, found 2 objects'],
    ['an item of a number', 'K\x01K\x02a.', 'an item is added to the number 1'],
    ['an entry of a list', ']K\x01K\x02s.', 'an entry is added to a list of 0'],
    ['a key without a value', '}(K\x01u.', 'a dictionary has a key without a value'],
    ['a number of letters', ']I1x\na.', '"1x" is not a number'],
    ['an octal number', ']I010\na.', '"010" is not a number'],
    [
      'a frame beyond the end',
      `\x80\x04\x95\x04${'\0'.repeat(7)}]a.`,
      'byte 2, pickle 1 (number 1): the file ends within',
    ],
    ['a fraction of letters', ']F1..5\na.', '"1..5" is not a number'],
    ['a huge number', ']I9007199254740992\na.', 'a whole number is beyond 2^53'],
    ['a huge binary number', ']\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01a.', 'beyond 2^53'],
    ['a binary number below', ']\x8a\x07\x00\x00\x00\x00\x00\x00\xe0a.', 'beyond 2^53'],
    ['a text that is no UTF-8', ']X\x01\x00\x00\x00\xffa.', 'a text is not valid UTF-8'],
    ['half an escape', ']V\\u12\na.', 'a text is not valid UTF-8'],
    ['a text of 2 GB', ']X\x00\x00\x00\x80a.', 'the file ends within an instruction (BINUNICODE)'],
    [
      'a text of 2^63 bytes',
      `]\x8d${'\xff'.repeat(8)}a.`,
      'the file ends within an instruction (BINUNICODE8)',
    ],
    ['a number of 4 GB', ']\x8b\xff\xff\xff\xffa.', 'the file ends within an instruction (LONG4)'],
    ['a line that does not end', ']I1234', 'the file ends within an instruction (INT)'],
    [
      'a pickle that does not end',
      ']K\x01a',
      'byte 4, pickle 1 (number 1): the file ends before the pickle does',
    ],
    ['more than it should hold', '].].', 'byte 2: expected the end of the file after 1 pickles'],
  ])('%s', async (_, bytes, message) => {
    expect(await refusal(fileOf(bytes))).toContain(message);
  });

  it('texts of more than a megabyte', async () => {
    const path = fileOf(pickleOf(list('a'.repeat(2 ** 20 - 5), 'a'.repeat(2 ** 20))));
    expect(await refusal(path)).toContain('an instruction (BINUNICODE) is longer than 1048576 bytes');
  });

  it('a file that is not there, or no file', async () => {
    expect(await refusal(fixture('none.pkl'))).toContain('there is no such file');
    expect(await refusal(fixture('.'))).toContain('is not a file');
  });

  it('an element of more values than fit into memory', async () => {
    const many = Buffer.alloc(2 ** 24 + 1, 'N');
    expect(await refusal(fileOf('](', many, 'e.'))).toContain('more than 16777216 values come before');
  });

  it('are refused wherever they are cut off', async () => {
    for (const protocol of [0, 2, 4]) {
      const whole = fixtureBytes(`kuaishou${protocol}.pkl`);
      expect((await read(fixture(`kuaishou${protocol}.pkl`), 6)).map(({ length }) => length)).toEqual([
        5, 2, 3, 3, 3, 3,
      ]);
      for (let bytes = 0; bytes < whole.length; bytes++) {
        expect(await refusal(fileOf(whole.subarray(0, bytes)), 6)).toMatch(/the file ends/);
      }
    }
  });

  it('never crash, whatever bytes change', async () => {
    const outcomes = { read: 0, refused: 0 };
    for (const name of [
      'values0.pkl',
      'values2.pkl',
      'values4.pkl',
      'kuaishou2.pkl',
      'recursive-cycle0.pkl',
    ]) {
      const pickles = name.startsWith('kuaishou') ? 6 : 1;
      for (let round = 0; round < 200; round++) {
        const path = fileOf(mutated(fixtureBytes(name), randomStream(3, name, round)));
        const error = await read(path, pickles).catch((thrown: unknown) => thrown);
        if (error instanceof UserError) outcomes.refused++;
        else {
          expect(error).not.toBeInstanceOf(Error);
          outcomes.read++;
        }
      }
    }
    expect(outcomes.read + outcomes.refused).toBe(1000);
    expect(outcomes.refused).toBeGreaterThan(500);
  });
});

/** One to three bytes changed, left out, added or repeated. */
function mutated(bytes: Buffer, random: ReturnType<typeof randomStream>): Buffer {
  let result = bytes;
  for (let times = 1 + random.int(3); times > 0; times--) {
    const at = random.int(result.length);
    const before = result.subarray(0, at);
    const byte = Buffer.from([random.int(256)]);
    const changes = [
      [before, byte, result.subarray(at + 1)],
      [before, byte, result.subarray(at)],
      [before, result.subarray(at + 1)],
      [before, result.subarray(at, at + 8), result.subarray(at)],
    ];
    result = Buffer.concat(changes[random.int(4)]!);
  }
  return result;
}

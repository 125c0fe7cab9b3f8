import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  encodeSafetensors,
  type NamedTensor,
  openSafetensors,
  type TensorData,
} from '../../src/base/index.js';
import { modelInfo } from '../../src/config/index.js';
import { type ModelName, withoutWeights } from '../../src/models/options.js';
import { tensorflow } from '../support/engines.js';
import { restoreEnvironment } from '../support/environment.js';
import { wave } from '../support/gradients.js';
import { describeIf, sharedData } from '../support/index.js';
import { programInFolder } from '../support/program.js';
import '../../src/cli/forward.js';
import '../../src/cli/model-inputs.js';
import '../../src/cli/models.js';

const { folder, run } = programInFolder();

type Arrays = Readonly<
  Record<string, readonly [shape: readonly number[], data: TensorData | readonly number[]]>
>;

/** Writes arrays; plain numbers become float32. */
function write(name: string, arrays: Arrays, metadata: Readonly<Record<string, string>> = {}): string {
  const tensors = Object.entries(arrays).map(
    ([name, [shape, data]]): NamedTensor => ({
      name,
      shape,
      data: Array.isArray(data) ? Float32Array.from(data) : (data as TensorData),
    }),
  );
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat(encodeSafetensors(tensors, metadata)));
  return path;
}

const ints = (...values: readonly number[]): Int32Array => Int32Array.from(values);

interface Results {
  readonly [name: string]: { readonly shape: readonly number[]; readonly values: readonly number[] };
}

/** The arrays that a forward pass prints. */
async function arraysOf(...words: readonly string[]): Promise<Results> {
  const { exitCode, stdout, stderr } = await run('forward', ...words, '--json', '--engine', 'cpu');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return (JSON.parse(stdout) as { arrays: Results }).arrays;
}

async function refusal(...words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run('forward', ...words, '--engine', 'cpu');
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).not.toMatch(/\n\s+at /);
  return stderr;
}

describe('BPR', () => {
  // Two users, three items, two factors, a bias an item.
  const weights: Arrays = {
    user: [
      [2, 2],
      [1, 2, -1, 0.5],
    ],
    'item.id.table': [
      [3, 2],
      [0.5, 1, 2, -2, 0, 3],
    ],
    bias: [
      [3, 1],
      [0.25, 0, -1],
    ],
  };
  const inputs: Arrays = {
    'context.user': [[2], ints(1, 0)],
    'pair.context': [[3], ints(0, 1, 1)],
    'pair.item': [[3], ints(0, 0, 2)],
  };
  const words = () => [
    'bpr',
    '--options',
    'factors=2',
    '--weights',
    write('w.safetensors', weights),
    '--inputs',
    write('i.safetensors', inputs),
  ];

  it('scores by hand: u . v + b', async () => {
    const { logits, probabilities } = await arraysOf(...words());
    // (-1, 0.5) . (0.5, 1) + 0.25;  (1, 2) . (0.5, 1) + 0.25;  (1, 2) . (0, 3) - 1
    expect(logits).toEqual({ shape: [3], values: [0.25, 2.75, 5] });
    [0.5621765, 0.9399133, 0.9933071].forEach((value, p) => {
      expect(probabilities!.values[p]).toBeCloseTo(value, 6);
    });
  });

  it('takes whole numbers of any type, and weights of 64 bits', async () => {
    const wide = Object.fromEntries(
      Object.entries(weights).map(([name, [shape, data]]) => [
        name,
        [shape, Float64Array.from(data as readonly number[])] as const,
      ]),
    );
    const mixed: Arrays = {
      'context.user': [[2], Uint8Array.of(1, 0)],
      'pair.context': [[3], BigInt64Array.of(0n, 1n, 1n)],
      'pair.item': [[3], [0, 0, 2]],
    };
    const [w, i] = [write('wide.safetensors', wide), write('mixed.safetensors', mixed)];
    const { logits } = await arraysOf('bpr', '--options', '{factors: 2}', '--weights', w, '--inputs', i);
    expect(logits!.values).toEqual([0.25, 2.75, 5]);
  });

  it('takes options from a file, and those that the weights came with', async () => {
    const options = join(folder, 'options.json');
    writeFileSync(options, JSON.stringify({ factors: 2 }));
    const [, , , ...rest] = words();
    expect((await arraysOf('bpr', '--options', options, ...rest)).logits!.values).toEqual([0.25, 2.75, 5]);
    const metadata = { 'mvrec.model': JSON.stringify({ name: 'bpr', factors: 2, itemBias: false }) };
    const { bias, ...others } = weights;
    const own = write('own.safetensors', others, metadata);
    const inputs = rest.at(-1)!;
    const found = await arraysOf('bpr', '--weights', own, '--inputs', inputs);
    expect(found.logits!.values).toEqual([0, 2.5, 6]);
    expect(await refusal('ncf', '--weights', own, '--inputs', inputs)).toMatch(
      /own\.safetensors: the weights are of bpr/,
    );
  });

  it('writes files of both kinds, and replaces none unasked', async () => {
    const [json, tensors] = [join(folder, 'o.json'), join(folder, 'o.safetensors')];
    for (const out of [json, tensors]) {
      expect((await run('forward', ...words(), '--out', out, '--engine', 'cpu')).exitCode).toBe(0);
    }
    expect(JSON.parse(readFileSync(json, 'utf8')).logits).toEqual({ shape: [3], values: [0.25, 2.75, 5] });
    const file = await openSafetensors(tensors);
    expect([file.shape('logits'), [...((await file.read('logits')) as Float32Array)]]).toEqual([
      [3],
      [0.25, 2.75, 5],
    ]);
    await file.close();
    expect(await refusal(...words(), '--out', json)).toBe(
      `${json} is there already\n  --force writes it anew, --out names another file.\n`,
    );
    expect((await run('forward', ...words(), '--out', json, '--force', '--engine', 'cpu')).exitCode).toBe(0);
    const own = words()[words().indexOf('--inputs') + 1]!;
    expect(await refusal(...words(), '--out', own, '--force')).toBe(
      `--out ${own} is a file that is read\n  Name another file for the results.\n`,
    );
    expect(await refusal(...words(), '--out', 'o.txt')).toMatch(
      /Give a file that ends in \.safetensors or \.json/,
    );
  });

  it.each<[string, Arrays, Arrays, RegExp]>([
    [
      'a missing input',
      weights,
      { 'pair.context': inputs['pair.context']!, 'pair.item': inputs['pair.item']! },
      /there is no context\.user\n {2}Expected \[contexts\] of whole numbers/,
    ],
    [
      'an input too many',
      weights,
      { ...inputs, 'pair.itm': [[3], ints(0, 0, 2)] },
      /takes no pair\.itm \[3\]\n {2}Did you mean pair\.item\?/,
    ],
    [
      'an input of another shape',
      weights,
      { ...inputs, 'pair.item': [[2], ints(0, 1)] },
      /pair\.item is \[2\], expected \[3\]\n {2}It goes with pair\.context \[3\] \(pairs\): correct one of them/,
    ],
    [
      'an input of another rank',
      weights,
      { ...inputs, 'pair.item': [[3, 1], ints(0, 0, 2)] },
      /pair\.item is \[3, 1\], expected \[3\]/,
    ],
    [
      'a missing weight',
      { user: weights.user!, bias: weights.bias! },
      inputs,
      /w\.safetensors: there is no item\.id\.table\n {2}Expected \[(3|items), 2\]/,
    ],
    [
      'a weight too many',
      { ...weights, users: [[1], [0]] },
      inputs,
      /takes no users \[1\]\n {2}Did you mean user\?/,
    ],
    [
      'a weight of another shape',
      {
        ...weights,
        user: [
          [2, 3],
          [1, 2, 3, 4, 5, 6],
        ],
      },
      inputs,
      /user is \[2, 3\], expected \[2, 2\]/,
    ],
    [
      'weights that do not go together',
      {
        ...weights,
        bias: [
          [4, 1],
          [1, 2, 3, 4],
        ],
      },
      inputs,
      /bias is \[4, 1\], expected \[3, 1\]/,
    ],
    [
      'an item that there is not',
      weights,
      { ...inputs, 'pair.item': [[3], ints(0, 0, 3)] },
      /pair\.item\[2\] is 3\n {2}Expected 0\.\.2 \(items\)/,
    ],
    [
      'a negative context',
      weights,
      { ...inputs, 'pair.context': [[3], ints(0, -1, 1)] },
      /pair\.context\[1\] is -1\n {2}Expected 0\.\.1 \(contexts\)/,
    ],
    [
      'half an item',
      weights,
      { ...inputs, 'pair.item': [[3], [0, 0.5, 1]] },
      /pair\.item\[1\] is 0\.5\n {2}Expected a whole number in 0\.\.2/,
    ],
    [
      'a weight that is no number',
      {
        ...weights,
        user: [
          [2, 2],
          [1, 2, Number.NaN, 4],
        ],
      },
      inputs,
      /w\.safetensors: user\[1, 0\] is NaN/,
    ],
  ])('refuses %s', async (_, weights, inputs, words) => {
    const [w, i] = [write('w.safetensors', weights), write('i.safetensors', inputs)];
    expect(await refusal('bpr', '--options', 'factors=2', '--weights', w, '--inputs', i)).toMatch(words);
  });

  it('refuses what is no request', async () => {
    const [w, i] = [write('w.safetensors', weights), write('i.safetensors', inputs)];
    const text = join(folder, 'text.safetensors');
    writeFileSync(text, 'not arrays');
    const empty = join(folder, 'empty.safetensors');
    writeFileSync(empty, '');
    const cases: [string[], RegExp][] = [
      [['bpr', '--inputs', i], /--weights is missing\n.*--seed 1/],
      [['bpr', '--weights', w], /--inputs is missing/],
      [['bpr', '--seed', '-1', '--inputs', i], /--seed is -1/],
      [['bpr', '--weights', w, '--seed', '1', '--inputs', i], /Leave one of the two out/],
      [
        ['bpr', '--weights', w, '--inputs', text],
        /text\.safetensors: not a safetensors file.*\n {2}Write the arrays/,
      ],
      [
        ['bpr', '--weights', empty, '--inputs', i],
        /empty\.safetensors: the file is empty\n {2}Write the arrays/,
      ],
      [
        ['bpr', '--options', 'heads', '--weights', w, '--inputs', i],
        /--options heads: no value, and no file of that name\n {2}Write --options heads=VALUE/,
      ],
      [['bpr', '--weights', w, '--inputs', join(folder, 'none')], /there is no file .*none/],
      [['bpr', '--weights', w, '--inputs', folder], /is a folder/],
      [['bppr', '--weights', w, '--inputs', i], /there is no model bppr\n {2}Did you mean bpr\?/],
      [
        ['bpr', '--options', 'factor=2', '--weights', w, '--inputs', i],
        /--options factor: .*\n {2}Did you mean factors\?/,
      ],
      [['bpr', '--options', 'factors=0', '--weights', w, '--inputs', i], /factors is 0/],
      [['bpr', '--preset', 'papr', '--weights', w, '--inputs', i], /no preset papr/],
      [['popularity', '--seed', '1', '--inputs', i], /popularity has no weights/],
      [['bpr', '--options', 'factors=2', '--weights', w, '--inputs', i, '--tap', 'x'], /no tap x/],
    ];
    for (const [words, message] of cases) expect(await refusal(...words)).toMatch(message);
  });
});

it('refuses an engine in the environment that there is not', async () => {
  const before = { ...process.env };
  process.env.MVREC_ENGINE = 'wasn';
  const { exitCode, stderr } = await run(
    'forward',
    'bpr',
    '--seed',
    '1',
    '--inputs',
    'i.safetensors',
  ).finally(() => restoreEnvironment(before));
  expect({ exitCode, stderr }).toEqual({
    exitCode: 2,
    stderr: expect.stringMatching(/there is no engine wasn\n {2}Did you mean wasm\?/),
  });
});

describe('THACIL', () => {
  const options =
    '{visualSize: 4, categorySize: 4, heads: 2, hidden: 6, historyLength: 6, blockSize: 2, userSize: 3}';
  const items = 9;
  const inputs: Arrays = {
    'item.cover': [[items, 5], wave([items, 5], 1)],
    'item.category': [[items], ints(0, 1, 2, 3, -1, 0, 1, 2, 3)],
    'context.user': [[3], ints(1, 0, 1)],
    'history.positive': [[3, 5], ints(0, 1, 2, 3, 4, 5, 6, -1, -1, -1, -1, -1, -1, -1, -1)],
    'pair.context': [[4], ints(0, 0, 1, 2)],
    'pair.item': [[4], ints(7, 8, 7, 0)],
  };
  const words = (inputs: Arrays) => [
    'thacil',
    '--options',
    options,
    '--seed',
    '3',
    '--inputs',
    write('t.safetensors', inputs),
  ];

  it('hands out intermediate results, by name or all', async () => {
    const one = await arraysOf(...words(inputs), '--tap', 'candidate.attention', '--tap', 'user');
    expect(Object.keys(one)).toEqual(['logits', 'probabilities', 'candidate.attention', 'user']);
    expect(await arraysOf(...words(inputs), '--tap', 'candidate.attention, user')).toEqual(one);
    const all = await arraysOf(...words(inputs), '--tap', 'all');
    expect(Object.fromEntries(Object.entries(all).map(([name, { shape }]) => [name, shape]))).toEqual({
      logits: [4],
      probabilities: [4],
      item: [9, 8],
      'itemLevel.attention': [3, 3, 2, 4],
      'categoryLevel.attention': [3, 3, 2, 4],
      local: [3, 3, 8],
      'blocks.attention': [3, 3, 3, 8],
      global: [3, 3, 8],
      profile: [3, 3, 8],
      'candidate.attention': [4, 3, 8],
      user: [4, 8],
    });
    // Five items: blocks of two, two and one; one item alone has all of the weight.
    expect(all['itemLevel.attention']!.values.slice(16, 24)).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
  });

  it('gives the same on every engine', async () => {
    const expected = await arraysOf(...words(inputs), '--tap', 'all');
    const [installed] = tensorflow();
    for (const engine of ['wasm', ...(installed ? ['tensorflow'] : [])]) {
      const { stdout } = await run('forward', ...words(inputs), '--tap', 'all', '--json', '--engine', engine);
      const { arrays } = JSON.parse(stdout) as { arrays: Results };
      for (const [name, { values }] of Object.entries(expected)) {
        values.forEach((value, n) => {
          expect(Math.abs(arrays[name]!.values[n]! - value)).toBeLessThan(1e-5);
        });
      }
    }
  });

  it.each<[string, Arrays, RegExp]>([
    [
      'an item in a history that there is not',
      { 'history.positive': [[3, 2], ints(0, 1, 9, -1, -1, -1)] },
      /history\.positive\[1, 0\] is 9\n {2}Expected -1\.\.8 \(items\)/,
    ],
    [
      'vectors that lost a side',
      { 'item.cover': [[items], wave([items], 1)] },
      /item\.cover is \[9\], a category of each item, and item\.cover\[0\] is .*\n {2}Categories are whole numbers; vectors are \[9, width\]/,
    ],
    [
      'pairs of no context',
      { 'context.user': [[0], ints()], 'history.positive': [[0, 5], ints()] },
      /pair\.context\[0\] is 0, and there are no contexts: context\.user is \[0\]\n {2}Give at least one of the contexts\./,
    ],
    [
      'padding within a history',
      { 'history.positive': [[3, 2], ints(0, 1, -1, 4, -1, -1)] },
      /history\.positive\[1, 1\] is 4, after a -1/,
    ],
    [
      'a history that is too long',
      { 'history.positive': [[3, 7], new Int32Array(21)] },
      /history\.positive\[0\] has 7 items, and the model looks at 6/,
    ],
    [
      'features that are not finite',
      { 'item.cover': [[items, 5], wave([items, 5], 1).fill(1 / 0, 7, 8)] },
      /item\.cover\[1, 2\] is Infinity/,
    ],
    [
      'features of fewer items',
      { 'item.cover': [[8, 5], wave([8, 5], 1)], 'item.category': inputs['item.category']! },
      /is \[(8, 5|9)\], expected \[(9, 5|8)\]/,
    ],
    [
      'a feature that is not given',
      { 'item.cover': undefined as never },
      /there is no item\.cover\n {2}Expected \[items, width of item\.cover\] of floats/,
    ],
  ])('refuses %s', async (_, change, message) => {
    const given = Object.fromEntries(Object.entries({ ...inputs, ...change }).filter(([, array]) => array));
    expect(await refusal(...words(given))).toMatch(message);
  });

  it('refuses a tap that options leave out', async () => {
    const [model, flag, , ...rest] = words(inputs);
    const without = options.replace('}', ', interAttention: none}');
    expect(await refusal(model!, flag!, without, ...rest, '--tap', 'global')).toMatch(
      /THACIL has no tap global with these options/,
    );
    expect(await refusal(...words(inputs), '--tap', 'candidate')).toMatch(
      /Did you mean candidate\.attention\?/,
    );
  });

  it('names the inputs that do not go with the weights', async () => {
    const description = await run('models', 'thacil', '--inputs', '--options', options, '--json');
    const { weights } = JSON.parse(description.stdout) as {
      weights: { name: string; shape: (number | string)[] }[];
    };
    const sizes: Readonly<Record<string, number>> = {
      'width of item.cover': 7,
      'values of item.category': 4,
      users: 2,
    };
    const arrays = Object.fromEntries(
      weights.map(({ name, shape }) => {
        const sides = shape.map((side) => (typeof side === 'number' ? side : sizes[side]!));
        return [name, [sides, wave(sides, 1)] as const];
      }),
    );
    const w = write('tw.safetensors', arrays);
    const [, , , , , , i] = words(inputs);
    expect(await refusal('thacil', '--options', options, '--weights', w, '--inputs', i!)).toMatch(
      /visual\.cover\.weight is \[7, 4\], expected \[5, 4\]\n {2}item\.cover of .* is \[9, 5\]; these weights go with \[9, 7\]/,
    );
    const flat = words({ ...inputs, 'item.cover': [[items], ints(0, 1, 2, 3, 4, 5, 6, 7, 8)] }).at(-1)!;
    expect(await refusal('thacil', '--options', options, '--weights', w, '--inputs', flat)).toMatch(
      /there is no visual\.cover\.embedding\n {2}Expected .*item\.cover of .* is \[9\] and read as categories; vectors are \[9, width\]/,
    );
  });

  it('lists weights, inputs and taps with sizes by name', async () => {
    const { stdout } = await run('models', 'thacil', '--inputs', '--options', options, '--json');
    const { weights, inputs: taken, outputs, taps } = JSON.parse(stdout);
    expect(weights.slice(0, 2)).toEqual([
      { name: 'visual.cover.weight', shape: ['width of item.cover', 4], type: 'float32', optional: false },
      {
        name: 'category.category.embedding',
        shape: ['values of item.category', 4],
        type: 'float32',
        optional: false,
      },
    ]);
    expect(weights.at(-1)).toEqual({ name: 'user', shape: ['users', 3], type: 'float32', optional: false });
    expect(taken.map(({ name, shape, type }: Record<string, unknown>) => [name, shape, type])).toEqual([
      ['item.cover', ['items', 'width of item.cover'], 'float'],
      ['item.category', ['items'], 'int'],
      ['context.user', ['contexts'], 'int'],
      ['history.positive', ['contexts', 'steps of history.positive'], 'int'],
      ['pair.context', ['pairs'], 'int'],
      ['pair.item', ['pairs'], 'int'],
    ]);
    expect(outputs.map(({ name }: { name: string }) => name)).toEqual(['logits', 'probabilities']);
    expect(taps).toContainEqual({
      name: 'blocks.attention',
      shape: ['contexts', 3, 3, 8],
      type: 'float32',
      about: expect.stringMatching(/receiving block and contributing block/),
    });
    const text = (await run('models', 'thacil', '--inputs', '--options', options)).stdout;
    expect(text).toMatch(/candidate\.attention +\[pairs, 3, 8\] +float +Weights of Eq\. 9/);
  });
});

describe('UVCAN', () => {
  const options = '{factors: 2, layers: 1, userFields: [id, gender], videoFields: [id, music]}';
  const inputs: Arrays = {
    'user.gender': [[3], ints(0, -1, 2)],
    'item.music': [[4], ints(1, 0, 1, 1)],
    'context.user': [[3], ints(0, 1, 2)],
    'pair.context': [[3], ints(0, 1, 2)],
    'pair.item': [[3], ints(3, 2, 0)],
  };
  const unknown: Arrays = {
    'user.gender.unknown': [
      [1, 2],
      [0.5, -2],
    ],
  };
  const slotsOf = async (weights: Arrays, given: Arrays = inputs) => {
    const files = ['--weights', write('uw.safetensors', weights), '--inputs', write('u.safetensors', given)];
    const { userSlots } = await arraysOf('uvcan', '--options', options, ...files, '--tap', 'userSlots');
    return userSlots!.values;
  };
  /** Weights of three users with three genders and four videos with two pieces of music, without unknown. */
  async function weightsOf(): Promise<Arrays> {
    const { stdout } = await run('models', 'uvcan', '--inputs', '--options', options, '--json');
    const { weights } = JSON.parse(stdout) as {
      weights: { name: string; shape: (number | string)[]; optional: boolean }[];
    };
    const sizes: Record<string, number> = { users: 3, items: 4 };
    Object.assign(sizes, { 'values of user.gender': 3, 'values of item.music': 2 });
    return Object.fromEntries(
      weights
        .filter(({ optional }) => !optional)
        .map(({ name, shape }, w) => {
          const sides = shape.map((side) => (typeof side === 'number' ? side : sizes[side]!));
          return [name, [sides, wave(sides, w)] as const];
        }),
    );
  }

  it('takes -1 for what the weights have learned for unknown, and for zero where they have not', async () => {
    const weights = await weightsOf();
    const id = Array.from(weights['user.id.embedding']![1] as Float32Array);
    const gender = Array.from(weights['user.gender.embedding']![1] as Float32Array);
    const expected = (none: readonly number[]) => [
      ...[...id.slice(0, 2), ...gender.slice(0, 2)],
      ...[...id.slice(2, 4), ...none],
      ...[...id.slice(4, 6), ...gender.slice(4, 6)],
    ];
    expect(await slotsOf(weights)).toEqual(expected([0, 0]));
    expect(await slotsOf({ ...weights, ...unknown })).toEqual(expected([0.5, -2]));
    // Weights that know unknown go with inputs in which there is none.
    const known: Arrays = { ...inputs, 'user.gender': [[3], ints(0, 1, 2)] };
    expect(await slotsOf({ ...weights, ...unknown }, known)).toEqual(expected(gender.slice(2, 4)));
  });

  it('starts with unknown as a training would', async () => {
    const drawn = async (genders: Int32Array) => {
      const given = write('u.safetensors', { ...inputs, 'user.gender': [[3], genders] });
      const words = ['--options', options, '--seed', '1', '--inputs', given, '--tap', 'userSlots'];
      return (await arraysOf('uvcan', ...words)).userSlots!.values.slice(6, 8);
    };
    expect((await drawn(ints(0, -1, 2))).every((value) => value !== 0)).toBe(true);
  });

  it('lists what may be left out, and refuses it in another shape', async () => {
    const { stdout } = await run('models', 'uvcan', '--inputs', '--options', options);
    expect(stdout).toMatch(/user\.gender\.unknown +\[1, 2\] +float +What -1 in user\.gender becomes/);
    expect(stdout).toMatch(/video\.music\.unknown +\[1, 2\] +float +What -1 in item\.music becomes/);
    const weights: Arrays = { ...(await weightsOf()), 'user.gender.unknown': [[2], [0, 0]] };
    const files = ['--weights', write('uw.safetensors', weights), '--inputs', write('u.safetensors', inputs)];
    expect(await refusal('uvcan', '--options', options, ...files)).toMatch(
      /user\.gender\.unknown is \[2\], expected \[1, 2\]/,
    );
  });
});

it.each(Object.keys(modelInfo).filter((name) => !withoutWeights.has(name as ModelName)))(
  'lists what %s takes and hands out, every tap with its meaning',
  async (model) => {
    const { exitCode, stdout, stderr } = await run('models', model, '--inputs', '--json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { weights, inputs, taps } = JSON.parse(stdout);
    expect(weights.length).toBeGreaterThan(0);
    expect(inputs.slice(-2).map(({ name }: { name: string }) => name)).toEqual(['pair.context', 'pair.item']);
    for (const { about } of taps) expect(about).toMatch(/\w+ \w+/);
  },
);

it('refuses options where nothing is built', async () => {
  expect((await run('models', 'thacil', '--options', 'heads=4')).stderr).toMatch(
    /--options goes with --inputs/,
  );
  expect((await run('models', '--inputs')).stderr).toMatch(/--inputs needs a model/);
});

const released = sharedData('thacil-released');

describeIf(released.exists, released.reason)('released THACIL weights', () => {
  // Fixture 1 of the graph, its first row: a full history.
  const inputs = (): Arrays => {
    const of = (phase: number) => Array.from({ length: 512 }, (_, d) => Math.sin(phase + 0.017 * d));
    const steps = Array.from({ length: 160 }, (_, t) => t);
    return {
      'item.cover': [
        [161, 512],
        [...of(0.2), ...steps.flatMap((t) => of(0.13 * t))],
      ],
      'item.category': [[161], ints(11, ...steps.map((t) => (13 * t) % 512))],
      'history.positive': [[1, 160], ints(...steps.map((t) => t + 1))],
      'pair.context': [[1], ints(0)],
      'pair.item': [[1], ints(0)],
    };
  };

  it('are read as their authors left them, with the options that go with them', async () => {
    const words = [
      'thacil',
      '--weights',
      released.path,
      '--inputs',
      write('f.safetensors', inputs()),
      '--json',
    ];
    const { stdout } = await run('forward', ...words, '--engine', 'wasm', '--tap', 'local', '--tap', 'user');
    const { arrays } = JSON.parse(stdout) as { arrays: Results };
    expect(Math.abs(arrays.logits!.values[0]! + 0.3756124)).toBeLessThan(1e-5);
    const size = (name: string) => arrays[name]!.values.reduce((sum, value) => sum + Math.abs(value), 0);
    expect(size('local')).toBeCloseTo(175.66352, 3);
    expect(size('user')).toBeCloseTo(14.24818, 4);
    const zero = await run('forward', ...words, '--engine', 'wasm', '--options', 'firstBlock=zero');
    expect(
      Math.abs((JSON.parse(zero.stdout) as { arrays: Results }).arrays.logits!.values[0]! + 0.3793258),
    ).toBeLessThan(1e-5);
    expect(await refusal('ncf', '--weights', released.path, '--inputs', words[4]!)).toMatch(
      /read for thacil only/,
    );
  });
});

describe('MTIN', () => {
  const options = '{size: 2, groups: 2, masks: 1, historyLength: 3}';
  const inputs: Arrays = {
    'item.cover': [[6, 3], wave([6, 3], 1)],
    'context.user': [[3], ints(0, 1, 2)],
    'history.positive': [[3, 2], ints(0, 1, 2, 3, 4, -1)],
    'history.negative': [[3, 2], ints(5, -1, 4, 0, 1, 2)],
    'pair.context': [[3], ints(0, 1, 2)],
    'pair.item': [[3], ints(3, 4, 5)],
  };
  const memory: Arrays[string] = [[3, 4], wave([3, 4], 2)];

  /** All weights, some of which are given. */
  async function weightsWith(given: Arrays): Promise<string> {
    const { stdout } = await run('models', 'mtin', '--inputs', '--options', options, '--json');
    const { weights } = JSON.parse(stdout) as { weights: { name: string; shape: (number | string)[] }[] };
    const others = weights.map(({ name, shape }) => {
      const sides = shape.map((side) => (typeof side === 'number' ? side : 3)); // users, width of item.cover
      const values = wave(sides, name.length);
      return [name, [sides, name.endsWith('.omega') ? values.map(Math.abs) : values]] as const;
    });
    return write('mw.safetensors', { ...Object.fromEntries(others), ...given });
  }
  const words = (weights: string, inputs: Arrays) => [
    ...['mtin', '--options', options, '--weights', weights],
    ...['--inputs', write('m.safetensors', inputs)],
  ];

  it('takes the memory of all users as it is given, whoever has rows in a log', async () => {
    const weights = await weightsWith({ 'positive.memory': memory });
    const expected = await arraysOf(...words(weights, inputs));
    const log: Arrays = {
      'log.user': [[2], ints(1, 1)],
      'log.item': [[2], ints(0, 1)],
      'log.label': [[2], [1, 0]],
    };
    expect(await arraysOf(...words(weights, { ...inputs, ...log }))).toEqual(expected);
    const other = await weightsWith({ 'positive.memory': [[3, 4], wave([3, 4], 3)] });
    const moved = await arraysOf(...words(other, { ...inputs, ...log }));
    for (const [p, logit] of moved.logits!.values.entries())
      expect(logit).not.toBe(expected.logits!.values[p]);
  });

  it.each([-1, 0])('refuses a decay of %d', async (omega) => {
    const weights = await weightsWith({ 'positive.temporal.omega': [[1], [omega]] });
    expect(await refusal(...words(weights, inputs))).toMatch(
      new RegExp(
        `mw\\.safetensors: positive\\.temporal\\.omega\\[0\\] is ${omega}\n {2}This weight must be above 0`,
      ),
    );
  });
});

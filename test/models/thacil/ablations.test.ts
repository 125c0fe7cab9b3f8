/** What is switched off has no parameters and no influence; what is on has those that the sizes give. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { batchOfArrays } from '../../../src/data/index.js';
import { modelInfo, thacilSchema } from '../../../src/models/index.js';
import { preparedOf } from '../../support/batches.js';
import { useEngine } from '../../support/engines.js';
import { fillWithWaves, wave } from '../../support/gradients.js';
import { forward, trainable } from '../../support/training.js';

type Options = Readonly<Record<string, unknown>>;

const [items, users, coverWidth, categories] = [12, 3, 5, 4];
const tiny = {
  name: 'thacil',
  visualSize: 4,
  categorySize: 6,
  heads: 5,
  hidden: 7,
  historyLength: 8,
  blockSize: 2,
};

const dataWith = (cover = wave([items, coverWidth], 1)) =>
  preparedOf({
    users,
    items,
    vectors: { cover: { data: cover, width: coverWidth } },
    categories: {
      category: {
        values: Int32Array.from({ length: items }, (_, i) => (i * 3) % categories),
        cardinality: categories,
      },
    },
  });

interface Pass {
  readonly logits: Float32Array;
  /** Each intermediate result, row-major. */
  readonly taps: Readonly<Record<string, Float32Array>>;
  readonly parameters: number;
  readonly names: readonly string[];
}

/** Two candidates for one history. */
function pass(
  options: Options,
  history: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8],
  data = dataWith(),
): Pass {
  const model = trainable({ ...tiny, ...options }, data);
  const { dense, tables, size } = model.parameters;
  fillWithWaves(model.parameters, 0.8);
  const batch = batchOfArrays({
    items,
    user: Int32Array.of(0),
    histories: [{ width: 8, items: [Int32Array.from(history)] }],
    pairs: { context: Int32Array.of(0, 0), item: Int32Array.of(9, 10) },
  });
  const taps: Record<string, Float32Array> = {};
  const tap = (name: string, value: tf.Tensor): void => {
    taps[name] = Float32Array.from(value.dataSync());
  };
  const logits = tf.tidy(() =>
    Float32Array.from(forward(model, batch, { training: false, tap }).logits.dataSync()),
  );
  model.parameters.dispose();
  return { logits, taps, parameters: size, names: [...dense, ...tables].map(({ name }) => name) };
}

/** The dossier's count, part by part, of `V`-wide covers and `C` categories. */
function parametersOf(options: Options): number {
  const o = thacilSchema.parse({ ...tiny, ...options });
  const [df, dc] = [o.visualSize, o.categorySize];
  const d = df + dc;
  const perHead = d / o.heads;
  const copies = o.headWeights === 'perHead' ? o.heads : 1;
  return (
    coverWidth * df +
    categories * dc +
    (o.itemLevel ? 2 * df * df + dc * df + 3 * df : 0) +
    (o.categoryLevel ? 2 * dc * dc + dc * df + 3 * dc : 0) +
    (o.interAttention === 'none' ? 0 : 3 * d * d + copies * (perHead + perHead * perHead)) +
    2 * d +
    (o.candidateAttention ? 3 * d * d + 3 * d : 0) +
    (2 * d + o.userSize) * o.hidden +
    2 * o.hidden +
    1 +
    users * o.userSize
  );
}

const near = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length && a.every((value, i) => Math.abs(value - b[i]!) < 1e-6);

beforeAll(() => useEngine('cpu'));

it.each<[Options, RegExp | null]>([
  [{}, null],
  [{ headWeights: 'perHead' }, null],
  [{ interAttention: 'bidirectional', firstBlock: 'uniform' }, null],
  [{ itemLevel: false }, /^itemLevel\./],
  [{ categoryLevel: false }, /^categoryLevel\./],
  [{ interAttention: 'none' }, /^blocks\./],
  [{ candidateAttention: false }, /^candidate\./],
  [
    { itemLevel: false, categoryLevel: false, interAttention: 'none', candidateAttention: false },
    /Level|blocks|candidate/,
  ],
  [{ userSize: 3, hidden: 4 }, null],
  [{ visualSize: 6, categorySize: 2, heads: 4 }, null],
])('has the parameters that the sizes give, none of what is off: %j', (options, off) => {
  const { parameters, names, taps } = pass(options);
  expect(parameters).toBe(parametersOf(options));
  if (off === null) return;
  expect(names.filter((name) => off.test(name))).toEqual([]);
  expect(Object.keys(taps).filter((name) => off.test(name))).toEqual([]);
});

describe('without attention between blocks', () => {
  it('nothing of its settings counts', () => {
    const { logits } = pass({ interAttention: 'none' });
    for (const change of [
      { heads: 2 },
      { headWeights: 'perHead' },
      { interActivation: 'relu' },
      { firstBlock: 'uniform' },
    ]) {
      expect(pass({ interAttention: 'none', ...change }).logits).toEqual(logits);
    }
  });

  // u of the last of four blocks, ten channels each, when the first is another, and the other way round.
  it.each([
    ['none', false, false],
    ['forward', true, false],
    ['bidirectional', true, true],
  ])(
    '%s: a later block hears of an earlier one %s, an earlier one of a later %s',
    (interAttention, later, earlier) => {
      const { profile } = pass({ interAttention }).taps;
      const ofFirst = (taps: Pass['taps']) => taps.profile!.slice(0, 10);
      const ofLast = (taps: Pass['taps']) => taps.profile!.slice(30);
      const otherFirst = pass({ interAttention }, [11, 9, 3, 4, 5, 6, 7, 8]).taps;
      const otherLast = pass({ interAttention }, [1, 2, 3, 4, 5, 6, 11, 9]).taps;
      expect(near(ofLast(otherFirst), profile!.slice(30))).toBe(!later);
      expect(near(ofFirst(otherLast), profile!.slice(0, 10))).toBe(!earlier);
    },
  );
});

describe('without a level', () => {
  it.each([
    ['itemLevel', 0, 4],
    ['categoryLevel', 4, 10],
  ])('%s: a block holds the mean of its side', (level, from, to) => {
    const { taps } = pass({ [level]: false });
    const row = (item: number) => taps.item!.slice(item * 10 + from, item * 10 + to);
    const [first, second] = [row(1), row(2)];
    expect(
      near(
        taps.local!.slice(from, to),
        first.map((value, i) => (value + second[i]!) / 2),
      ),
    ).toBe(true);
  });

  it('category level: what an item looks like does not count for its category side', () => {
    const other = wave([items, coverWidth], 1);
    other.set([3, -2, 1, 0, 2], coverWidth); // of item 1
    const sideOf = ({ taps }: Pass) => taps.local!.slice(4, 10);
    const [off, offOther] = [
      pass({ categoryLevel: false }),
      pass({ categoryLevel: false }, undefined, dataWith(other)),
    ];
    expect(near(sideOf(off), sideOf(offOther))).toBe(true);
    expect(near(sideOf(pass({})), sideOf(pass({}, undefined, dataWith(other))))).toBe(false);
  });
});

it('without candidate attention every candidate meets one profile: the mean of the blocks', () => {
  const { taps } = pass({ candidateAttention: false });
  const [first, second] = [taps.user!.slice(0, 10), taps.user!.slice(10)];
  expect(second).toEqual(first);
  const mean = first.map((_, i) =>
    [0, 1, 2, 3].reduce((sum, block) => sum + taps.profile![10 * block + i]! / 4, 0),
  );
  expect(near(first, mean)).toBe(true);
  const attended = pass({}).taps.user!;
  expect(near(attended.slice(0, 10), attended.slice(10))).toBe(false);
});

it('has presets for the text as printed and for the code that made the released weights', () => {
  const { paper, released } = modelInfo.thacil.presets;
  const optionsOf = (values: Options | undefined) => thacilSchema.parse({ name: 'thacil', ...values });
  expect(optionsOf(paper!.values.model)).toMatchObject({
    headWeights: 'perHead',
    firstBlock: 'zero',
    dropout: 'none',
    l2: 'uniform',
  });
  expect(paper!.values.train).toMatchObject({ negatives: { kind: 'logged', ratio: 'all' }, batchSize: 128 });
  expect(optionsOf(released!.values.model)).toMatchObject({
    firstBlock: 'uniform',
    headWeights: 'shared',
    dropout: 'released',
    layerNormInit: 'glorot',
    l2: 'released',
    historySample: 'random',
    historyTarget: 'include',
  });
  expect(released!.values.train).toMatchObject({ negatives: { kind: 'logged', ratio: 3 }, clipNorm: 5 });
});

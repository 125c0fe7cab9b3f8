import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { randomStream } from '../../../src/base/index.js';
import {
  type Batch,
  CandidateBatches,
  catalogueLists,
  type PreparedData,
  planEpoch,
  prepare,
  scoreBatches,
} from '../../../src/data/index.js';
import { Optimizer } from '../../../src/engine/index.js';
import { rankCatalogue, scoreRows } from '../../../src/evaluation/index.js';
import { type Model, modelInfo, modelSchema, usesOf } from '../../../src/models/index.js';
import { trainStep } from '../../../src/training/step.js';
import { type Row, storeOf } from '../../data/fixture.js';
import { useEngine } from '../../support/engines.js';
import { fillWithWaves } from '../../support/gradients.js';
import { forward, gradientsOf, logitsOf, overfit, trainable } from '../../support/training.js';

/** Logits and slopes: test/fidelity/ctrReference.test.ts. */
const shared = { historyLength: 4, contextFields: ['hour'], userFields: ['id', 'level'], embeddingSize: 3 };
const settings = [
  { name: 'fm' },
  { name: 'deepfm', hidden: [4, 3] },
  { name: 'nfm', hidden: [4], interactionNorm: true, batchNorm: true },
  { name: 'autoint', layers: 2, heads: 2, headSize: 2, hidden: [4], firstOrder: true },
  { name: 'difm', heads: 2, headSize: 2, hidden: [4] },
  { name: 'afn', neurons: 3, hidden: [4], plusHidden: [3], batchNorm: true },
  { name: 'afn', neurons: 3, hidden: [4] },
  {
    name: 'widedeep',
    hidden: [4],
    crosses: [
      ['level', 'kind'],
      ['hour', 'id'],
    ],
  },
].map((one) => ({ ...shared, itemFields: ['id', 'kind'], ...one }));
const adam = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: null } as const;
const [fm, deepfm] = settings as [(typeof settings)[number], (typeof settings)[number]];
const nameOf = (options: Readonly<Record<string, unknown>>) => JSON.stringify(options);
const cases = settings.map((one) => [nameOf(one), one] as const);

/** Users with 20 rows each; the last items are met in the last rows alone, and so is hour 9. */
function dataOf(users = 6, items = 15): PreparedData {
  const random = randomStream(3, 'log');
  const rows: Row[] = Array.from({ length: users }, (_, user) =>
    Array.from(
      { length: 20 },
      (_, time) =>
        [user, time < 15 ? random.int(items - 4) : random.int(items), time, random.int(2)] as const,
    ),
  ).flat();
  const store = storeOf(rows, items);
  const hour = Float32Array.from(rows, (_, row) => (row % 20 > 16 ? 9 : row % 3));
  const category = (count: number, of: number) => ({
    values: Int32Array.from({ length: count }, (_, i) => i % of),
    cardinality: of,
  });
  return prepare(
    {
      ...store,
      interactions: { ...store.interactions, columns: { ...store.interactions.columns, hour } },
      items: { ...store.items, categories: { kind: category(items, 4) } },
      users: { ...store.users, categories: { level: category(users, 2) } },
    },
    { label: 'is_click', split: { kind: 'time', scope: 'user', train: 0.75, validation: 0.1 } },
  );
}
const data = dataOf();

function model(options: Readonly<Record<string, unknown>>, of = data): Model {
  const made = trainable(options, of);
  fillWithWaves(made.parameters, 0.9);
  for (const table of made.parameters.tables) {
    if (table.name.endsWith('running')) table.data.fill(1.2);
  }
  return made;
}

const epochOf = (made: Model, changes: Partial<Parameters<typeof planEpoch>[1]> = {}): Batch =>
  planEpoch(data, {
    histories: made.histories,
    rowFields: made.rowFields,
    batchSize: 1000,
    batching: 'byUser',
    pairsPerUser: 100,
    negatives: { kind: 'logged', ratio: 'all' },
    pairing: 'pointwise',
    lastBatch: 'keep',
    seed: 1,
    epoch: 0,
    ...changes,
  }).batch(0);

const near = (found: ArrayLike<number>, expected: ArrayLike<number>, within = 1e-5): void => {
  expect(found).toHaveLength(expected.length);
  expect(Math.max(0, ...Array.from(found, (x, i) => Math.abs(x - expected[i]!)))).toBeLessThan(within);
};
/** Gradients of dense weights, then of all rows of the tables. */
async function allGradients(made: Model, batch: Batch): Promise<number[]> {
  const { flat, dense, rows } = await gradientsOf(made, batch);
  const ofTables = made.parameters.tables.flatMap((table) => {
    const sum = new Float64Array(table.data.length);
    for (const lookup of rows.filter((one) => one.table === table)) {
      lookup.rows.forEach((row, i) => {
        if (row < 0) return;
        for (let c = 0; c < table.width; c++) {
          sum[row * table.width + c]! += lookup.values[i * table.width + c]!;
        }
      });
    }
    return [...sum];
  });
  const all = [...flat.dataSync(), ...ofTables];
  tf.dispose([flat, ...dense]);
  return all;
}
const pairOf = (made: Model, row: number, item: number): Batch =>
  new CandidateBatches(data, made).batch(Int32Array.of(row), Int32Array.of(item));

describe('models over fields', () => {
  beforeAll(() => useEngine('wasm'));

  it.each(cases)('score a pair by itself as among others: %s', (_, options) => {
    const made = model(options);
    const rows = data.split.test;
    const [together] = [...scoreBatches(data, rows, { ...made, contextsPerBatch: 100 })] as [Batch];
    expect(together.contexts.count).toBeLessThan(together.pairs.count); // some rows share one
    const logits = logitsOf(made, together);
    const item = data.store.interactions.item;
    near(
      logits,
      Array.from(rows, (row) => logitsOf(made, pairOf(made, row, item[row]!))[0]!),
    );
    made.parameters.dispose();
  });

  it.each(cases)(
    'rank the catalogue by the moment of the row that is asked about: %s',
    async (_, options) => {
      const made = model(options);
      const lists = catalogueLists(data, 'test');
      const ranks = await rankCatalogue(made, data, lists, { contextsPerBatch: 3 });
      for (const [l, anchor] of lists.anchor.entries()) {
        const scores = data.store.itemIds.map((_, i) => logitsOf(made, pairOf(made, anchor, i))[0]!);
        const seen = new Set(lists.seen.subarray(lists.seenOffsets[l], lists.seenOffsets[l + 1]));
        for (let t = lists.targetOffsets[l]!; t < lists.targetOffsets[l + 1]!; t++) {
          const own = scores[lists.targets[t]!]!;
          const above = scores.filter((score, i) => !seen.has(i) && score > own + 1e-5).length;
          expect(Math.abs(ranks.above[t]! - above)).toBeLessThanOrEqual(0);
        }
      }
      made.parameters.dispose();
    },
  );

  it.each(cases)(
    'learn the same from shuffled pairs as from those of a user together: %s',
    async (_, options) => {
      const made = model(options);
      const [together, shuffled] = [
        await allGradients(made, epochOf(made)),
        await allGradients(made, epochOf(made, { batching: 'shuffled' })),
      ];
      const most = Math.max(...together.map(Math.abs));
      near(together, shuffled, 1e-5 * Math.max(1, most));
      made.parameters.dispose();
    },
  );

  it.each(cases)('fit a tiny set, and keep no tensor of a step: %s', async (_, options) => {
    const made = trainable({ ...options, embeddingSize: 8, embeddingStd: 0.3 }, data);
    const some = epochOf(made, { batchSize: 12, batching: 'shuffled' });
    const before = await overfit(made, some, 1, 0.03);
    const kept = tf.memory().numTensors;
    const after = await overfit(made, some, 25, 0.03);
    expect(tf.memory().numTensors).toBe(kept);
    expect(after).toBeLessThan(0.3 * before);
    made.parameters.dispose();
  });

  it.each(cases)('tell every intermediate result that they name: %s', (_, options) => {
    const made = model(options);
    tf.tidy(() => {
      const found = new Map<string, number>();
      forward(made, epochOf(made), { training: false, tap: (name, { rank }) => found.set(name, rank) });
      const ranks = Object.entries(made.taps!).map(
        ([name, about]) => [name, /\[([^\]]+)\]$/.exec(about)![1]!.split(', ').length] as const,
      );
      expect(found).toEqual(new Map(ranks));
    });
    made.parameters.dispose();
  });

  it("start with first-order weights and crosses of 0, so that FuxiCTR's N(0, 1) of histories cannot be", () => {
    for (const options of settings) {
      const made = trainable(options, data);
      const first = made.parameters.tables.filter(({ name }) => /^(linear|cross)\./.test(name));
      if (options.name !== 'afn') expect(first.map(({ name }) => name)).toContain('linear.history.embedding');
      for (const { data } of first) expect(data.every((weight) => weight === 0)).toBe(true);
      for (const { name, data } of made.parameters.tables) {
        if (!name.startsWith('fields.')) continue;
        expect(Math.max(...data.map(Math.abs))).toBeLessThan(0.06); // N(0, 0.01^2)
      }
      made.parameters.dispose();
    }
  });

  it.each(cases)('drop in training alone: %s', (_, options) => {
    if (options.name === 'fm') return;
    const made = model({
      ...options,
      batchNorm: false,
      ...(options.name === 'nfm' && { interactionNorm: false }),
      dropout: 0.5,
    });
    const batch = epochOf(made);
    const at = (key: string) => logitsOf(made, batch, { training: true, key: [key] });
    expect(at('a')).toEqual(at('a'));
    expect(at('a')).not.toEqual(at('b'));
    const plain = model({
      ...options,
      batchNorm: false,
      ...(options.name === 'nfm' && { interactionNorm: false }),
    });
    expect(logitsOf(made, batch)).toEqual(logitsOf(plain, batch));
    for (const one of [made, plain]) one.parameters.dispose();
  });

  describe('and what no train row tells', () => {
    const { item, user } = data.store.interactions;
    const warm = data.warmItems;
    const cold = [...warm.keys()].filter((i) => warm[i] === 0);
    const row = data.split.test[0]!;

    it.each(cases)('score cold items of one kind alike, whatever their rows hold: %s', (_, options) => {
      // Items that differ by their identifier alone.
      const alike = cold.filter((i) => i % 4 === cold[0]! % 4);
      const kinds =
        cold.length > 3 ? [cold[0]!, ...cold.filter((i) => i % 4 === cold[0]! % 4 && i !== cold[0])] : alike;
      expect(cold.length).toBeGreaterThan(1);
      const made = model(options);
      const before = logitsOf(made, pairOf(made, row, cold[0]!));
      for (const table of made.parameters.tables) {
        if (!/item\.id|linear\.history|^cross.*id/.test(table.name)) continue;
        for (const i of cold) table.data.fill(7, i * table.width, (i + 1) * table.width);
      }
      expect(logitsOf(made, pairOf(made, row, cold[0]!))).toEqual(before);
      for (const other of kinds) near(logitsOf(made, pairOf(made, row, other)), before);
      made.parameters.dispose();
    });

    it('an hour that no train row has is unknown, and so are all such', () => {
      const made = model(deepfm);
      const [field] = made.rowFields!;
      expect([9, 11, Number.NaN].map((hour) => field!.placeOf(hour))).toEqual([0, 0, 0]);
      expect([0, 1, 2].map((hour) => field!.placeOf(hour))).toEqual([1, 2, 3]);
      made.parameters.dispose();
    });

    it('AFN counts a cold item with the mean of the logarithms that it has met', () => {
      const made = model({ name: 'afn', neurons: 3, hidden: [4], embeddingSize: 3, itemFields: ['id'] });
      const at = (i: number) => logitsOf(made, pairOf(made, row, i))[0]!;
      const known = [...warm.keys()].find((i) => warm[i] === 1)!;
      const found = at(cold[0]!);
      const table = made.parameters.tables.find(({ name }) => name === 'fields.item.id.embedding')!;
      table.data.fill(Math.exp(1.2), known * table.width, (known + 1) * table.width); // the running mean is 1.2
      near([found], [at(known)]);
      table.data.fill(1e-4, known * table.width, (known + 1) * table.width); // what FuxiCTR has for unknown
      expect(Math.abs(found - at(known))).toBeGreaterThan(0.01);
      made.parameters.dispose();
    });

    it('AFN scores cold rows within the range of warm ones after training', async () => {
      for (const batchNorm of [false, true]) {
        const made = trainable(
          { ...shared, name: 'afn', itemFields: ['id', 'kind'], neurons: 8, hidden: [8], batchNorm },
          data,
        );
        const optimizer = new Optimizer(made.parameters, adam);
        const batch = epochOf(made);
        for (let step = 0; step < 40; step++) {
          await trainStep(made, optimizer, batch, 0.02, ['cold', step]);
          await made.afterStep!();
        }
        optimizer.dispose();
        const logitsFor = async (isWarm: number) => {
          const rows = data.split.test.filter((r) => warm[item[r]!] === isWarm);
          expect(rows.length).toBeGreaterThan(3);
          const scores = await scoreRows(made, data, rows, { contextsPerBatch: 9 });
          return Math.max(...scores.map((score) => Math.abs(Math.log(score / (1 - score)))));
        };
        expect(await logitsFor(0)).toBeLessThan(2 * (await logitsFor(1)));
        made.parameters.dispose();
      }
    });

    it('a minimum count is one of train rows, which histories do not add to', () => {
      const made = model({ ...fm, minCount: 8 });
      const counts = new Int32Array(data.store.itemIds.length);
      for (const r of data.split.train) counts[item[r]!]!++;
      const rare = counts.findIndex((n) => n > 0 && n < 8);
      const often = counts.findIndex((n) => n >= 8);
      const clicked = [...data.split.train].some((r) => item[r] === rare && data.label[r] === 1);
      expect([rare >= 0, often >= 0, clicked]).toEqual([true, true, true]); // so it is in histories
      const table = made.parameters.tables.find(({ name }) => name === 'fields.item.id.embedding')!;
      const all = epochOf(made);
      const moved = (i: number): boolean => {
        const before = logitsOf(made, all);
        for (let c = 0; c < table.width; c++) table.data[i * table.width + c]! += 1;
        return logitsOf(made, all).some((logit, p) => logit !== before[p]);
      };
      expect([moved(rare), moved(often)]).toEqual([false, true]);
      expect(made.parameters.tables.map(({ name }) => name)).toContain('fields.item.id.unknown');
      made.parameters.dispose();
    });

    it('the row for unknown is trained by rare values, and zero where there are none', async () => {
      const rowOf = (made: Model, name: string) =>
        made.parameters.tables.find((table) => table.name === `fields.${name}.unknown`)!.data;
      const rare = trainable({ ...fm, minCount: 8 }, data);
      const before = rowOf(rare, 'item.id').slice();
      await overfit(rare, epochOf(rare), 3, 0.01);
      expect(rowOf(rare, 'item.id')).not.toEqual(before);
      const none = trainable({ ...fm, minCount: 2 }, data);
      expect([...rowOf(none, 'user.id')]).toEqual([0, 0, 0]); // every user has more rows
      expect(user.length).toBeGreaterThan(0);
      for (const one of [rare, none]) one.parameters.dispose();
    });
  });

  it('AutoInt+ and AFN+ have weights that AutoInt and AFN lack', () => {
    const names = (options: Readonly<Record<string, unknown>>) =>
      model({ ...shared, ...options }).parameters.dense.map(({ name }) => name);
    expect(names({ name: 'autoint' }).filter((name) => name.startsWith('deep'))).toEqual([]);
    expect(names({ name: 'autoint', hidden: [4] })).toContain('deep.1.weight');
    expect(names({ name: 'afn' }).filter((name) => /^(plus|mix)/.test(name))).toEqual([]);
    expect(names({ name: 'afn', plusHidden: [4] })).toContain('mix.weight');
  });

  it('say what they look at, for audits', () => {
    const options = {
      userFields: ['level'],
      itemFields: ['id', 'kind'],
      contextFields: ['hour'],
      historyLength: 4,
    };
    for (const name of ['fm', 'deepfm', 'nfm', 'autoint', 'difm', 'afn', 'widedeep']) {
      expect(usesOf(modelSchema.parse({ name, ...options }))).toEqual({
        histories: [{ length: 4, sample: 'recent', target: 'causal', setting: 'model.name' }],
        items: ['id', 'kind'],
        users: ['level'],
        columns: ['hour'],
      });
    }
  });

  it('take the fields of the tables that they were baselines in', () => {
    for (const name of ['deepfm', 'nfm', 'autoint', 'difm', 'afn'] as const) {
      expect(modelInfo[name].presets.frame!.values.model).toEqual({
        userFields: ['id'],
        itemFields: ['id', 'clips'],
      });
    }
    const preset = modelInfo.widedeep.presets.uvcan!.values.model!;
    expect(modelSchema.parse({ name: 'widedeep', ...preset })).toMatchObject({
      crosses: [
        ['gender', 'tags'],
        ['city', 'tags'],
      ],
      hidden: [64, 32, 16],
    });
  });

  describe('refuse', () => {
    it.each([
      [{ historyLength: 3, itemFields: ['kind'] }, 'itemFields'],
      [{ userFields: [] }, 'userFields'],
      [{ userFields: ['id', 'id'] }, 'userFields'],
      [{ itemFields: [] }, 'itemFields'],
      [{ buckets: { minute: 'log2' } }, 'buckets'],
      [{ contextFields: ['hour'], buckets: { hour: [2, 1] } }, 'buckets'],
      [{ minCount: 0 }, 'minCount'],
      [{ crosses: [['kind', 'kind']] }, 'crosses'],
      [{ dropout: 1 }, 'dropout'],
    ] as const)('%j', (options, path) => {
      const { error } = modelSchema.safeParse({ name: 'widedeep', ...options });
      expect(error?.issues.map((issue) => issue.path[0])).toContain(path);
    });

    it.each([
      [{ contextFields: ['minute'] }, 'has no column minute (model.contextFields)'],
      [{ userFields: ['age'] }, 'has no user field age (model.userFields)'],
      [
        { itemFields: ['id', 'kind'], buckets: { kind: 'log2' } },
        'the item field kind (model.itemFields) is no number',
      ],
    ])('%j', (options, message) => {
      expect(() => trainable({ name: 'fm', ...options }, data)).toThrow(message);
    });
  });
});

import { beforeAll, describe, expect, it } from '@jest/globals';
import { type NegativeSpec, type PreparedData, prepare } from '../../src/data/index.js';
import { buildModel, isTrainable, modelInfo, modelSchema } from '../../src/models/index.js';
import { pairingOf, trainedData } from '../../src/models/trainedData.js';
import { type Row, storeOf } from '../data/fixture.js';
import { batchOf } from '../support/batches.js';
import { useEngine } from '../support/engines.js';
import { logitsOf } from '../support/training.js';

const LONE = 2;
const SOLO = 4;
/** User 2 clicks nothing, and item 4 was shown to nobody else. User 3 and item 5 have no train row. */
const data: PreparedData = (() => {
  const rows: Row[] = [
    [0, 0, 0, 1],
    [0, 1, 1, 0],
    [0, 2, 2, 1],
    [0, 3, 3, 0],
    [1, 1, 0, 1],
    [1, 0, 1, 0],
    [1, 3, 2, 1],
    [LONE, 0, 0, 0],
    [LONE, SOLO, 1, 0],
    [LONE, SOLO, 2, 0],
    [3, 5, 0, 1],
  ];
  const store = storeOf(rows, 6);
  const hour = Float32Array.from(rows, ([user]) => (user === LONE ? 7 : user));
  const part = Uint8Array.from(rows, ([user], row) => (user === 3 ? 2 : row === 3 ? 1 : 0));
  const kind = { values: Int32Array.of(0, 0, 1, 1, 2, 3), cardinality: 4 };
  const interactions = {
    ...store.interactions,
    part,
    columns: { ...store.interactions.columns, hour },
  };
  const items = { ...store.items, categories: { kind } };
  const split = { kind: 'published', validation: 0.1, cut: 'user', seed: 1 } as const;
  return prepare({ ...store, interactions, items }, { label: 'is_click', split });
})();
const logged = { kind: 'logged', ratio: 1 } as const;
const uniform = { kind: 'uniform', count: 4 } as const;
const fields = { userFields: ['id'], itemFields: ['id', 'kind'], contextFields: ['hour'] };

const model = (options: Readonly<Record<string, unknown>>, negatives: NegativeSpec) => {
  const built = buildModel(modelSchema.parse(options), data, 1, negatives);
  if (!isTrainable(built)) throw new Error('not trained');
  return built;
};

/** Makes every row of every table another, those that begin at zero too. */
const shiftTables = ({ parameters }: ReturnType<typeof model>): void => {
  for (const { data } of parameters.tables) data.set(data.map((value, i) => value + 0.1 * (i + 1)));
};

const score = (built: ReturnType<typeof model>, user: number, item: number, hour = 0): number => {
  const places = (built.rowFields ?? []).map(({ placeOf }) => placeOf(hour));
  const batch = batchOf(
    [{ user, history: [], places, candidates: [[item, 0]] }],
    built.histories.map(() => 3),
  );
  return logitsOf(built, batch)[0]!;
};

describe('what training never meets scores as what has no train row', () => {
  beforeAll(() => useEngine('cpu'));

  it.each([
    ['bpr', { name: 'bpr', factors: 4 }, logged],
    ['lightgcn', { name: 'lightgcn', factors: 4 }, logged],
    ['ncf', { name: 'ncf' }, logged],
    ['fm', { name: 'fm', ...fields }, logged],
    ['fm with a minimum count', { name: 'fm', ...fields, minCount: 2 }, logged],
    ['thacil', { name: 'thacil', visual: ['id'], category: ['kind'], heads: 1 }, logged],
    ['lstm', { name: 'lstm', item: ['id'], category: [] }, logged],
    ['uvcan', { name: 'uvcan', userFields: ['id'], videoFields: ['id'] }, logged],
  ] as const)('%s: user and item', (name, options, negatives) => {
    const built = model(options, negatives);
    shiftTables(built);
    const [own, other] = [score(built, LONE, 0), score(built, 3, 0)];
    if (name !== 'lightgcn') {
      expect(own).toBeCloseTo(other, 6);
      expect(score(built, 0, SOLO)).toBeCloseTo(score(built, 0, 5), 6);
    }
    if (name !== 'thacil' && name !== 'lstm')
      expect(score(built, 0, 0)).not.toBeCloseTo(score(built, 1, 0), 6);
    expect(score(built, 0, 1)).not.toBeCloseTo(score(built, 0, 2), 6);
    built.parameters.dispose();
  });

  it('lightgcn: vectors of zeros', () => {
    for (const [negatives, item] of [
      [logged, 0],
      [uniform, 1], // can be drawn
    ] as const) {
      const built = model({ name: 'lightgcn', factors: 4 }, negatives);
      const rowOf = (name: string, row: number) => {
        const weight = built.parameters.dense.find((one) => one.name === name)!;
        return [...weight.value().dataSync()].slice(4 * row, 4 * row + 4);
      };
      expect(rowOf('user', LONE)).toEqual([0, 0, 0, 0]);
      expect(rowOf('user', 0)).not.toEqual([0, 0, 0, 0]);
      expect(rowOf('item', SOLO).every((value) => value === 0)).toBe(item === 0);
      built.parameters.dispose();
    }
  });

  it('lightgcn: what the graph alone joins to couples is trained', () => {
    // User 0 has both labels; 1 shares an item with it and has clicked one more; nothing joins user 2 and item 3 to them.
    const rows: Row[] = [
      [0, 0, 0, 1],
      [0, 1, 1, 0],
      [1, 0, 0, 1],
      [1, 2, 1, 1],
      [2, 3, 0, 1],
    ];
    const store = storeOf(rows, 4);
    const chain: PreparedData = {
      ...data,
      store,
      label: store.interactions.columns.is_click!,
      split: { ...data.split, train: Int32Array.from(rows.keys()) },
      warmItems: Uint8Array.of(1, 1, 1, 1),
    };
    const zeros = (layers: number) => {
      const built = buildModel(modelSchema.parse({ name: 'lightgcn', factors: 2, layers }), chain, 1, logged);
      if (!isTrainable(built)) throw new Error('not trained');
      const none = built.parameters.dense.map((weight) => {
        const values = weight.value().dataSync();
        return Array.from({ length: values.length / 2 }, (_, row) => row).filter(
          (row) => values[2 * row] === 0,
        );
      });
      built.parameters.dispose();
      return none;
    };
    expect(zeros(1)).toEqual([[2], [2, 3]]);
    expect(zeros(2)).toEqual([[2], [3]]);
  });

  it('drawn negatives train every item of the train part', () => {
    const built = model({ name: 'ncf', variant: 'GMF' }, uniform);
    shiftTables(built);
    expect(score(built, LONE, 0)).toBeCloseTo(score(built, 3, 0), 6);
    expect(score(built, 0, SOLO)).not.toBeCloseTo(score(built, 0, 5), 6);
    built.parameters.dispose();
  });

  it('a bucket of the row that no pair can have is unknown', () => {
    for (const negatives of [logged, uniform]) {
      const built = model({ name: 'fm', ...fields }, negatives);
      expect(built.rowFields![0]!.placeOf(7)).toBe(0);
      expect(built.rowFields![0]!.placeOf(1)).toBeGreaterThan(0);
      built.parameters.dispose();
    }
  });
});

describe('warm', () => {
  const warm = (options: Readonly<Record<string, unknown>>, negatives: NegativeSpec) => {
    const { warmItems, warmUsers } = trainedData(modelSchema.parse(options), data, negatives);
    return [[...warmUsers!], [...warmItems]];
  };

  it('is what is in a history, too', () => {
    expect(warm({ name: 'mtin', visual: ['id'] }, logged)).toEqual([
      [1, 1, 1, 0],
      [1, 1, 1, 1, 0, 0],
    ]);
    expect(warm({ name: 'alpine', item: ['id'], userInit: 'normal' }, logged)[0]).toEqual([1, 1, 0, 0]);
  });

  it('is all of the train part where that is what positives are contrasted with', () => {
    const options = { name: 'sasrec', loss: 'softmax', contrast: 'catalogue' };
    expect(warm(options, logged)[1]).toEqual([1, 1, 1, 1, 1, 0]);
    expect(warm({ ...options, loss: 'bce', contrast: undefined }, logged)[1]).toEqual([1, 1, 1, 1, 0, 0]);
  });

  it('stays what it is with every row', () => {
    expect(warm({ name: 'bpr' }, { kind: 'uniform', count: 1 })[1]).toEqual([...data.warmItems]);
    expect(warm({ name: 'ncf' }, { kind: 'logged', ratio: 'all' })).toEqual([
      [1, 1, 1, 0],
      [...data.warmItems],
    ]);
  });
});

it('knows how each model takes its pairs', () => {
  const more = ['sasrec', 'gru4rec'].map((name) => ({ name, loss: 'bpr' }));
  for (const name of Object.keys(modelInfo)) {
    for (const options of [{ name }, ...more.filter((one) => one.name === name)]) {
      let built: ReturnType<typeof buildModel>;
      try {
        const config = modelSchema.parse(options);
        built = buildModel(config, data, 1);
        if (isTrainable(built)) expect([name, built.pairing]).toEqual([name, pairingOf(config)]);
      } catch (error) {
        if (error instanceof Error && /has no|needs|lacks/.test(error.message)) continue; // features that this log lacks
        throw error;
      }
      if (isTrainable(built)) built.parameters.dispose();
    }
  }
});

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { catalogueLists, HeldVectors, type PreparedData } from '../../src/data/index.js';
import { rankCatalogue, topOfCatalogue } from '../../src/evaluation/index.js';
import {
  buildModel,
  type FittedModel,
  type ModelConfig,
  modelSchema,
  usesOf,
} from '../../src/models/index.js';
import { batchOf, preparedOf } from '../support/batches.js';
import { logOfChosen } from '../support/chosen.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { wave } from '../support/gradients.js';
import { expectNear } from '../support/learnt.js';

type Options = Readonly<Record<string, unknown>>;

interface Reference {
  readonly items: number;
  readonly chosen: readonly (readonly number[])[];
  readonly features: readonly {
    readonly name: string;
    readonly width: number;
    readonly phase: number;
    readonly without: readonly number[];
  }[];
  readonly cases: readonly { readonly options: Options; readonly scores: readonly (readonly number[])[] }[];
}
/** UCF by RecBole. */
interface PeerReference {
  readonly items: number;
  readonly chosen: readonly (readonly number[])[];
  readonly knn: readonly { readonly neighbours: number; readonly scores: readonly (readonly number[])[] }[];
}
const { items, chosen, features, cases }: Reference = JSON.parse(
  readFileSync(new URL('../fidelity/gf.json', import.meta.url), 'utf8'),
);

function withVectors(data: PreparedData): PreparedData {
  const vectors = Object.fromEntries(
    features.map(({ name, width, phase, without }) => {
      const matrix = wave([items, width], phase);
      for (const item of without) matrix.fill(0, item * width, (item + 1) * width);
      return [name, new HeldVectors(matrix, width)];
    }),
  );
  return { ...data, store: { ...data.store, items: { ...data.store.items, vectors } } };
}

// It has one pair of each user twice and a negative row: the reference has every pair once, and none that is negative.
const data = withVectors(logOfChosen(items, chosen));
const config = (options: Options): ModelConfig => modelSchema.parse({ name: 'gf', ...options });
const gf = (options: Options, given = data): FittedModel =>
  buildModel(config(options), given, 1) as FittedModel;

/** All scores of a user. */
function scoresOf(model: FittedModel, user: number, count = items): number[] {
  const row = new Array<number>(count).fill(0);
  const { items: ids, scores } = model.sparseScores!(user);
  expect(new Set(ids).size).toBe(ids.length);
  ids.forEach((item, i) => {
    row[item] = scores[i]!;
  });
  return row;
}
const allScores = (model: FittedModel): number[] => chosen.flatMap((_, user) => scoresOf(model, user));
const largestChange = (found: readonly number[], expected: readonly number[]): number =>
  Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));

describeEngines('GF', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each(cases)('is that of the reference: $options', ({ options, scores }) => {
    const model = gf(options);
    for (const _ of [1, 2]) expectNear(allScores(model), scores.flat());
  });
});

describe('GF', () => {
  beforeAll(() => useEngine('cpu'));

  it('looks at every option', () => {
    const changes = {
      userExponent: 0.4,
      itemExponent: 0.3,
      profileExponent: 0.3,
      power: 0.9,
      content: ['cover'],
      contentNeighbours: 3,
      contentWeight: 2.5,
    };
    const { name, ...all } = config({});
    expect(Object.keys(changes).sort()).toEqual(Object.keys(all).sort());
    const { options, scores } = cases[2]!;
    for (const change of Object.entries(changes)) {
      const found = allScores(gf({ ...options, ...Object.fromEntries([change]) }));
      expect([change[0], largestChange(found, scores.flat()) > 1e-3]).toEqual([change[0], true]);
    }
  });

  it('counts, without exponents, the users between two items', () => {
    // User 0 has items 0 and 1, user 1 has 1 and 2, user 2 has 2 and 3.
    const log = preparedOf({
      users: 4,
      items: 6,
      train: [
        [0, 0, 1],
        [0, 1, 1],
        [0, 0, 1],
        [1, 1, 1],
        [1, 2, 1],
        [2, 2, 1],
        [2, 3, 1],
        [2, 0, 0],
      ],
    });
    const plain = { userExponent: 0, itemExponent: 0, profileExponent: 0 };
    expect(scoresOf(gf(plain, log), 0, 6)).toEqual([2, 3, 1, 0, 0, 0]);
    // Each entry of the rows of items 0 and 1, (1 1 0 0) and (1 2 1 0), squared.
    expect(scoresOf(gf({ ...plain, power: 2 }, log), 0, 6)).toEqual([2, 5, 1, 0, 0, 0]);
    // Items 1 and 2 have two users, so what comes from or goes to them counts half, with itself a quarter.
    expect(scoresOf(gf({ ...plain, itemExponent: 1 }, log), 0, 6)).toEqual([1.5, 1, 0.25, 0, 0, 0]);
    expect(scoresOf(gf({ ...plain, profileExponent: 1 }, log), 0, 6)).toEqual([1.5, 2, 0.5, 0, 0, 0]);
    // All users have two items: a quarter of everything.
    expect(scoresOf(gf({ ...plain, userExponent: 1 }, log), 0, 6)).toEqual([0.5, 0.75, 0.25, 0, 0, 0]);
  });

  it('is UCF with all neighbours where a is a quarter and b and c are 0', () => {
    const {
      items: count,
      chosen: lists,
      knn,
    }: PeerReference = JSON.parse(readFileSync(new URL('../fidelity/recbole.json', import.meta.url), 'utf8'));
    const { scores } = knn.find(({ neighbours }) => neighbours >= lists.length - 1)!;
    const model = gf({ userExponent: 0.25, itemExponent: 0, profileExponent: 0 }, logOfChosen(count, lists));
    lists.forEach((own, user) => {
      // UCF leaves the user out, and divides by the root of the user's number of items.
      const others = scoresOf(model, user, count).map(
        (score, item) => score / Math.sqrt(own.length || 1) - (own.includes(item) ? 1 : 0),
      );
      expectNear(others, scores[user]!);
    });
  });

  it('scores pairs as it scores the catalogue', () => {
    const model = gf(cases[2]!.options);
    const users = [3, 4, 0, 3];
    const all = Array.from({ length: items }, (_, item) => [item, 0] as const);
    const batch = batchOf(
      users.map((user) => ({ user, history: [], candidates: all })),
      0,
    );
    expect([...model.score(batch)]).toEqual(users.flatMap((user) => scoresOf(model, user)));
  });

  it('knows new items by their content alone, and nothing for who has no row', () => {
    const [plain, both] = [gf({}), gf(cases[2]!.options)];
    for (const user of [0, 1, 2, 3, 5, 6]) expect(scoresOf(plain, user).slice(9)).toEqual([0, 0, 0]);
    const ofNew = chosen.flatMap((_, user) => scoresOf(both, user).slice(9));
    expect(ofNew.filter((score) => score > 0).length).toBeGreaterThan(6);
    expect(both.sparseScores!(4).items).toHaveLength(0);
    expect(scoresOf(gf({ content: ['cover'] }), 0)[10]).toBe(0); // it has no cover
    expect(usesOf(config({ content: ['cover'] })).items).toEqual(['cover']); // of which recommend tells
  });

  it('has no content to add where nobody chose anything, or all vectors are one', () => {
    const same = { cover: { data: Float32Array.of(1, 2, 1, 2, 1, 2), width: 2 } };
    const log = (label: number) => preparedOf({ users: 2, items: 3, train: [[0, 1, label]], vectors: same });
    expect(gf({ content: ['cover'] }, log(0)).sparseScores!(0).items).toHaveLength(0);
    expect(scoresOf(gf({ content: ['cover'] }, log(1)), 0, 3)).toEqual([0, 1, 0]);
  });

  it('says which vectors there are', () => {
    expect(() => gf({ content: ['covers'] })).toThrow(
      'made by hand has no item vector covers (model.content)\n  Did you mean cover? Item vectors: cover, sound. Without it: model.content: [].',
    );
    expect(() => gf({ content: ['kind'] }, logOfChosen(items, chosen))).toThrow('There are none.');
  });

  it('ranks a catalogue by the same scores', async () => {
    const train = data.split.train.filter((row) => row % 5 !== 2);
    const test = data.split.train.filter((row) => row % 5 === 2);
    const held = { ...data, split: { ...data.split, train, test } };
    const lists = catalogueLists(held, 'test');
    expect(lists.targets.length).toBeGreaterThan(2);
    const model = gf(cases[2]!.options, held);
    const score: FittedModel['score'] = (batch) => model.score(batch);
    const options = { contextsPerBatch: 4 };
    expect(await rankCatalogue(model, held, lists, options)).toEqual(
      await rankCatalogue({ score }, held, lists, options),
    );
    const top = { ...options, length: 3 };
    expect([...(await topOfCatalogue(model, held, lists, top)).item]).toEqual([
      ...(await topOfCatalogue({ score }, held, lists, top)).item,
    ]);
  });
});

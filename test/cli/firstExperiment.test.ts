import { describe, expect, it } from '@jest/globals';
import { firstExperiment } from '../../src/cli/first-experiment.js';
import { experimentSchema } from '../../src/config/index.js';
import type { Store } from '../../src/data/index.js';
import { type Row, storeOf } from '../data/fixture.js';

/** The experiment as it would be read, every default filled in. */
function chosen(store: Store) {
  const tree: Record<string, unknown> = { data: { source: { store: 'x' } } };
  for (const { path, value } of firstExperiment(store)) {
    const parent = path.slice(0, -1).reduce((at, key) => {
      at[key] ??= {};
      return at[key] as Record<string, unknown>;
    }, tree);
    parent[path.at(-1)!] = value;
  }
  return experimentSchema.parse(tree);
}

/** Users with n rows each; row i shows item i * 7 modulo the number of items. */
function log(users: number, n: number, items: number, click: (user: number, i: number) => number): Store {
  const rows: Row[] = [];
  for (let u = 0; u < users; u++)
    for (let i = 0; i < n; i++) rows.push([u, (u * n + i * 7) % items, 100 * i + u, click(u, i)]);
  return storeOf(rows, items);
}
const category = { topic: { values: new Int32Array(50), cardinality: 1 } };
const withFeatures = (store: Store, items: Partial<Store['items']>): Store => ({
  ...store,
  items: { ...store.items, ...items },
});

describe('the first experiment', () => {
  it('predicts clicks from users and items', () => {
    const { data, model, train } = chosen(log(20, 20, 50, (u, i) => ((u + i) % 3 === 0 ? 1 : 0)));
    expect(data).toMatchObject({ label: 'is_click', split: { kind: 'time', scope: 'user' } });
    expect(model).toMatchObject({ name: 'ncf', item: ['id'] });
    expect(train).toMatchObject({ monitor: 'auc', negatives: { kind: 'logged' } });
  });

  it('reads histories where items have features and users enough clicks', () => {
    const store = log(20, 40, 50, (u, i) => ((u + i) % 3 === 0 ? 1 : 0)); // 14 clicks a user
    const vectors = { cover: { width: 2, rows: () => new Float32Array(0) } };
    expect(chosen(withFeatures(store, { categories: category })).model).toMatchObject({
      name: 'thacil',
      visual: ['id'],
      category: ['topic'],
      historyLength: 20,
    });
    expect(chosen(withFeatures(store, { vectors })).model).toMatchObject({
      visual: ['cover'],
      category: ['id'],
    });
    const short = log(20, 9, 50, (u, i) => ((u + i) % 3 === 0 ? 1 : 0)); // 3 clicks a user
    expect(chosen(withFeatures(short, { categories: category })).model).toMatchObject({
      name: 'ncf',
      item: ['id', 'topic'],
    });
  });

  it('cuts all users at one time where they have too few rows each', () => {
    // One row a user: a cut of each leaves no train part.
    const rows: Row[] = Array.from({ length: 60 }, (_, i) => [i, i % 9, i, i % 2]);
    expect(chosen(storeOf(rows)).data.split).toMatchObject({ kind: 'time', scope: 'global' });
  });

  it('chooses by log loss where the validation part holds one class', () => {
    // The last but third of ten rows is validation, and never clicked.
    const store = log(5, 10, 20, (_, i) => (i === 7 ? 0 : i % 2));
    expect(chosen(store).train.monitor).toBe('logloss');
  });

  it('finds positives among all items where a log holds nothing else', () => {
    const { data, model, train, evaluate } = chosen(log(20, 5, 50, () => 1));
    expect(data.split.kind).toBe('leaveOneOut');
    expect(model).toMatchObject({ name: 'bpr', item: ['id'] });
    expect(train).toMatchObject({ monitor: 'ndcg@10', negatives: { kind: 'uniform' } });
    expect(evaluate.candidates.kind).toBe('catalogue');
  });

  it('ranks by popularity where everybody has every item', () => {
    const rows: Row[] = [0, 1, 2, 3, 4].flatMap((i): Row[] => [
      [0, i % 3, i, 1],
      [1, i % 3, i, 1],
    ]);
    const sorted = rows.sort((a, b) => a[0] - b[0] || a[2] - b[2]);
    expect(chosen(storeOf(sorted)).model.name).toBe('popularity');
    const few = [0, 1, 0, 1, 2].map((item, i): Row => [2, item, i, 1]);
    expect(chosen(storeOf([...sorted, ...few])).model.name).toBe('bpr');
  });

  it('names the other labels', () => {
    const store = log(20, 20, 50, (u, i) => ((u + i) % 3 === 0 ? 1 : 0));
    const { columns } = store.interactions;
    const both = { is_like: columns.is_click!, is_click: columns.is_click! };
    const entries = firstExperiment({ ...store, interactions: { ...store.interactions, columns: both } });
    expect(entries[0]).toEqual({
      path: ['data', 'label'],
      value: 'is_click',
      why: 'what to predict; also: is_like',
    });
  });

  it('refuses logs that cannot be predicted or cut', () => {
    const store = log(3, 3, 5, () => 0.5);
    expect(() => firstExperiment(store)).toThrow('no column holds 0 and 1');
    expect(() =>
      firstExperiment(
        storeOf([
          [0, 0, 1, 1],
          [0, 1, 1, 0],
        ]),
      ),
    ).toThrow('cannot be cut into train, validation and test with both classes: 2 rows of 1 user');
    expect(() => firstExperiment(storeOf([[0, 0, 1, 1]]))).toThrow('cannot be cut');
  });

  it('takes the split that was published', () => {
    const store = log(20, 10, 50, (_, i) => i % 2);
    const part = Uint8Array.from({ length: 200 }, (_, row) => (row % 10 < 7 ? 0 : 2));
    const published = { ...store, interactions: { ...store.interactions, part } };
    expect(chosen(published).data.split.kind).toBe('published');
  });
});

/** Sizes and needs of models, as trying them tells. */
import { beforeAll, expect, it } from '@jest/globals';
import { describe as describeModel, inputSpecs, shapeText } from '../../../src/evaluation/index.js';
import { modelSchema } from '../../../src/models/index.js';
import { useEngine } from '../../support/engines.js';

beforeAll(() => useEngine('cpu'));

const describeOptions = (options: Readonly<Record<string, unknown>>, kinds = new Map()) =>
  describeModel(modelSchema.parse(options), kinds);

const shapesOf = (arrays: ReadonlyMap<string, Parameters<typeof shapeText>[0]>) =>
  Object.fromEntries([...arrays].map(([name, shape]) => [name, shapeText(shape)]));

it('knows which sides come from data and which from options', () => {
  const { weights, log } = describeOptions({ name: 'bpr', item: ['id', 'cover', 'category'], factors: 5 });
  expect(shapesOf(weights)).toEqual({
    user: '[users, 5]',
    'item.id.table': '[items, 5]',
    'item.cover.weight': '[width of item.cover, 5]',
    'item.category.embedding': '[values of item.category, 5]',
    bias: '[items, 1]',
  });
  expect(log).toBeNull();
});

it('takes the kinds of features that it is given', () => {
  const kinds = new Map([['item.cover', { kind: 'category' as const }]]);
  const model = describeOptions({ name: 'bpr', item: ['cover'], factors: 5 }, kinds);
  expect(shapesOf(model.weights)['item.cover.embedding']).toBe('[values of item.cover, 5]');
  const cover = inputSpecs(model).find(({ name }) => name === 'item.cover')!;
  expect([shapeText(cover.shape), cover.type]).toEqual(['[items]', 'int']);
});

it('asks who the user is where that makes a difference', () => {
  const optional = (options: Readonly<Record<string, unknown>>) =>
    inputSpecs(describeOptions({ name: 'thacil', historyLength: 4, blockSize: 2, ...options })).find(
      ({ name }) => name === 'context.user',
    )!.optional;
  expect(optional({})).toBe(true);
  expect(optional({ userSize: 2 })).toBe(false);
});

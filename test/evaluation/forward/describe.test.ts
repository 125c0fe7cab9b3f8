/** Sizes and needs of models, as trying them tells. */
import { beforeAll, expect, it } from '@jest/globals';
import {
  describe as describeModel,
  inputSpecs,
  type ModelDescription,
  shapeText,
} from '../../../src/evaluation/index.js';
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

it('needs a log where logits depend on it, not where only initial weights do', () => {
  const logOf = (options: Readonly<Record<string, unknown>>) => {
    const inputs = inputSpecs(describeOptions(options)).filter(({ name }) => name.startsWith('log.'));
    return inputs.map(({ name, optional }) => (optional ? `${name}?` : name));
  };
  // FRAME propagates over the graph of the log; ALPINE's user matrix starts from likes and follows, and is then trained.
  const graph = { name: 'frame', width: 4, hidden: 4 };
  expect(logOf(graph)).toEqual(
    expect.arrayContaining(['log.user', 'log.item', 'log.time?', 'log.duration_ms']),
  );
  expect(logOf({ name: 'alpine', userInit: 'levels', historyLength: 9 })).toEqual([
    'log.user?',
    'log.item?',
    'log.time?',
    'log.is_like?',
    'log.is_follow?',
  ]);
  // SCAA without that matrix looks at the columns of its histories, but nothing is made of the log.
  const scaa = { name: 'scaa', historyLength: 9 };
  expect(describeOptions(scaa).log?.decides).toBe('nothing');
  expect(logOf(scaa)).toEqual([]);
});

it('says which vectors count by their shape alone when weights are given', () => {
  const startsOf = (options: Readonly<Record<string, unknown>>) => [...describeOptions(options).starts];
  const frame = { name: 'frame', width: 4, hidden: 4 };
  expect(startsOf(frame)).toEqual(['item.clips']);
  expect(startsOf({ ...frame, clipFeatures: 'frozen' })).toEqual([]);
  expect(startsOf({ name: 'bpr', item: ['id', 'cover'], factors: 5 })).toEqual([]);
  const about = (options: Readonly<Record<string, unknown>>) =>
    inputSpecs(describeOptions(options)).find(({ name }) => name === 'item.clips')!.about;
  expect(about(frame)).toMatch(/only its shape counts/);
  expect(about({ ...frame, clipFeatures: 'frozen' })).not.toMatch(/shape/);
});

it('asks for the histories of likes and follows, and for vectors of clips and of users', () => {
  const shapes = (model: ModelDescription) =>
    new Map(inputSpecs(model).map(({ name, shape }) => [name, shapeText(shape)]));
  const namesOf = (options: Readonly<Record<string, unknown>>) => shapes(describeOptions(options));
  expect([...namesOf({ name: 'scaa', historyLength: 9 }).keys()]).toEqual(
    expect.arrayContaining(['history.positive', 'history.negative', 'history.is_like', 'history.is_follow']),
  );
  expect(namesOf({ name: 'frame', clips: 4, width: 4, hidden: 4 }).get('item.clips')).toBe(
    '[items, 4, width of item.clips]',
  );
  const alpine = describeOptions({ name: 'alpine', userInit: 'feature', historyLength: 9 });
  expect(shapes(alpine).get('user.user_like')).toBe('[users, width of user.user_like]');
  // The user matrix starts with them.
  expect([...alpine.starts]).toEqual(['user.user_like']);
});

it('tells the weights that stand for unknown, and of which feature', () => {
  const options = {
    name: 'uvcan',
    userFields: ['id', 'gender'],
    videoFields: ['id', 'author', 'tags'],
    factors: 5,
  };
  const { weights, ofUnknown } = describeOptions(options);
  expect([...ofUnknown]).toEqual([
    ['user.gender.unknown', 'user.gender'],
    ['video.author.unknown', 'item.author'],
  ]);
  expect(shapesOf(weights)).toMatchObject({
    'user.gender.embedding': '[values of user.gender, 5]',
    'user.gender.unknown': '[1, 5]',
  });
  expect(describeOptions({ name: 'bpr', item: ['category'] }).ofUnknown.size).toBe(0);
});

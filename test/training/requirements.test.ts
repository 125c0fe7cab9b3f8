import { describe, expect, it } from '@jest/globals';
import { experimentSchema } from '../../src/config/schema.js';
import { type PreparedData, prepare } from '../../src/data/index.js';
import { frameSchema, modelSchema, scaaSchema } from '../../src/models/index.js';
import { requireLearnable, requireLists, skippedUsers } from '../../src/training/requirements.js';
import { levelStore, type Seen } from '../models/alpine/log.js';
import { preparedOf } from '../support/batches.js';

/** Four users with two items each; the first `train` rows are the train part, the rest validation. */
function data(labels: readonly number[], train: number): PreparedData {
  const made = preparedOf({ users: 4, items: 2, train: labels.map((label, i) => [i >> 1, i & 1, label]) });
  const rows = Int32Array.from(labels.keys());
  return {
    ...made,
    split: { train: rows.slice(0, train), validation: rows.slice(train), test: rows.slice(train) },
  };
}

const experiment = (train: Record<string, unknown>, evaluate = {}) =>
  experimentSchema.parse({
    data: { source: { world: 'quickstart' }, label: 'is_like' },
    model: { name: 'bpr' },
    train,
    evaluate,
  });

describe('what training needs', () => {
  it('is two classes in train', () => {
    expect(() => requireLearnable(experiment({}), data([1, 1, 1, 1, 0, 1, 0, 1], 4))).toThrow(
      'is_like is 1 in every train row',
    );
  });

  it('tells which users nothing can be drawn for', () => {
    const ask = (labels: readonly number[], kind: string) =>
      skippedUsers(experiment({ negatives: { kind } }), data(labels, 8));
    expect(ask([1, 1, 1, 0, 0, 0, 0, 1], 'uniform')).toBe(
      'user u0 has a positive row with every item of the train part, so no negative can be drawn; training leaves this user out',
    );
    expect(ask([1, 1, 1, 0, 1, 1, 0, 1], 'popularity')).toMatch(/^2 users have .* training leaves them out$/);
    expect(ask([1, 1, 1, 0, 0, 0, 0, 1], 'logged')).toBeNull();
    expect(ask([1, 0, 1, 0, 0, 0, 0, 1], 'uniform')).toBeNull();
  });

  it('is a label that is no field of the model', () => {
    const model = (fields: string[]) =>
      modelSchema.parse({ name: 'fm', contextFields: fields }) as ReturnType<typeof experiment>['model'];
    const ask = (fields: string[]) => () =>
      requireLearnable({ ...experiment({}), model: model(fields) }, data([1, 0, 1, 0, 1, 0, 1, 0], 4));
    expect(ask(['hour', 'is_like'])).toThrow('is_like is what the model is to predict (data.label)');
    expect(ask(['hour'])).not.toThrow();
  });

  it('is logged rows, for a model that learns from how they were watched', () => {
    const given = {
      ...experiment({ negatives: { kind: 'uniform' } }),
      model: frameSchema.parse({ name: 'frame' }),
    };
    const ask = () => requireLearnable(given, data([1, 0, 1, 0, 1, 0, 1, 0], 4));
    expect(ask).toThrow('a drawn negative (train.negatives.kind: uniform)');
    expect(ask).toThrow('Use train.negatives.kind: logged.');
  });

  it('is a like or a follow in train, for SCAA', () => {
    // Of each user two rows are train, the third validation and the fourth test.
    const ask = (like: readonly number[], follow: readonly number[], options = {}) => {
      const seen = Array.from(
        { length: 16 },
        (_, i): Seen => [i >> 2, i % 15, i & 3, i & 1, Number(like.includes(i)), Number(follow.includes(i))],
      );
      const split = { kind: 'time', scope: 'user', train: 0.75, validation: 0.25 } as const;
      const logged = prepare(levelStore(seen), { label: 'is_click', split });
      const model = scaaSchema.parse({ name: 'scaa', ...options });
      return () => requireLearnable({ ...experiment({ selectOn: 'last' }), model }, logged);
    };
    expect(ask([2, 3], [7, 10])).toThrow(
      "no train row of fixture has is_like or is_follow above 0 (model.liked, model.followed): SCAA's attention has nothing to attend to\n" +
        '  Use model: { name: alpine, variant: ALPINE_Base }',
    );
    expect(ask([1], [])).not.toThrow();
    expect(ask([], [5])).not.toThrow();
    expect(ask([], [], { variant: 'SCAA_cs', cs: 'none' })).not.toThrow();
    expect(ask([], [], { variant: 'SCAA_cs' })).toThrow('no train row');
  });

  it('is a monitor that the selecting part defines', () => {
    const oneClass = data([1, 0, 1, 0, 1, 1, 1, 1], 4);
    expect(() => requireLearnable(experiment({}), oneClass)).toThrow(
      'train.monitor auc is undefined on validation',
    );
    expect(() => requireLearnable(experiment({ selectOn: 'test' }), oneClass)).toThrow('undefined on test');
    // Pooled there are two classes, but no user has both.
    const apart = data([1, 0, 1, 0, 1, 1, 0, 0], 4);
    expect(() => requireLearnable(experiment({ monitor: 'uauc' }), apart)).toThrow('train.monitor uauc');
    requireLearnable(experiment({ monitor: 'auc' }), apart);
    requireLearnable(experiment({ monitor: 'logloss' }), oneClass);
    requireLearnable(experiment({ selectOn: 'last' }), oneClass);
  });

  it('is positives alone where negatives are drawn and positives are ranked among a catalogue', () => {
    const positives = data([1, 1, 1, 1, 1, 1, 1, 1], 4);
    const ranking = { candidates: { kind: 'catalogue' }, metrics: ['ndcg@10'] };
    const drawn = { negatives: { kind: 'uniform' }, monitor: 'ndcg@10' };
    requireLearnable(experiment(drawn, ranking), positives);
    expect(() => requireLearnable(experiment({ monitor: 'ndcg@10' }, ranking), positives)).toThrow(
      'Use train.negatives.kind: uniform',
    );
    expect(() => requireLearnable(experiment({ ...drawn, monitor: 'auc' }), positives)).toThrow(
      'evaluate.candidates.kind: catalogue',
    );
    expect(() => requireLearnable(experiment(drawn, ranking), data([0, 0, 0, 0, 1, 1, 1, 1], 4))).toThrow(
      'is_like is 0 in every train row',
    );
    expect(() => requireLearnable(experiment(drawn, ranking), data([1, 1, 1, 1, 0, 0, 0, 0], 4))).toThrow(
      'no row of validation has is_like 1',
    );
  });
});

it('a file of candidates needs lists for the part that chooses the epoch', () => {
  const lists = (count: number) => ({
    anchor: new Int32Array(count),
    relevant: new Int32Array(count),
    candidates: () => new Int32Array(),
  });
  const given = {
    kind: 'file',
    path: 'a.csv',
    sha256: '',
    report: '',
    lists: { train: lists(0), validation: lists(0), test: lists(3) },
  } as const;
  const { train } = experiment({});
  expect(() => requireLists(train, given)).toThrow(
    'a.csv has no lists for validation, which chooses the epoch',
  );
  requireLists({ ...train, selectOn: 'test' }, given);
  requireLists({ ...train, selectOn: 'last' }, given);
  requireLists(train, { kind: 'catalogue' });
});

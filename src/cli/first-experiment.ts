import { UserError } from '../base/index.js';
import {
  EmptyPartError,
  type Entry,
  type PreparedData,
  type PrepareSpec,
  prepare,
  type Store,
  trainableOf,
} from '../data/index.js';
import { binaryColumns } from './inspection.js';
import { counted } from './output.js';

type Split = PrepareSpec['split'];

/** What the first experiment on a data set is to be, each line of the file with its reason. */
export type FirstExperiment = readonly Entry[];

/**
 * Chooses a label, a split, a model and settings that a log can be trained with in a short time.
 *
 * @throws UserError when no column can be predicted, or no split leaves rows in all parts
 */
export function firstExperiment(store: Store): FirstExperiment {
  const labels = binaryColumns(store);
  const mixed = labels.filter((name) => hasBothClasses(store.interactions.columns[name]!));
  if (mixed[0] !== undefined) return impressions(store, mixed[0], mixed.slice(1));
  const positive = labels.find((name) => store.interactions.columns[name]![0] === 1);
  if (positive !== undefined) return positivesOnly(store, positive);
  throw new UserError(
    'no column holds 0 and 1, so there is nothing to predict',
    'Give the card a label (interactions.columns with atLeast), or interactions.positives where every row is one.',
  );
}

/** Rows that were seen and chosen, or not: predict which. */
function impressions(store: Store, label: string, others: readonly string[]): FirstExperiment {
  const found = firstThat(splitsOf(store, 'time'), (split) => {
    const data = prepared(store, label, split);
    return data && bothIn(data, 'train') && bothIn(data, 'test') ? data : null;
  });
  if (!found) throw tooSmall(store, 'with both classes');
  const { split, why, result: data } = found;
  const pooled = bothIn(data, 'validation');
  const monitor: Entry[] = pooled
    ? []
    : [{ path: ['train', 'monitor'], value: 'logloss', why: 'the validation part holds one class only' }];
  return [
    labelEntry(label, others),
    { path: ['data', 'split'], value: split, why },
    ...impressionModel(store, data),
    ...trainEntries(data, 20),
    ...monitor,
    {
      path: ['evaluate', 'metrics'],
      value: ['auc', 'gauc', 'uauc', 'logloss', 'ndcg@5'],
      why: 'docs/metrics.md has all',
    },
  ];
}

/** THACIL where items have features and users histories; else NCF. */
function impressionModel(store: Store, data: PreparedData): Entry[] {
  const { categories, vectors } = store.items;
  const [vectorNames, categoryNames] = [Object.keys(vectors), Object.keys(categories)];
  const events = data.histories('positive').item.length / store.userIds.length;
  const model = (key: string, value: unknown, why?: string): Entry => ({
    path: ['model', key],
    value,
    ...(why !== undefined && { why }),
  });
  const hasFeatures = vectorNames.length + categoryNames.length > 0;
  if (hasFeatures && events >= 5 && store.interactions.rows <= LARGE) {
    const length = Math.min(60, Math.max(10, 10 * Math.round((1.5 * events) / 10)));
    return [
      model('name', 'thacil', `items have features, users ${events.toFixed(0)} positive rows on average`),
      model('visual', vectorNames.length > 0 ? vectorNames : ['id'], 'vectors, or the item itself'),
      model('category', categoryNames.length > 0 ? categoryNames : ['id'], 'categories, or the item itself'),
      ...[
        ['visualSize', 16],
        ['categorySize', 16],
        ['historyLength', length],
        ['blockSize', 10],
        ['heads', 4],
        ['hidden', 32],
        ['l2Weight', 0.0005],
      ].map(([key, value]) => model(key as string, value)),
    ];
  }
  const why = hasFeatures
    ? 'quick also on many rows; thacil reads histories too'
    : 'needs no features of the items; bpr is another';
  return [
    model('name', 'ncf', why),
    model('item', ['id', ...categoryNames], 'what an item is made of'),
    model('factors', 16),
    model('layers', [32, 16, 8]),
    model('l2Weight', 0.001),
  ];
}

/** Rows that are all positive: find a user's next items among all items. */
function positivesOnly(store: Store, label: string): FirstExperiment {
  const found = firstThat(splitsOf(store, 'leaveOneOut'), (split) => prepared(store, label, split));
  if (!found) throw tooSmall(store, 'at all');
  const { split, why, result: data } = found;
  const ranked: Entry[] = [
    {
      path: ['evaluate', 'candidates'],
      value: { kind: 'catalogue' },
      why: 'rank all items: docs/ranking.md',
    },
    { path: ['evaluate', 'metrics'], value: ['hr@10', 'ndcg@10', 'mrr'] },
  ];
  const entries: Entry[] = [labelEntry(label, []), { path: ['data', 'split'], value: split, why }];
  const monitor: Entry = { path: ['train', 'monitor'], value: 'ndcg@10', why: 'chooses the epoch' };
  const negatives = { kind: 'uniform', count: 1 } as const;
  if (trainableOf(data, negatives, 'pairwise').anchors.length === 0) {
    const floor = 'every user has all items of the train part, so nothing is left to learn from';
    return [...entries, { path: ['model', 'name'], value: 'popularity', why: floor }, monitor, ...ranked];
  }
  return [
    ...entries,
    { path: ['model', 'name'], value: 'bpr', why: 'ranks what a user chose above what it did not' },
    { path: ['model', 'item'], value: ['id'] },
    { path: ['model', 'factors'], value: store.interactions.rows < 100_000 ? 16 : 64 },
    ...trainEntries(data, 30),
    { path: ['train', 'negatives'], value: { kind: 'uniform' }, why: 'the log has none of its own' },
    monitor,
    ...ranked,
  ];
}

/** Rows from which on a model without histories comes first. */
const LARGE = 300_000;

function labelEntry(label: string, others: readonly string[]): Entry {
  const why = others.length > 0 ? `what to predict; also: ${others.join(', ')}` : 'what to predict';
  return { path: ['data', 'label'], value: label, why };
}

function trainEntries({ split }: PreparedData, epochs: number): Entry[] {
  const rows = split.train.length;
  // Some hundred steps an epoch, so that an epoch is long enough to learn and short enough to wait for.
  const batchSize = 2 ** Math.min(12, Math.max(5, Math.round(Math.log2(rows / 100))));
  return [
    { path: ['train', 'epochs'], value: epochs, why: 'at most; patience ends it earlier' },
    { path: ['train', 'batchSize'], value: batchSize },
    { path: ['train', 'optimizer'], value: { learningRate: 0.003 } },
    { path: ['train', 'patience'], value: 3, why: 'epochs without a better result' },
  ];
}

interface SplitChoice {
  readonly split: Split;
  readonly why: string;
}

/** What suits the log, then what may do. */
function splitsOf({ interactions: { part } }: Store, first: 'time' | 'leaveOneOut'): SplitChoice[] {
  const shares = { train: 0.8, validation: 0.1 } as const;
  const global: SplitChoice = {
    split: { kind: 'time', scope: 'global', ...shares },
    why: 'one cut in time for all: users have too few rows to cut each',
  };
  const published: SplitChoice = {
    split: { kind: 'published', validation: 0.1, cut: 'user', seed: 1 },
    why: 'as the source has it; docs/data.md says where validation comes from',
  };
  const own: SplitChoice =
    first === 'leaveOneOut'
      ? {
          split: { kind: 'leaveOneOut' },
          why: "a user's last row is test, the last but one validation",
        }
      : {
          split: { kind: 'time', scope: 'user', ...shares },
          why: "the earliest 80 % of a user's rows are train, a tenth of them validation",
        };
  return [...(part ? [published] : []), own, global];
}

/** Null where the split leaves a part empty. */
function prepared(store: Store, label: string, split: Split): PreparedData | null {
  try {
    return prepare(store, { label, split });
  } catch (error) {
    if (error instanceof EmptyPartError) return null;
    throw error;
  }
}

function firstThat<T>(
  choices: readonly SplitChoice[],
  test: (split: Split) => T | null,
): (SplitChoice & { readonly result: T }) | null {
  for (const choice of choices) {
    const result = test(choice.split);
    if (result !== null) return { ...choice, result };
  }
  return null;
}

function tooSmall({ interactions: { rows }, userIds }: Store, how: string): UserError {
  return new UserError(
    `the log cannot be cut into train, validation and test ${how}: ${counted(rows, 'row')} of ${counted(userIds.length, 'user')}`,
    'An experiment needs more rows; mvrec data inspect shows what is there.',
  );
}

function hasBothClasses(label: Float32Array): boolean {
  return label.some((value) => value !== label[0]);
}

function bothIn({ label, split }: PreparedData, part: 'train' | 'validation' | 'test'): boolean {
  const rows = split[part];
  return rows.some((row) => label[row] !== label[rows[0]!]);
}

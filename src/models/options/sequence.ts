import { z } from 'zod';
import { features, type ModelInfo, type Preset, positive, rule } from './shared.js';

/** What the sequence baselines LSTM, CNN and ATRank have in common: items, histories, heads. */
const common = {
  item: features('[cover]').default(['cover']),
  itemEmbedding: z
    .enum(['projected', 'frozen', 'trainable'])
    .default('projected')
    .describe(
      'A trained map of the vectors, the vectors as they are, or a table of all items that starts from them.',
    ),
  itemSize: positive
    .optional()
    .describe(
      'Width of what `item` is embedded to. Default: 64 where it is projected, else that of the vectors.',
    ),
  category: z
    .array(z.string())
    .default(['category'])
    .refine((names) => new Set(names).size === names.length, { error: 'Name each feature once' })
    .describe('Features of a second side of items, put beside the first; []: none.'),
  categorySize: positive.default(64).describe('Width of the second side.'),
  historyLength: positive.default(160).describe('T, longest history.'),
  historySample: z
    .enum(['recent', 'first', 'random'])
    .default('recent')
    .describe('Of a longer history: its latest items, its first, or a random choice in time order.'),
  historyTarget: z
    .enum(['causal', 'exclude', 'include'])
    .default('causal')
    .describe(
      'What a history may contain: events before the impression, or all of the train part without or with the target.',
    ),
  head: z
    .enum(['mlp', 'dual', 'dot'])
    .default('mlp')
    .describe(
      "relu([u ; x] W1 + b1) w2 + b2; two of them, for what was clicked and what was not (ALPINE's); or u . x and a bias of the item (ATRank's code).",
    ),
  hidden: positive.default(128).describe('Width of the hidden layer of heads mlp and dual.'),
  alphas: z
    .array(z.number().gt(0))
    .length(2)
    .default([0.68, 0.32])
    .describe('head: dual: shares of the logits of positive and negative history.'),
  userSize: z
    .int()
    .min(0)
    .default(0)
    .describe('head: mlp: width of a user identifier embedding fed to it; 0, as in the papers: none.'),
  l2Weight: z
    .number()
    .min(0)
    .default(5e-5)
    .describe('Factor of 0.5 * sum of squares of all matrices and of the rows of tables in use.'),
};

const interestSize = z.int().min(0);

type Common = z.output<z.ZodObject<typeof common>>;

const userNeedsMlp = rule<Pick<Common, 'head' | 'userSize'>>(
  'userSize',
  ({ head, userSize }) =>
    head !== 'mlp' &&
    userSize > 0 && [
      `is ${userSize}, and head: ${head} takes no user embedding`,
      'Leave it out, or use head: mlp.',
    ],
);

export const lstmSchema = z
  .strictObject({
    name: z.literal('lstm'),
    ...common,
    units: positive.default(128).describe('H, width of the hidden states.'),
    pool: z
      .enum(['last', 'mean', 'attention'])
      .default('last')
      .describe(
        "What is made of the states: the last, their mean, or what the candidate attends to (THACIL's Eq. 9).",
      ),
    interestSize: interestSize.default(0).describe('Width of a linear layer behind that (LSTM-R); 0: none.'),
  })
  .check(userNeedsMlp);

export const cnnSchema = z
  .strictObject({
    name: z.literal('cnn'),
    ...common,
    windows: positive.default(10).describe('Windows are 1, 2, .. so many items long; at most historyLength.'),
    filters: positive.default(32).describe('F, filters of each window length.'),
    filterActivation: z
      .enum(['relu', 'linear'])
      .default('relu')
      .describe(
        'What responses go through: as in ATRank\'s code, or nothing ("linear filters", ALPINE\'s text).',
      ),
    maskPadding: z
      .boolean()
      .default(true)
      .describe(
        "Whether windows without an item are left out; false, as in ATRank's code: they count, with the bias alone.",
      ),
    interestSize: interestSize.default(128).describe('Width of the linear layer behind the maxima; 0: none.'),
  })
  .check(
    userNeedsMlp,
    rule(
      'windows',
      ({ windows, historyLength }) =>
        windows > historyLength && [
          `is ${windows}, and a window longer than historyLength, ${historyLength}, never fits`,
          `Use ${historyLength} at most.`,
        ],
    ),
  );

export const atrankSchema = z
  .strictObject({
    name: z.literal('atrank'),
    ...common,
    heads: positive.default(8).describe('h; must divide the width of items.'),
    feedForward: positive.default(32).describe('Width of the inner layer of both feed-forward nets.'),
    timeEncoding: z
      .enum(['none', 'rankBuckets'])
      .default('none')
      .describe(
        'Whether an item also tells how long ago it was: not, or by the bucket [1, 2), [2, 4), .. of its place from the end.',
      ),
  })
  .check(userNeedsMlp);

export type LstmOptions = z.output<typeof lstmSchema>;
export type CnnOptions = z.output<typeof cnnSchema>;
export type AtrankOptions = z.output<typeof atrankSchema>;
export type SequenceOptions = LstmOptions | CnnOptions | AtrankOptions;

/** Which of the histories the head reads. */
export const polaritiesOf = ({ head }: Pick<Common, 'head'>): ('positive' | 'negative')[] =>
  head === 'dual' ? ['positive', 'negative'] : ['positive'];

const logged = { batching: 'shuffled', negatives: { kind: 'logged', ratio: 'all' } } as const;

type Table = 'thacil' | 'alpine' | 'scaa' | 'mtin';
const kuaishou: Preset['values'] = {
  model: { itemEmbedding: 'trainable', category: [], historyLength: 300, historySample: 'first' },
  train: { ...logged, batchSize: 2048, optimizer: { learningRate: 0.001 } },
};
const tables: Readonly<Record<Table, Preset>> = {
  thacil: {
    about: "Of THACIL's Table 2: half visual, half category, 128 wide; batches of 128, Adam at 0.001.",
    values: {
      model: { itemEmbedding: 'projected', itemSize: 64, categorySize: 64, historyLength: 160 },
      train: { ...logged, batchSize: 128, optimizer: { learningRate: 0.001 } },
    },
  },
  alpine: {
    about:
      "Of ALPINE's Table 2, Dataset I: a trainable table of item vectors, the first 300 events; batches of 2048.",
    values: kuaishou,
  },
  scaa: { about: "Of SCAA's Table 1, whose number is ALPINE's: the same as there.", values: kuaishou },
  mtin: {
    about: "Of MTIN's Table 2: cover vectors mapped to 128; batches of 32, Adam at 0.001.",
    values: {
      model: { itemEmbedding: 'projected', itemSize: 128, category: [], historyLength: 160 },
      train: { ...logged, batchSize: 32, optimizer: { learningRate: 0.001 } },
    },
  },
};

function preset(table: Table, as: string, model: Readonly<Record<string, unknown>>): Preset {
  const { about, values } = tables[table];
  return {
    about: `${as} ${about[0]!.toLowerCase()}${about.slice(1)}`,
    values: { ...values, model: { ...values.model, ...model } },
  };
}

export const lstmInfo: ModelInfo = {
  title: 'LSTM over the history: LSTM, LSTM+Attention and LSTM-R of the papers’ tables',
  paper: 'Hochreiter and Schmidhuber, Long Short-Term Memory, Neural Computation 1997',
  year: 1997,
  kind: 'sequence',
  reads: 'clicked items; vectors, categories',
  tables: ['THACIL 2', 'ALPINE 2', 'MTIN 2'],
  presets: {
    thacil: preset('thacil', 'LSTM', { pool: 'last' }),
    'thacil-attention': preset('thacil', 'LSTM+Attention', { pool: 'attention' }),
    alpine: preset('alpine', 'LSTM-R', { pool: 'mean', units: 64, interestSize: 64 }),
    mtin: preset('mtin', 'LSTM', { pool: 'mean' }),
  },
};

export const cnnInfo: ModelInfo = {
  title: 'CNN over the history: CNN and CNN-R of the papers’ tables',
  paper: 'Kim, Convolutional Neural Networks for Sentence Classification, EMNLP 2014',
  year: 2014,
  kind: 'sequence',
  reads: 'clicked items; vectors, categories',
  tables: ['ALPINE 2', 'MTIN 2'],
  presets: {
    alpine: preset('alpine', 'CNN-R', { interestSize: 64 }),
    mtin: preset('mtin', 'CNN', {}),
  },
};

const asAlpine = { head: 'dual', feedForward: 16 };

export const atrankInfo: ModelInfo = {
  title: 'ATRank: self-attention over the history, attention of the candidate',
  paper:
    'Zhou et al., ATRank: An Attention-Based User Behavior Modeling Framework for Recommendation, AAAI 2018',
  year: 2018,
  kind: 'sequence',
  reads: 'clicked items; vectors, categories',
  tables: ['THACIL 2', 'ALPINE 2', 'SCAA 1', 'MTIN 2'],
  presets: {
    thacil: preset('thacil', 'ATRank', {}),
    alpine: preset('alpine', 'ATRank', asAlpine),
    scaa: preset('scaa', 'ATRank', asAlpine),
    mtin: preset('mtin', 'ATRank', {}),
  },
};

import { z } from 'zod';
import { knobSchema, worldNames } from '../data/world/options.js';
import { modelSchema, rule } from '../models/options.js';
import { tuneSchema } from './tune.js';

/**
 * The experiment file. This schema is the single source of the types, the defaults, `--help`, the editor's JSON
 * schema (`schema/experiment.json`) and the option tables in the documentation.
 */
const fraction = z.number().gt(0).lt(1);
const positive = z.int().min(1);
const seed = z.int().min(0);

const worldSource = z.strictObject({
  world: z.enum(worldNames).describe('Name of a simulated world. Its numbers are labelled as simulated.'),
  scale: z.number().gt(0).max(100).default(1).describe('Multiplies the number of users and items.'),
  seed: seed.default(1).describe('Seed of the simulation; independent of the seed of training.'),
  knobs: knobSchema
    .optional()
    .describe('Knobs of the world that differ from its own values, which docs/simulator.md lists.'),
});
const cardSource = z.strictObject({
  card: z
    .string()
    .describe('Data set card (YAML): files, columns, features. Relative to the experiment file.'),
  from: z.string().describe('Folder of the downloaded files. Relative to the experiment file.'),
});
const storeSource = z.strictObject({
  store: z.string().describe('Name given to `mvrec data import --name`, or the path of a store folder.'),
});

const split = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('time').describe('The earliest rows are train, the latest test.'),
    scope: z
      .enum(['user', 'global'])
      .default('user')
      .describe('Cut each user separately, or all at one time.'),
    train: fraction
      .default(0.8)
      .describe('Share of the rows before the cut: train part, validation included.'),
    validation: fraction
      .default(0.1)
      .describe('Share of the train part, its latest rows, kept for validation.'),
  }),
  z.strictObject({
    kind: z
      .literal('itemColdStart')
      .describe('Test items never occur in train; interactions follow their item.'),
    train: fraction
      .default(0.7)
      .describe('Share of the items whose rows are train, validation items included.'),
    validation: fraction
      .default(0.1)
      .describe('Share of the train items, disjoint again, kept for validation.'),
    seed: seed.default(1).describe('Seed of the draw of items.'),
  }),
  z.strictObject({
    kind: z
      .literal('random')
      .describe('A random part of the rows is test, another of the rest validation (UVCAN, per user).'),
    scope: z
      .enum(['user', 'global'])
      .default('user')
      .describe('Draw among the rows of each user, or among all.'),
    train: fraction.default(0.8).describe('Share of the rows that are train, validation rows included.'),
    validation: fraction.default(0.1).describe('Share of the train part kept for validation.'),
    seed: seed.default(1).describe('Seed of the draw of rows.'),
  }),
  z.strictObject({
    kind: z.literal('published').describe('Each row goes where the source puts it. Test is never touched.'),
    validation: fraction
      .default(0.1)
      .describe('Where the source has no validation part: share of its train part that becomes one.'),
    cut: z
      .enum(['user', 'global', 'items'])
      .default('user')
      .describe(
        "Which rows those are: each user's latest, the latest of all, or all rows of random items (for test items that never occur in train).",
      ),
    seed: seed.default(1).describe('items: seed of the draw.'),
  }),
  z.strictObject({
    kind: z
      .literal('leaveOneOut')
      .describe(
        "A user's last row is test, the last but one validation; users with fewer than 3 rows are train entirely.",
      ),
  }),
]);

const filter = z.strictObject({
  rowsWith: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Rows in which each of these columns is above 0; first of all conditions.'),
  usersWithAll: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("Users with a positive row in each of these columns; SCAA's subset: [is_like, is_follow]."),
  usersWithAny: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Users with a positive row in one of these columns at least.'),
  minUserRows: positive.optional().describe('Users with at least this many rows.'),
  minUserPositives: positive
    .optional()
    .describe('Users with at least this many rows in which the label is 1; UVCAN: 5.'),
  minItemRows: positive.optional().describe('Items with at least this many rows.'),
  kCore: positive
    .optional()
    .describe('Then drop users and items with fewer rows, again and again until all have as many.'),
});

const dataSchema = z.strictObject({
  source: z.union([worldSource, cardSource, storeSource]).describe('Where the log comes from.'),
  label: z.string().default('is_click').describe('Column to predict: 0 or 1.'),
  history: z
    .string()
    .optional()
    .describe('Column whose positive rows make up the history. Default: the label.'),
  negativeHistory: z
    .string()
    .optional()
    .describe(
      'The same for the negative history, of the models that have one. Default: the rows that are not positive in history.',
    ),
  filter: filter.optional().describe('Which rows, users and items take part; all conditions must hold.'),
  split: split.prefault({ kind: 'time' }).describe('How train, validation and test are cut.'),
  standardize: z
    .array(z.string())
    .default([])
    .describe(
      'Item vectors to bring to mean 0 and standard deviation 1 in each dimension, as measured on items of the train part.',
    ),
});

const negatives = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('logged').describe('Impressions that were shown and not clicked.'),
    ratio: z
      .union([z.literal('all'), z.number().gt(0)])
      .default('all')
      .describe('Negatives per positive and user, redrawn each epoch (THACIL), or every logged row.'),
  }),
  z.strictObject({
    kind: z
      .literal('uniform')
      .describe('Items of the train part that the user has no positive train row with, drawn uniformly.'),
    count: positive.default(1).describe('Negatives per positive, redrawn each epoch.'),
  }),
  z.strictObject({
    kind: z
      .literal('popularity')
      .describe('The same, drawn in proportion to (rows of the item in train)^alpha.'),
    count: positive.default(1).describe('Negatives per positive, redrawn each epoch.'),
    alpha: z.number().gt(0).max(2).default(1).describe('Exponent; towards 0 it becomes uniform.'),
  }),
]);

const schedule = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant').describe('One rate throughout.') }),
  z.strictObject({
    kind: z
      .literal('plateau')
      .describe('THACIL: halve the rate when the mean training loss stalls, then stop.'),
    minImprovement: z.number().min(0).default(0.005).describe('An epoch that gains less counts as a stall.'),
    factor: fraction.default(0.5).describe('Multiplies the rate after a stall.'),
    maxStalls: positive.default(5).describe('Training stops when more stalls than this have added up.'),
  }),
]);

const trainSchema = z.strictObject({
  epochs: positive.default(10).describe('At most this many passes over the train part.'),
  batchSize: positive.default(128).describe('Pairs (user, candidate) a step.'),
  batching: z
    .enum(['shuffled', 'byUser'])
    .default('shuffled')
    .describe(
      "Draw the pairs of a step independently, or keep a user's pairs together and encode the user once.",
    ),
  pairsPerUser: positive
    .default(32)
    .describe(
      'byUser: at most this many pairs of one user are kept together. More: fewer histories to encode; fewer: more users in a step.',
    ),
  lastBatch: z
    .enum(['keep', 'drop'])
    .default('keep')
    .describe("What becomes of the pairs that do not fill the last step; THACIL's released code drops them."),
  negatives: negatives.prefault({ kind: 'logged' }).describe('What the positives are contrasted with.'),
  optimizer: z
    .strictObject({
      name: z.enum(['adam', 'sgd']).default('adam').describe('Update rule.'),
      learningRate: z.number().gt(0).default(0.001).describe('Rate of the first epoch.'),
      beta1: z.number().min(0).lt(1).default(0.9).describe('Adam: decay of the mean of gradients.'),
      beta2: z.number().min(0).lt(1).default(0.999).describe('Adam: decay of the mean of their squares.'),
      epsilon: z.number().gt(0).default(1e-8).describe('Adam: added to the root of that mean.'),
      wholeTablesL2: z
        .number()
        .min(0)
        .nullable()
        .default(null)
        .describe(
          'Update every row of every table in every step, as libraries do whose embeddings are dense weights, with this factor of 0.5 * sum of squares; slow for large tables. null: touched rows alone.',
        ),
    })
    .prefault({})
    .describe('Dense weights are updated every step, tables row by row when touched (lazy Adam), or wholly.'),
  clipNorm: z.number().gt(0).nullable().default(null).describe('Clip the gradient to this global norm.'),
  schedule: schedule.prefault({ kind: 'constant' }).describe('Learning rate over epochs.'),
  monitor: z.string().default('auc').describe('Metric that chooses the best epoch and stops training.'),
  patience: z
    .int()
    .min(1)
    .nullable()
    .default(3)
    .describe('Stop after this many epochs without a better monitor; null: never.'),
  selectOn: z
    .enum(['validation', 'test', 'last'])
    .default('validation')
    .describe(
      'Part whose monitor chooses the epoch. `test` reproduces protocols that do so and is recorded as such; `last` takes the last epoch.',
    ),
  checkpointSeconds: z
    .number()
    .gt(0)
    .default(60)
    .describe('Save at least this often within an epoch, besides after every epoch.'),
  checkpointSteps: positive.nullable().default(null).describe('Save every so many steps as well.'),
});

const candidates = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('impressions').describe('The logged rows of the part, positives and negatives.'),
  }),
  z.strictObject({
    kind: z
      .literal('catalogue')
      .describe(
        'Every item, without those of the positive rows that a user has in the parts before (train; for test, validation too).',
      ),
  }),
  z.strictObject({
    kind: z.literal('sampled').describe('Each positive row of the part against drawn items.'),
    negatives: positive.default(1000).describe('Items drawn for each positive row.'),
    by: z
      .enum(['uniform', 'popularity'])
      .default('uniform')
      .describe('All items alike, or those with train rows in proportion to how many.'),
    among: z
      .enum(['unobserved', 'any'])
      .default('unobserved')
      .describe(
        "Items that are in no positive row of the user, in whatever part; any: all but the row's own, the user's other positives too.",
      ),
    seed: seed.default(1).describe('Seed of the draw: all runs that share it rank the same candidates.'),
  }),
  z.strictObject({
    kind: z
      .literal('file')
      .describe('Lists from a file, for example one that `mvrec data candidates` wrote.'),
    path: z
      .string()
      .describe(
        'CSV or Parquet with columns user, item and perhaps row, split, label. Relative to the experiment file.',
      ),
  }),
]);

const evaluateSchema = z.strictObject({
  candidates: candidates
    .prefault({ kind: 'impressions' })
    .describe(
      'What a positive is ranked among. Numbers of different kinds must never stand side by side: see docs/ranking.md.',
    ),
  metrics: z
    .array(z.string())
    .min(1)
    .default(['auc', 'gauc', 'uauc', 'logloss'])
    .describe('Names as in docs/metrics.md, for example auc, gauc, ndcg@10, ndcg@10:thacil.'),
  test: z
    .boolean()
    .default(true)
    .describe('Measure test at the end of a run; false: validation alone, as the trials of a search do.'),
  contextsPerBatch: positive
    .default(256)
    .describe(
      'Users (contexts) encoded at a time: speed and memory. The last bits of scores may change with it.',
    ),
});

const engineSchema = z.strictObject({
  name: z
    .enum(['auto', 'tensorflow', 'webgpu', 'wasm', 'cpu'])
    .default('auto')
    .describe(
      'What computes; auto: the first of the others, from left to right, that works here; webgpu only on a real GPU.',
    ),
  threads: z
    .union([z.literal('auto'), positive.max(1024)])
    .default('auto')
    .describe(
      "Threads of the engine; auto: the number of cores. Results change with it, so it is part of a run's identity.",
    ),
});

export const experimentSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^\w[\w.-]*$/)
      .optional()
      .describe("Name of the run folder's parent; default: the file's name."),
    presets: z
      .array(z.string())
      .default([])
      .describe('Presets of the model, applied left to right beneath this file (`--preset`: over it).'),
    seed: seed.default(1).describe('Seed of initialisation, sampling, shuffling and dropout.'),
    data: dataSchema.describe('The log, what to predict, and how it is split.'),
    model: modelSchema.describe('Which model, and its options.'),
    train: trainSchema.prefault({}).describe('How the model is trained.'),
    evaluate: evaluateSchema.prefault({}).describe('What is measured.'),
    engine: engineSchema.prefault({}).describe('What computes.'),
    tune: tuneSchema.optional().describe('What `mvrec tune` searches; other commands leave it alone.'),
  })
  .check(
    rule(
      ['evaluate', 'test'],
      ({ evaluate, train }) =>
        !evaluate.test &&
        train.selectOn === 'test' && [
          'is false, and train.selectOn: test measures it every epoch',
          'Use train.selectOn: validation, or leave evaluate.test out.',
        ],
    ),
  );

/** A complete experiment: every default filled in. */
export type Experiment = z.output<typeof experimentSchema>;
export type TrainConfig = Experiment['train'];

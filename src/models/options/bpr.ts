import { z } from 'zod';
import { features, type ModelInfo, positive, rule } from './shared.js';

export const bprSchema = z
  .strictObject({
    name: z.literal('bpr'),
    factors: positive.default(128).describe('Width of the user and item vectors.'),
    item: features('[id] or [cover, category]').default(['id']).describe('What an item vector is made of.'),
    itemBias: z.boolean().default(true).describe('Add a bias per item to the score.'),
    head: z
      .enum(['product', 'mlp'])
      .default('product')
      .describe(
        "What makes a score of the two vectors: their inner product, or (ALPINE's table) a ReLU layer on both.",
      ),
    hidden: positive.default(128).describe('Width of that layer; head: mlp.'),
    update: z
      .enum(['step', 'couple'])
      .default('step')
      .describe(
        'step: by the mean gradient of a step, with train.optimizer; couple: the paper, plain SGD after every couple (needs item: [id], head: product and train.optimizer.name: sgd).',
      ),
    l2Weight: z
      .number()
      .min(0)
      .default(5e-5)
      .describe('Factor of 0.5 * sum of squares over the rows in use and the layer of the head.'),
  })
  .check(
    rule(
      'update',
      ({ head, update }) =>
        update === 'couple' &&
        head !== 'product' && [
          `is couple, which learns an inner product, and head is ${head}`,
          'Use head: product, or update: step.',
        ],
    ),
  );

export type BprOptions = z.output<typeof bprSchema>;

/** What the tables of impressions gave it; their texts name no more than the vectors. */
const content = { factors: 128, item: ['cover', 'category'], itemBias: false, l2Weight: 5e-5 } as const;
const logged = {
  batchSize: 128,
  batching: 'shuffled',
  negatives: { kind: 'logged', ratio: 1 },
  optimizer: { name: 'adam', learningRate: 0.001 },
} as const;

export const bprInfo: ModelInfo = {
  title: 'BPR: Bayesian personalised ranking, matrix factorisation',
  paper: 'Rendle et al., BPR: Bayesian Personalized Ranking from Implicit Feedback, UAI 2009',
  year: 2009,
  kind: 'collaborative',
  reads: 'user, item; item features',
  tables: ['THACIL 2', 'ALPINE 2', 'MTIN 2', 'UVCAN 3'],
  presets: {
    paper: {
      about: 'LearnBPR: plain SGD after every couple of a positive and a uniformly drawn item, no item bias.',
      values: {
        model: { item: ['id'], itemBias: false, update: 'couple' },
        train: {
          batchSize: 16384,
          batching: 'shuffled',
          negatives: { kind: 'uniform', count: 1 },
          optimizer: { name: 'sgd', learningRate: 0.05 },
        },
      },
    },
    thacil: {
      about: "THACIL's table: content in place of identifiers, shown and not clicked as the negatives.",
      values: { model: content, train: logged },
    },
    alpine: {
      about: "ALPINE's table: the same, scored by a ReLU layer 128 wide on both vectors.",
      values: { model: { ...content, head: 'mlp', hidden: 128 }, train: { ...logged, batchSize: 2048 } },
    },
    mtin: {
      about: "MTIN's table: as THACIL's, of the cover alone, in batches of 32, as MTIN itself.",
      values: { model: { ...content, item: ['cover'] }, train: { ...logged, batchSize: 32 } },
    },
    uvcan: {
      about: "UVCAN's table: identifiers, 32 wide, no L2, a uniformly drawn item as the negative.",
      values: {
        model: { factors: 32, item: ['id'], l2Weight: 0 },
        train: {
          batchSize: 256,
          batching: 'shuffled',
          negatives: { kind: 'uniform', count: 1 },
          optimizer: { name: 'adam', learningRate: 0.001 },
        },
      },
    },
  },
};

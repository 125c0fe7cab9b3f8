import { z } from 'zod';
import { features, type ModelInfo, positive } from './shared.js';

export const bprSchema = z.strictObject({
  name: z.literal('bpr'),
  factors: positive.default(128).describe('Width of the user and item vectors.'),
  item: features('[id] or [cover, category]').default(['id']).describe('What an item vector is made of.'),
  itemBias: z.boolean().default(true).describe('Add a bias per item to the score.'),
  update: z
    .enum(['step', 'couple'])
    .default('step')
    .describe(
      'step: by the mean gradient of a step, with train.optimizer; couple: the paper, plain SGD after every couple (needs item: [id] and train.optimizer.name: sgd).',
    ),
  l2Weight: z.number().min(0).default(5e-5).describe('Factor of 0.5 * sum of squares over the rows in use.'),
});

export type BprOptions = z.output<typeof bprSchema>;

export const bprInfo: ModelInfo = {
  title: 'BPR: Bayesian personalised ranking, matrix factorisation',
  paper: 'Rendle et al., BPR: Bayesian Personalized Ranking from Implicit Feedback, UAI 2009',
  year: 2009,
  kind: 'collaborative',
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
  },
};

import { z } from 'zod';
import { type ModelInfo, positive } from './shared.js';

export const lightgcnSchema = z.strictObject({
  name: z.literal('lightgcn'),
  factors: positive.default(64).describe('Width of the user and item vectors.'),
  layers: positive
    .max(4)
    .default(3)
    .describe('K, how often the vectors are passed on along the graph; the paper: 1 to 4.'),
  l2Weight: z
    .number()
    .min(0)
    .default(1e-4)
    .describe('lambda, factor of 0.5 * sum of squares of the initial vectors of a couple.'),
});

export type LightgcnOptions = z.output<typeof lightgcnSchema>;

export const lightgcnInfo: ModelInfo = {
  title: 'LightGCN: graph convolution without transformations',
  paper:
    'He et al., LightGCN: Simplifying and Powering Graph Convolution Network for Recommendation, SIGIR 2020',
  year: 2020,
  kind: 'collaborative',
  reads: 'user, item',
  tables: [],
  presets: {
    paper: {
      about: 'Three layers, 64 wide, couples with a uniformly drawn item, Adam 0.001.',
      values: {
        model: { factors: 64, layers: 3, l2Weight: 1e-4 },
        train: {
          batchSize: 4096,
          batching: 'shuffled',
          negatives: { kind: 'uniform', count: 1 },
          optimizer: { name: 'adam', learningRate: 0.001 },
        },
      },
    },
  },
};

import { z } from 'zod';
import { type ModelInfo, positive } from './shared.js';

export const wmfSchema = z.strictObject({
  name: z.literal('wmf'),
  factors: positive.max(1024).default(32).describe('K, width of the user and item vectors; UVCAN: 32.'),
  alpha: z
    .number()
    .gt(0)
    .default(40)
    .describe('A chosen item counts 1 + alpha times, any other once (confidence; the paper: 40).'),
  l2Weight: z.number().gt(0).default(0.1).describe('lambda, factor of the sum of squares of all vectors.'),
  solver: z
    .enum(['exact', 'conjugateGradients'])
    .default('exact')
    .describe("How a row is solved: by Cholesky, or by some steps from where it is (implicit's default)."),
  steps: positive
    .max(100)
    .default(3)
    .describe('Steps of conjugate gradients a row and sweep, with that solver.'),
  initStd: z.number().gt(0).default(0.1).describe("Standard deviation of the items' vectors at the start."),
});

export type WmfOptions = z.output<typeof wmfSchema>;

export const wmfInfo: ModelInfo = {
  title: 'WMF: weighted matrix factorisation of implicit feedback, by alternating least squares',
  paper: 'Hu, Koren and Volinsky, Collaborative Filtering for Implicit Feedback Datasets, ICDM 2008',
  year: 2008,
  kind: 'collaborative',
  reads: 'user, item',
  tables: ['UVCAN 3'],
  presets: {
    paper: {
      about: 'Confidence 1 + 40 for what was chosen, and ten sweeps over users and items.',
      values: { model: { alpha: 40 }, train: { epochs: 10 } },
    },
    uvcan: {
      about: "UVCAN's table: 32 wide; confidence, which it does not give, as in WMF's paper.",
      values: { model: { factors: 32, alpha: 40 } },
    },
  },
};

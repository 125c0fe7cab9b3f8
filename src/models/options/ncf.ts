import { z } from 'zod';
import { features, type ModelInfo, positive } from './shared.js';

export const ncfSchema = z.strictObject({
  name: z.literal('ncf'),
  variant: z
    .enum(['NeuMF', 'GMF', 'MLP'])
    .default('NeuMF')
    .describe('The product of the vectors (GMF), layers on both (MLP), or the two together.'),
  factors: positive.default(8).describe('Width of the GMF part.'),
  layers: z
    .array(positive)
    .min(1)
    .default([64, 32, 16, 8])
    .refine(([first]) => first! % 2 === 0, { error: 'The first width must be even: half user, half item' })
    .describe('Widths of the MLP part; the first is the concatenated embeddings.'),
  item: features('[id] or [cover, category]').default(['id']),
  l2Weight: z
    .number()
    .min(0)
    .default(0)
    .describe('Factor of 0.5 * sum of squares over the vectors in use and the hidden layers.'),
});

export type NcfOptions = z.output<typeof ncfSchema>;

export const ncfInfo: ModelInfo = {
  title: 'NCF: neural collaborative filtering (GMF, MLP, NeuMF)',
  paper: 'He et al., Neural Collaborative Filtering, WWW 2017',
  year: 2017,
  kind: 'collaborative',
  presets: {},
};

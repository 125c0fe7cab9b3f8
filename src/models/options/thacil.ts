import { z } from 'zod';
import { divisorBelow, features, type ModelInfo, positive, rule } from './shared.js';

export const thacilSchema = z
  .strictObject({
    name: z.literal('thacil'),
    visual: features('[cover]')
      .default(['cover'])
      .describe('Features of the visual side (paper: the cover vector).'),
    category: features('[category]')
      .default(['category'])
      .describe('Features of the category side (paper: one category).'),
    visualSize: positive.default(64).describe('d_f, width of the visual side.'),
    categorySize: positive.default(64).describe('d_c, width of the category side.'),
    historyLength: positive.default(160).describe('n, longest history.'),
    blockSize: positive.default(20).describe('k, items a block; must divide historyLength.'),
    heads: positive.default(8).describe('h; must divide visualSize + categorySize.'),
    hidden: positive.default(128).describe('Width of the prediction head.'),
    categoryLevel: z
      .boolean()
      .default(true)
      .describe('Category-level attention within blocks; false: masked mean.'),
    itemLevel: z.boolean().default(true).describe('Item-level attention within blocks; false: masked mean.'),
    interAttention: z
      .enum(['forward', 'bidirectional', 'none'])
      .default('forward')
      .describe('Which blocks a block attends to: earlier ones, all, or none.'),
    candidateAttention: z
      .boolean()
      .default(true)
      .describe('Attention of the candidate over blocks; false: masked mean.'),
    firstBlock: z
      .enum(['zero', 'uniform'])
      .default('zero')
      .describe(
        'What the first block receives, which no block precedes: nothing, or (released code) a uniform mean.',
      ),
    headWeights: z
      .enum(['shared', 'perHead'])
      .default('shared')
      .describe('W_p and b of the block attention: one for all heads (released code) or one a head (Eq. 6).'),
    interActivation: z
      .enum(['scaledTanh', 'tanh', 'relu'])
      .default('scaledTanh')
      .describe('scaledTanh: 5 tanh(z / 5).'),
    layerNormInit: z
      .enum(['ones', 'glorot'])
      .default('ones')
      .describe('Gain 1 and offset 0, or (released code) both drawn as by Glorot.'),
    dropout: z
      .enum(['none', 'released'])
      .default('none')
      .describe('released: keep 0.8 at the 15 sites of the released graph.'),
    l2: z
      .enum(['uniform', 'released'])
      .default('uniform')
      .describe('Which weights the L2 term covers; released counts the visual projection twice.'),
    l2Weight: z.number().min(0).default(5e-5).describe('Factor of 0.5 * sum of squares.'),
    historySample: z
      .enum(['recent', 'random'])
      .default('recent')
      .describe('Of a longer history: its latest items, or (released code) a random choice in time order.'),
    historyTarget: z
      .enum(['causal', 'exclude', 'include'])
      .default('causal')
      .describe("What a history may contain; include is the released code's leak."),
    userSize: z
      .int()
      .min(0)
      .default(0)
      .describe('Width of a user identifier embedding fed to the head; 0, as in the paper: none.'),
  })
  .check(
    rule(
      'blockSize',
      ({ historyLength, blockSize }) =>
        historyLength % blockSize !== 0 && [
          `is ${blockSize}, which does not divide historyLength, ${historyLength}`,
          `Use ${divisorBelow(historyLength, blockSize)}, for example.`,
        ],
    ),
    rule('heads', ({ visualSize, categorySize, heads, interAttention }) => {
      const sum = visualSize + categorySize;
      return (
        interAttention !== 'none' &&
        sum % heads !== 0 && [
          `is ${heads}, which does not divide visualSize + categorySize, ${visualSize} + ${categorySize} = ${sum}`,
          `Use ${divisorBelow(sum, heads)}, for example.`,
        ]
      );
    }),
  );

export type ThacilOptions = z.output<typeof thacilSchema>;

export const thacilInfo: ModelInfo = {
  title: 'THACIL: temporal hierarchical attention at category and item level',
  paper:
    'Chen et al., Temporal Hierarchical Attention at Category- and Item-Level for Micro-Video Click-Through Prediction, ACM Multimedia 2018',
  year: 2018,
  kind: 'sequence',
  reads: 'clicked items; vectors, categories',
  tables: ['THACIL 2', 'ALPINE 2', 'SCAA 1', 'MTIN 2'],
  presets: {
    paper: {
      about:
        'The text as printed: all logged impressions, shuffled, weights of each head its own, no dropout.',
      values: {
        model: {
          firstBlock: 'zero',
          headWeights: 'perHead',
          dropout: 'none',
          layerNormInit: 'ones',
          l2: 'uniform',
          historySample: 'recent',
          historyTarget: 'causal',
        },
        train: {
          batchSize: 128,
          batching: 'shuffled',
          negatives: { kind: 'logged', ratio: 'all' },
          optimizer: { learningRate: 0.001 },
        },
      },
    },
    released: {
      about:
        'The code and graph that made the released weights: 3 negatives a positive, dropout, clipping, the target inside its own history.',
      values: {
        model: {
          firstBlock: 'uniform',
          headWeights: 'shared',
          dropout: 'released',
          layerNormInit: 'glorot',
          l2: 'released',
          historySample: 'random',
          historyTarget: 'include',
        },
        train: {
          epochs: 20,
          batchSize: 128,
          batching: 'shuffled',
          lastBatch: 'drop',
          negatives: { kind: 'logged', ratio: 3 },
          clipNorm: 5,
          schedule: { kind: 'plateau' },
          selectOn: 'last',
          patience: null,
        },
      },
    },
  },
};

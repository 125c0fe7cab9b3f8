import { z } from 'zod';
import { fields, inBrackets, type ModelInfo, positive, rule } from './shared.js';

export const uvcanSchema = z
  .strictObject({
    name: z.literal('uvcan'),
    variant: z
      .enum(['UVCAN', 'Video-Att'])
      .default('UVCAN')
      .describe('Co-attention of users and videos, or attention over the fields of the video alone.'),
    userFields: fields('users').default(['id', 'gender', 'city']),
    videoFields: fields('videos').default(['id', 'cover', 'tags', 'author', 'music']),
    factors: positive.default(32).describe('K, width of embeddings and attention; paper: 16, 32, 64.'),
    layers: positive
      .max(4)
      .default(2)
      .describe('M, attention layers of either stack: AL-1 (no stacking) to AL-4.'),
    slotBias: z
      .boolean()
      .default(true)
      .describe('One bias a slot in Eq. 1; false: none, since a single one cancels in the softmax.'),
    stackOutput: z
      .enum(['attended', 'query'])
      .default('attended')
      .describe('What a stack hands on: what its last layer attended to, or the sum that Eq. 2 makes of it.'),
    shareLayers: z.boolean().default(false).describe('Layers of a stack share their weights.'),
    visualActivation: z
      .enum(['linear', 'tanh', 'relu'])
      .default('linear')
      .describe('Of the single layer perceptron that vectors go through.'),
    mlpHidden: z
      .array(positive)
      .min(1)
      .optional()
      .describe('Widths of the hidden layers of the prediction MLP. Default: [2K, K, K/2].'),
    videoAttUser: z
      .enum(['selfAttended', 'none'])
      .default('selfAttended')
      .describe("Video-Att: whether the user's self-attended fields, the guidance, go to the MLP too."),
    idsInOutput: z
      .boolean()
      .default(true)
      .describe('Whether the identifier embeddings go to the MLP beside what was attended to (Eq. 3).'),
    l2Weight: z
      .number()
      .min(0)
      .default(0)
      .describe(
        'Factor of 0.5 * sum of squares over the matrices and the embeddings in use; paper: 0 to 0.1.',
      ),
  })
  .check(
    rule(
      'videoAttUser',
      ({ variant, videoAttUser }) =>
        variant !== 'Video-Att' &&
        videoAttUser === 'none' && [
          `is none, which variant: ${variant} has no use for`,
          'Leave it out, or use variant: Video-Att.',
        ],
    ),
    rule(
      'shareLayers',
      ({ shareLayers, layers }) =>
        shareLayers &&
        layers === 1 && [
          'is true, and layers is 1, which leaves nothing to share',
          'Use layers: 2 or more, or leave shareLayers out.',
        ],
    ),
    rule('userFields', ({ idsInOutput, userFields }) => withId(idsInOutput, userFields)),
    rule('videoFields', ({ idsInOutput, videoFields }) => withId(idsInOutput, videoFields)),
  );

const withId = (idsInOutput: boolean, fields: readonly string[]) =>
  idsInOutput &&
  !fields.includes('id') &&
  ([
    `is ${inBrackets(fields)}, without the id that idsInOutput: true hands to the MLP`,
    `Use ${inBrackets(['id', ...fields])}, or idsInOutput: false.`,
  ] as const);

export type UvcanOptions = z.output<typeof uvcanSchema>;

export const uvcanInfo: ModelInfo = {
  title: 'UVCAN: user-video co-attention network',
  paper: 'Liu et al., User-Video Co-Attention Network for Personalized Micro-video Recommendation, WWW 2019',
  year: 2019,
  kind: 'collaborative',
  reads: 'any fields of users and videos',
  tables: ['UVCAN 3, 4, 5'],
  presets: {
    paper: {
      about:
        "The text: K = 32, two attention layers, three hidden layers, 4 unobserved videos a positive, drawn anew every epoch. Batch size and rate, which it does not give, are NCF's.",
      values: {
        model: { factors: 32, layers: 2 },
        train: {
          batchSize: 256,
          batching: 'shuffled',
          negatives: { kind: 'uniform', count: 4 },
          optimizer: { name: 'adam', learningRate: 0.001 },
        },
      },
    },
  },
};

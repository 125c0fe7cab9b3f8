import { z } from 'zod';
import { features, type ModelInfo, positive, rule } from './shared.js';

export const mtinSchema = z
  .strictObject({
    name: z.literal('mtin'),
    variant: z
      .enum(['MTIN', 'MTIN-P', 'MTIN-P:persist', 'MTIN-I'])
      .default('MTIN')
      .describe(
        'MTIN-P: the memory is not pretrained (:persist: nothing but group representations writes it). MTIN-I: one group, nothing routed, positive history only.',
      ),
    itemEmbedding: z
      .enum(['visualLinear', 'visual+category'])
      .default('visualLinear')
      .describe('The item vector: the visual side alone, or half visual, half category.'),
    visual: features('[cover]').default(['cover']).describe('Features of the visual side.'),
    category: features('[category]')
      .default(['category'])
      .describe('Features of the category side, for itemEmbedding: visual+category.'),
    size: positive.default(128).describe('d, width of item, memory and interest vectors.'),
    historyLength: positive.default(160).describe('l, longest history: the most recent events of each kind.'),
    historyMode: z
      .enum(['prefix', 'chunkPrefix', 'fullTrain'])
      .default('prefix')
      .describe(
        'What a history holds: events before the row, events before the chunk that the row lies in, or (literal Eq. 12) all of the train part, the target too.',
      ),
    chunk: positive
      .default(50)
      .describe('historyMode: chunkPrefix: so many rows of a user, one after the other, share a history.'),
    groups: positive
      .optional()
      .describe('s, interest groups (paper: 6, on KuaiShou 4). Default: 6; 1 for MTIN-I.'),
    masks: positive.default(8).describe('p, parallel temporal masks.'),
    activation: z.enum(['relu', 'tanh']).default('relu').describe('Sigma of Eqs. 2 and 4.'),
    routing: z
      .enum(['straightThrough', 'hard'])
      .default('straightThrough')
      .describe(
        'Gradient of the routing scores: that of the softmax of the chosen group, or (as printed) none.',
      ),
    routingUpdate: z
      .enum(['sequential', 'parallel'])
      .default('sequential')
      .describe(
        'Whether an item is assigned with the averages of the moment or those of the last iteration.',
      ),
    routingIterations: positive.default(3).describe('Iterations of Algorithm 1.'),
    scoreSquash: z
      .enum(['none', 'sigmoid'])
      .default('none')
      .describe('What scores go through before they are routed by.'),
    logBase: z.number().gt(1).default(2).describe('b, base of the discount; smaller: harder.'),
    epsilon: z
      .number()
      .min(0)
      .default(0)
      .describe('Items whose discounted score is not above it are assigned to no group.'),
    memoryInit: z
      .enum(['kmeans', 'random', 'zeros'])
      .optional()
      .describe(
        "Initial memory: centres of the user's train history, N(0, 0.1^2), or 0. Default: kmeans; random for MTIN-P.",
      ),
    memoryTrainable: z
      .boolean()
      .optional()
      .describe('Whether gradients change the memory. Default: true; false for MTIN-P:persist.'),
    memoryUpdate: z
      .enum(['residual', 'persist', 'replace'])
      .optional()
      .describe(
        "c' = c + a, the same and written back after each step, or c' = a. Default: residual; persist for MTIN-P:persist.",
      ),
    memoryRate: z
      .number()
      .gt(0)
      .max(1)
      .default(0.1)
      .describe("rho of memoryUpdate: persist: c becomes (1 - rho) c + rho c'."),
    temporalWeights: z
      .enum(['perGroup', 'shared'])
      .default('perGroup')
      .describe('W of Eq. 5: one a group and mask, or one a mask.'),
    includeDiagonal: z
      .boolean()
      .default(false)
      .describe('Whether the masks of Eq. 6 let an item see itself.'),
    temporalNorm: z
      .enum(['none', 'pairs', 'length'])
      .default('none')
      .describe('What the sums of Eq. 7 are divided by: nothing, the pairs of the group, or its items.'),
    temporalUnit: z
      .enum(['rank', 'timestamp'])
      .default('rank')
      .describe('Distance in Eq. 6: places in the group, or time.'),
    timeScale: z
      .number()
      .gt(0)
      .default(86_400_000)
      .describe(
        'temporalUnit: timestamp: unit of time, in that of the log; 86400000: days of a log in milliseconds.',
      ),
    omega: z
      .enum(['trainable', 'fixed'])
      .default('trainable')
      .describe('Decays of the masks, 2^-k at the start: trained (softplus), or fixed.'),
    interestMask: z
      .enum(['straightThrough', 'hard', 'weighted'])
      .default('straightThrough')
      .describe(
        'The 0/1 mask of Eq. 9 with the gradient of its attention, without (as printed), or multiplied by the attention. One group has none.',
      ),
    tau: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('Threshold of Eq. 9, below 1 with one group. Default: 0.5 / groups.'),
    emptyGroups: z
      .enum(['keep', 'mask'])
      .default('keep')
      .describe('Whether groups without items take part in Eqs. 8 and 10.'),
    aggregation: z
      .enum(['concat+sum', 'concat', 'sum'])
      .default('concat+sum')
      .describe('How item-level and group-level interest become one.'),
    combine: z
      .enum(['fixed', 'trainable'])
      .default('fixed')
      .describe('Weights of the two polarities: as given, or trained from there.'),
    positiveWeight: z.number().default(0.68).describe("Weight of the positive history's logit."),
    negativeWeight: z
      .number()
      .default(0.32)
      .describe("Weight of the negative history's logit; MTIN-I has none."),
    l2Weight: z
      .number()
      .min(0)
      .default(1e-4)
      .describe('lambda, factor of the sum of squares of all matrices and of the memory rows in use.'),
  })
  .check(
    rule(
      'size',
      ({ itemEmbedding, size }) =>
        itemEmbedding === 'visual+category' &&
        size % 2 !== 0 && [
          `is ${size}, which is odd, and itemEmbedding: visual+category halves it`,
          `Use an even number, for example ${size + 1}.`,
        ],
    ),
    rule(
      'groups',
      ({ variant, groups = 1 }) =>
        variant === 'MTIN-I' &&
        groups !== 1 && [
          `is ${groups}, and variant: MTIN-I has one group`,
          'Leave it out, or use another variant.',
        ],
    ),
    rule(
      'tau',
      ({ variant, groups, tau }) =>
        tau === 1 &&
        (variant === 'MTIN-I' || groups === 1) && [
          'is 1, and the weight of the one group there is, 1, is not above it: Eq. 9 would let nothing through',
          'Leave it out; below 1 the group always speaks for itself.',
        ],
    ),
    rule(
      'memoryInit',
      ({ variant, memoryInit }) =>
        variant.startsWith('MTIN-P') &&
        memoryInit === 'kmeans' && [
          `is kmeans, and variant: ${variant} has no pretrained memory`,
          'Use random or zeros, or variant: MTIN.',
        ],
    ),
    rule(
      'memoryTrainable',
      ({ variant, memoryTrainable }) =>
        variant === 'MTIN-P:persist' &&
        memoryTrainable === true && [
          'is true, and the memory of variant: MTIN-P:persist is not trained',
          'Leave it out, or use variant: MTIN-P.',
        ],
    ),
    rule(
      'memoryUpdate',
      ({ variant, memoryUpdate = 'persist' }) =>
        variant === 'MTIN-P:persist' &&
        memoryUpdate !== 'persist' && [
          `is ${memoryUpdate}, and variant: MTIN-P:persist writes its memory back (persist)`,
          'Leave it out, or use variant: MTIN-P.',
        ],
    ),
    rule(
      'positiveWeight',
      ({ combine, positiveWeight }) =>
        combine === 'fixed' &&
        positiveWeight === 0 && [
          'is 0, so the positive history would be computed for nothing',
          'Choose another weight, or combine: trainable, which may begin at 0.',
        ],
    ),
    rule(
      'negativeWeight',
      ({ variant, combine, negativeWeight }) =>
        variant !== 'MTIN-I' &&
        combine === 'fixed' &&
        negativeWeight === 0 && [
          'is 0, so the negative history would be computed for nothing',
          'Use variant: MTIN-I, which has none, another weight, or combine: trainable, which may begin at 0.',
        ],
    ),
    rule(
      'epsilon',
      ({ scoreSquash, epsilon }) =>
        scoreSquash === 'sigmoid' &&
        epsilon >= 1 && [
          `is ${epsilon}, and scores of scoreSquash: sigmoid stay below 1, so no item would ever be assigned`,
          'Choose less than 1, or scoreSquash: none.',
        ],
    ),
  );

export type MtinOptions = z.output<typeof mtinSchema>;

const training = {
  batchSize: 32,
  batching: 'shuffled',
  negatives: { kind: 'logged', ratio: 'all' },
  optimizer: { learningRate: 0.001 },
} as const;

export const mtinInfo: ModelInfo = {
  title: 'MTIN: multi-scale time-aware user interest modelling',
  paper:
    'Jiang et al., What Aspect Do You Like: Multi-scale Time-aware User Interest Modeling for Micro-video Recommendation, ACM Multimedia 2020',
  year: 2020,
  kind: 'sequence',
  reads: 'clicked and passed items; vectors',
  tables: ['MTIN 2, 3', 'FRAME 3'],
  presets: {
    paper: {
      about: 'The settings of the text: all logged impressions, shuffled, batches of 32, Adam at 0.001.',
      values: { train: training },
    },
    printed: {
      about:
        'The equations to the letter: no gradient through routing and mask, the target inside its own history.',
      values: {
        model: { routing: 'hard', interestMask: 'hard', historyMode: 'fullTrain' },
        train: { batchSize: 32, batching: 'byUser', negatives: { kind: 'logged', ratio: 'all' } },
      },
    },
    frame: {
      about:
        "FRAME's Table 3: an item is the vectors of its clips (`clips`). The settings are MTIN's, but steps of 1,024, as FRAME's, and sums over positions divided by the length.",
      values: {
        model: { visual: ['clips'], temporalNorm: 'length' },
        train: { ...training, batchSize: 1024 },
      },
    },
  },
};

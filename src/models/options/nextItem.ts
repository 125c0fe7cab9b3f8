import { z } from 'zod';
import { divisorBelow, features, type ModelInfo, positive, rule } from './shared.js';

const share = z.number().min(0).lt(1);

/** What is the same of models that read a history from left to right. */
const shared = {
  item: features('[id]').default(['id']),
  historyLength: positive.default(50).describe('n, longest history: the latest items.'),
  contrast: z
    .enum(['step', 'catalogue'])
    .default('step')
    .describe(
      'What softmax, bprMax and top1Max contrast a positive with: all candidates of the step, or all items of the train part.',
    ),
  logQ: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe(
      "contrast: step with softmax: this times log(an item's positive rows in train) is taken from its logit; 1 makes up for popular items being in most steps.",
    ),
  bprReg: z.number().min(0).default(1).describe("bprMax: weight of the squares of the negatives' logits."),
  l2Weight: z
    .number()
    .min(0)
    .default(0)
    .describe('Factor of 0.5 * sum of squares over the matrices and the item vectors in use.'),
};

const loss = z
  .enum(['bce', 'bpr', 'softmax', 'bprMax', 'top1Max'])
  .describe(
    'bce: cross-entropy of single pairs with the negatives of train.negatives; bpr: couples with them; the others: each positive against a set of items, see contrast.',
  );

interface Shared {
  readonly loss: z.output<typeof loss>;
  readonly contrast: 'step' | 'catalogue';
  readonly logQ: number;
}

const aSet = ['softmax', 'bprMax', 'top1Max'];
const rules = [
  rule<Shared>(
    'contrast',
    ({ loss, contrast }) =>
      contrast === 'catalogue' &&
      !aSet.includes(loss) && [
        `is catalogue, and loss: ${loss} looks at no set of items`,
        `Use contrast: step, or a loss over a set: ${aSet.join(', ')}.`,
      ],
  ),
  rule<Shared>(
    'logQ',
    ({ loss, contrast, logQ }) =>
      logQ > 0 &&
      (loss !== 'softmax' || contrast !== 'step') && [
        `is ${logQ}, which corrects loss: softmax with contrast: step, and these are ${loss} and ${contrast}`,
        'Leave it out, or use those.',
      ],
  ),
] as const;

export const sasrecSchema = z
  .strictObject({
    name: z.literal('sasrec'),
    factors: positive.default(64).describe('d, width of item vectors and states.'),
    layers: positive.default(2).describe('b, self-attention blocks.'),
    heads: positive.default(1).describe('Attention heads of a block; must divide factors.'),
    innerSize: positive
      .optional()
      .describe('Width of the hidden layer of the feed-forward network. Default: factors.'),
    activation: z
      .enum(['relu', 'gelu'])
      .default('relu')
      .describe('Of the feed-forward network; RecBole: gelu.'),
    norm: z
      .enum(['pre', 'post'])
      .default('pre')
      .describe(
        'pre: x + g(LayerNorm(x)) and a LayerNorm at the end (the paper); post: LayerNorm(x + g(x)) and one at the beginning (RecBole).',
      ),
    outputProjection: z
      .boolean()
      .default(false)
      .describe('Whether a linear map follows the attention heads; RecBole: true.'),
    dropout: share
      .default(0.2)
      .describe('Share of embeddings, attention weights and results of sublayers that training drops.'),
    loss: loss.default('bce'),
    ...shared,
  })
  .check(
    rule(
      'heads',
      ({ factors, heads }) =>
        factors % heads !== 0 && [
          `is ${heads}, which does not divide factors, ${factors}`,
          `Use ${divisorBelow(factors, heads)}, for example.`,
        ],
    ),
    ...rules,
  );

export const gru4recSchema = z
  .strictObject({
    name: z.literal('gru4rec'),
    factors: positive.default(64).describe('Width of item vectors as they are read.'),
    units: positive.default(64).describe('Width of the states.'),
    layers: positive.default(1).describe('Recurrent layers.'),
    reset: z
      .enum(['before', 'after'])
      .default('before')
      .describe(
        'Whether the reset gate acts on the state before its product with the weights (the paper) or on the product (cuDNN, RecBole).',
      ),
    bias: z.boolean().default(true).describe('Biases of the gates; RecBole: false.'),
    output: z
      .enum(['tied', 'separate'])
      .default('tied')
      .describe('Whether items are scored with the vectors that are read, or with others.'),
    projection: z
      .boolean()
      .default(false)
      .describe('Whether a linear map [units, factors] follows the recurrent layers; RecBole: true.'),
    itemBias: z.boolean().default(true).describe('One bias an item; RecBole: false.'),
    inputDropout: share.default(0).describe('Share of the elements of item vectors that training drops.'),
    dropout: share.default(0).describe('Share of the elements of states that training drops.'),
    loss: loss.default('bprMax'),
    ...shared,
  })
  .check(
    rule(
      'units',
      ({ output, projection, units, factors }) =>
        output === 'tied' &&
        !projection &&
        units !== factors && [
          `is ${units}, and output: tied scores items of width ${factors} (factors)`,
          `Use ${factors}, projection: true, or output: separate.`,
        ],
    ),
    ...rules,
  );

export type SasrecOptions = z.output<typeof sasrecSchema>;
export type Gru4recOptions = z.output<typeof gru4recSchema>;

export const sasrecInfo: ModelInfo = {
  title: 'SASRec: self-attentive sequential recommendation',
  paper: 'Kang and McAuley, Self-Attentive Sequential Recommendation, ICDM 2018',
  year: 2018,
  kind: 'sequence',
  reads: 'chosen items; their features',
  tables: [],
  presets: {
    paper: {
      about:
        "The text: binary cross-entropy with one drawn item a position, two blocks, one head, d = 50, Adam at 0.001 with beta2 = 0.98. A step here holds pairs of many users, there 128 users' sequences.",
      values: {
        model: { factors: 50, layers: 2, heads: 1, loss: 'bce' },
        train: {
          batchSize: 4096,
          batching: 'byUser',
          pairsPerUser: 128,
          negatives: { kind: 'uniform', count: 1 },
          optimizer: { name: 'adam', learningRate: 0.001, beta2: 0.98 },
        },
      },
    },
    recbole: {
      about:
        "RecBole's defaults: softmax over all items, LayerNorm after the sublayers, gelu, dropout of a half.",
      values: {
        model: {
          factors: 64,
          layers: 2,
          heads: 2,
          innerSize: 256,
          activation: 'gelu',
          norm: 'post',
          outputProjection: true,
          dropout: 0.5,
          loss: 'softmax',
          contrast: 'catalogue',
        },
        train: { batchSize: 2048, negatives: { kind: 'logged' } },
      },
    },
  },
};

export const gru4recInfo: ModelInfo = {
  title: 'GRU4Rec-style: a recurrent network over the items of the history',
  paper:
    'Hidasi et al., Session-based Recommendations with Recurrent Neural Networks, ICLR 2016; Hidasi and Karatzoglou, Recurrent Neural Networks with Top-k Gains for Session-based Recommendations, CIKM 2018',
  year: 2018,
  kind: 'sequence',
  reads: 'chosen items; their features',
  tables: [],
  presets: {
    recbole: {
      about: "RecBole's defaults: softmax over all items, 128 units with a projection, no biases.",
      values: {
        model: {
          factors: 64,
          units: 128,
          reset: 'after',
          bias: false,
          projection: true,
          itemBias: false,
          inputDropout: 0.3,
          loss: 'softmax',
          contrast: 'catalogue',
        },
        train: { batchSize: 2048, negatives: { kind: 'logged' } },
      },
    },
  },
};

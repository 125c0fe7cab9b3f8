import { z } from 'zod';
import { fieldOptions, fieldRules, layerOptions, mlpOptions } from './fields.js';
import { inBrackets, type ModelInfo, type Preset, positive, rule } from './shared.js';

const share = (about: string) => z.number().min(0).lt(1).default(0).describe(about);

const attentionOptions = (heads: number) => ({
  heads: positive.default(heads).describe('Attention heads.'),
  headSize: positive.default(8).describe('Width of a head.'),
});

export const fmSchema = z.strictObject({ name: z.literal('fm'), ...fieldOptions }).check(...fieldRules);

export const deepfmSchema = z
  .strictObject({
    name: z.literal('deepfm'),
    ...fieldOptions,
    ...mlpOptions([400, 400, 400], 'Widths of the hidden layers of the deep part.'),
  })
  .check(...fieldRules);

export const nfmSchema = z
  .strictObject({
    name: z.literal('nfm'),
    ...fieldOptions,
    ...mlpOptions([64], 'Widths of the hidden layers above the bi-interaction.'),
    interactionDropout: share('Share of the values of the bi-interaction that is dropped in training.'),
    interactionNorm: z
      .boolean()
      .default(false)
      .describe("Batch normalisation of the bi-interaction; in the authors' code together with batchNorm."),
  })
  .check(...fieldRules);

export const autointSchema = z
  .strictObject({
    name: z.literal('autoint'),
    ...fieldOptions,
    layers: positive.default(3).describe('Attention layers.'),
    ...attentionOptions(2),
    scale: z
      .boolean()
      .default(false)
      .describe('Divide scores by the square root of headSize; the paper does not.'),
    residual: z.boolean().default(true).describe('Add E W_res to what a layer attended to (Eq. 8).'),
    firstOrder: z.boolean().default(false).describe('Add first-order weights to the logit.'),
    hidden: z
      .array(positive)
      .default([])
      .describe('AutoInt+: widths of the hidden layers of an MLP beside the attention. Empty: AutoInt.'),
    ...layerOptions,
  })
  .check(...fieldRules);

export const difmSchema = z
  .strictObject({
    name: z.literal('difm'),
    ...fieldOptions,
    ...attentionOptions(4),
    ...mlpOptions([256, 128, 64], 'Widths of the hidden layers of the bit-wise network.'),
  })
  .check(...fieldRules);

export const afnSchema = z
  .strictObject({
    name: z.literal('afn'),
    ...fieldOptions,
    neurons: positive.default(256).describe('K, logarithmic neurons.'),
    logFloor: z
      .number()
      .gt(0)
      .default(1e-7)
      .describe('Smaller absolute values count as this before the logarithm; FuxiCTR: 1e-5.'),
    ...mlpOptions([256, 128], 'Widths of the hidden layers above the logarithmic neurons.'),
    plusHidden: z
      .array(positive)
      .default([])
      .describe('AFN+: widths of the hidden layers of an MLP with embeddings of its own. Empty: AFN.'),
  })
  .check(...fieldRules);

export const widedeepSchema = z
  .strictObject({
    name: z.literal('widedeep'),
    ...fieldOptions,
    ...mlpOptions([64, 32, 16], 'Widths of the hidden layers of the deep part.'),
    crosses: z
      .array(z.array(z.string()).length(2))
      .default([])
      .describe("Crossed fields, a user's or the row's with an item's: [[gender, tags], [city, tags]]."),
  })
  .check(
    ...fieldRules,
    rule('crosses', ({ crosses, userFields, contextFields, itemFields }) => {
      const sides = [[...userFields, ...contextFields], itemFields] as const;
      const stray = crosses.find((pair) => !pair.every((name, side) => sides[side]!.includes(name)));
      return (
        stray !== undefined && [
          `has ${inBrackets(stray)}, and crosses are of ${inBrackets(sides[0])} with ${inBrackets(sides[1])}`,
          "Name a user's or the row's field, then an item's.",
        ]
      );
    }),
    rule('crosses', ({ crosses }) => {
      const twice = crosses.find((pair, i) =>
        crosses.slice(0, i).some((one) => String(one) === String(pair)),
      );
      return twice !== undefined && [`names ${inBrackets(twice)} twice`, 'Name each cross once.'];
    }),
  );

export type FmOptions = z.output<typeof fmSchema>;
export type DeepfmOptions = z.output<typeof deepfmSchema>;
export type NfmOptions = z.output<typeof nfmSchema>;
export type AutointOptions = z.output<typeof autointSchema>;
export type DifmOptions = z.output<typeof difmSchema>;
export type AfnOptions = z.output<typeof afnSchema>;
export type WidedeepOptions = z.output<typeof widedeepSchema>;

const frame: Preset = {
  about:
    "FRAME's Tables 3 and 4: the user, the video and the mean of the vectors of its clips (`clips`), the same for all methods. Sizes, which are not given, are the defaults; Adam, 0.001.",
  values: {
    model: { userFields: ['id'], itemFields: ['id', 'clips'] },
    train: { optimizer: { name: 'adam', learningRate: 0.001 } },
  },
};

const info = (
  title: string,
  paper: string,
  year: number,
  tables: readonly string[],
  presets: ModelInfo['presets'],
): ModelInfo => ({
  title,
  paper,
  year,
  kind: 'collaborative',
  reads: 'any fields of users, items and the row; clicked items',
  tables,
  presets,
});

export const fmInfo = info(
  'FM: factorisation machine over any fields',
  'Rendle, Factorization Machines, ICDM 2010',
  2010,
  [],
  {},
);
export const deepfmInfo = info(
  'DeepFM: factorisation machine and MLP with shared embeddings',
  'Guo et al., DeepFM: A Factorization-Machine based Neural Network for CTR Prediction, IJCAI 2017',
  2017,
  ['FRAME 3'],
  { frame },
);
export const nfmInfo = info(
  'NFM: MLP over the bi-interaction of the fields',
  'He and Chua, Neural Factorization Machines for Sparse Predictive Analytics, SIGIR 2017',
  2017,
  ['FRAME 3'],
  { frame },
);
export const autointInfo = info(
  'AutoInt: self-attention of the fields; AutoInt+ with an MLP beside it',
  'Song et al., AutoInt: Automatic Feature Interaction Learning via Self-Attentive Neural Networks, CIKM 2019',
  2019,
  ['FRAME 3'],
  { frame },
);
export const difmInfo = info(
  'DIFM: factorisation machine with factors that depend on the input',
  'Lu et al., A Dual Input-aware Factorization Machine for CTR Prediction, IJCAI 2020',
  2020,
  ['FRAME 3'],
  { frame },
);
export const afnInfo = info(
  'AFN: products of fields to learned powers; AFN+ with an MLP beside it',
  'Cheng et al., Adaptive Factorization Network: Learning Adaptive-Order Feature Interactions, AAAI 2020',
  2020,
  ['FRAME 3'],
  { frame },
);
export const widedeepInfo = info(
  'Wide & Deep: first-order weights and crosses beside an MLP',
  'Cheng et al., Wide & Deep Learning for Recommender Systems, DLRS 2016',
  2016,
  ['UVCAN 3'],
  {
    uvcan: {
      about:
        "UVCAN's tables: all fields of users and videos, gender and city crossed with the tags, K = 32, MLP [2K, K, K/2], 4 unobserved videos a positive, drawn anew every epoch. Crosses are not given, batch size and rate are NCF's.",
      values: {
        model: {
          userFields: ['id', 'gender', 'city'],
          itemFields: ['id', 'cover', 'tags', 'author', 'music'],
          crosses: [
            ['gender', 'tags'],
            ['city', 'tags'],
          ],
          embeddingSize: 32,
          embeddingStd: 0.1,
          hidden: [64, 32, 16],
        },
        train: {
          batchSize: 256,
          batching: 'shuffled',
          negatives: { kind: 'uniform', count: 4 },
          optimizer: { name: 'adam', learningRate: 0.001 },
        },
      },
    },
  },
);

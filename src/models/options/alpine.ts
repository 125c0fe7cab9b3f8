import { z } from 'zod';
import { alpineVariants, partsOf, scaaVariants } from './alpineParts.js';
import { features, inBrackets, type ModelInfo, positive, rule } from './shared.js';

const column = (what: string, name: string) =>
  z.string().default(name).describe(`Column whose positive rows are ${what}.`);

/** What ALPINE and SCAA have in common. */
const common = {
  item: features('[cover]').default(['cover']),
  itemEmbedding: z
    .enum(['frozen', 'trainable', 'projected'])
    .default('frozen')
    .describe(
      'Vectors as they are, a table of all items that starts from them (released code, Dataset I), or a trained map of them.',
    ),
  itemSize: positive
    .nullable()
    .default(null)
    .describe('Width of items where no vector gives it, or of `projected`; null: that of the vectors.'),
  historyLength: positive.default(300).describe('T, longest history of either kind.'),
  truncate: z
    .enum(['head', 'tail'])
    .default('head')
    .describe("Of a longer history: a user's first events (released code), or the latest."),
  edgeCell: z
    .enum(['previous', 'linkedMain', 'linkedStar'])
    .default('previous')
    .describe(
      "What the starred cell's memory goes on from: its own of the step before (released code), or that of the linked one, of the main cell (paper) or its own.",
    ),
  edgeExcludesPrevious: z
    .boolean()
    .default(true)
    .describe('Whether the direct predecessor is passed over as the most similar one (released code).'),
  candidateAttention: z
    .enum(['scaledDot', 'bilinear'])
    .default('scaledDot')
    .describe('Scores h . x / sqrt(H) (released code), or h . (x W) with a trained W (paper).'),
  hidden: positive.default(128).describe('Width of the hidden layer of each head.'),
  alphas: z
    .array(z.number().min(0))
    .length(3)
    .default([0.58, 0.18, 0.24])
    .refine(([first]) => first! > 0, { error: 'The first must be above 0: all variants have its head' })
    .describe('Shares of the logits of positive history, negative history and user; 0 leaves a part out.'),
  renormalise: z
    .boolean()
    .default(false)
    .describe('Whether the shares of the parts that a variant has are made to sum to 1.'),
  liked: column('likes', 'is_like'),
  followed: column('follows', 'is_follow'),
  l2Weight: z
    .number()
    .min(0)
    .default(5e-5)
    .describe("Factor of 0.5 * sum of squares of the heads' matrices."),
};

export const alpineSchema = z.strictObject({
  name: z.literal('alpine'),
  variant: z
    .enum(alpineVariants)
    .default('ALPINE')
    .describe(
      '_u: no negative history; _m or _Base: no user matrix; _um: neither; _umg: and an LSTM without the graph.',
    ),
  ...common,
  userInit: z
    .enum(['levels', 'feature', 'normal'])
    .default('levels')
    .describe(
      'Where the user matrix starts: weighted sums of the vectors liked and followed in the train part (Eq. 3), a vector of users, or small noise.',
    ),
  levelWeights: z
    .array(z.number())
    .length(2)
    .default([1, 1])
    .describe('w_l and w_f of `levels`; not published.'),
  userFeature: z
    .string()
    .default('user_like')
    .describe("User vector of `feature`; `user_like` is ALPINE's own, of KuaiShou."),
});

export const scaaSchema = z
  .strictObject({
    name: z.literal('scaa'),
    variant: z
      .enum(scaaVariants)
      .default('SCAA')
      .describe('_s: no self-attention; _cs: no attention of liked and followed items at all.'),
    ...common,
    cs: z
      .enum(['mean', 'none'])
      .default('mean')
      .describe(
        'SCAA_cs: v is the mean of liked and followed items, or there is no third head (ALPINE_Base).',
      ),
    attentionScale: z.boolean().default(false).describe('Whether attention divides scores by sqrt(d).'),
    selfResidual: z.boolean().default(false).describe('Whether self-attention adds its input.'),
    bias: z.boolean().default(false).describe('Whether the maps of the attention have biases.'),
    causal: z
      .boolean()
      .default(false)
      .describe(
        'Whether likes and follows are those before the impression; false: all of the train part, the target too.',
      ),
    maxLiked: positive.default(50).describe('m, the latest likes that count.'),
    maxFollowed: positive.default(50).describe('n, the latest follows that count.'),
  })
  .check(
    rule(
      'followed',
      ({ liked, followed }) =>
        liked === followed && [
          `is ${followed}, and so is liked: attention between two equal sets says nothing of levels`,
          'Name another column for one of the two.',
        ],
    ),
    rule(
      'cs',
      ({ variant, cs }) =>
        variant !== 'SCAA_cs' &&
        cs !== 'mean' && [
          `is ${cs}, which variant: ${variant} has no use for`,
          'Leave it out, or use variant: SCAA_cs.',
        ],
    ),
    rule(
      'alphas',
      (options) =>
        options.alphas[2] === 0 &&
        partsWithAll(options).interest !== null && [
          `is ${inBrackets(options.alphas)}, and the third is the share of what makes it SCAA`,
          'Choose a third above 0, or model.name: alpine with variant: ALPINE_Base.',
        ],
    ),
  );

const partsWithAll = (options: Parameters<typeof partsOf>[0]) => partsOf({ ...options, alphas: [1, 1, 1] });

export type AlpineOptions = z.output<typeof alpineSchema>;
export type ScaaOptions = z.output<typeof scaaSchema>;

const training = {
  batchSize: 2048,
  batching: 'shuffled',
  negatives: { kind: 'logged', ratio: 'all' },
  optimizer: { name: 'adam', learningRate: 0.001 },
  clipNorm: null,
} as const;

/** The two data sets of ALPINE's paper; what SCAA does not state is ALPINE's. */
const presets = (about: string, kuaishou: Readonly<Record<string, unknown>>): ModelInfo['presets'] => ({
  kuaishou: {
    about: `Dataset I${about}: a trainable table of items, three heads.`,
    values: {
      model: { itemEmbedding: 'trainable', alphas: [0.58, 0.18, 0.24], ...kuaishou },
      train: training,
    },
  },
});

export const alpineInfo: ModelInfo = {
  title: 'ALPINE: temporal graph-guided LSTMs over what was clicked and what was not',
  paper:
    'Li et al., Routing Micro-videos via A Temporal Graph-guided Recommendation System, ACM Multimedia 2019',
  year: 2019,
  kind: 'sequence',
  reads: 'clicked and passed items; vectors; user',
  tables: ['ALPINE 2, 3', 'SCAA 1, 2', 'MTIN 2', 'FRAME 3'],
  presets: {
    ...presets(', released code', { userInit: 'feature', userFeature: 'user_like' }),
    microvideo: {
      about: 'Dataset II, released code: frozen vectors, no user matrix.',
      values: { model: { itemEmbedding: 'frozen', alphas: [0.68, 0.32, 0] }, train: training },
    },
    frame: {
      about:
        "FRAME's Table 3: an item is the vectors of its clips (`clips`), of which histories keep the latest; no user matrix, for what the log calls likes and follows is not known. Sizes and training, which are not given, are the defaults; Adam, 0.001.",
      values: {
        model: {
          variant: 'ALPINE_m',
          item: ['clips'],
          itemEmbedding: 'projected',
          itemSize: 64,
          truncate: 'tail',
        },
        train: { optimizer: { name: 'adam', learningRate: 0.001 } },
      },
    },
  },
};

export const scaaInfo: ModelInfo = {
  title: 'SCAA: Self-over-Co attention over liked and followed videos on ALPINE-Base',
  paper:
    'Yao et al., Modeling High-order Interactions across Multi-interests for Micro-video Recommendation, AAAI 2021',
  year: 2021,
  kind: 'sequence',
  reads: 'clicked, passed, liked, followed items; vectors',
  tables: ['SCAA 1, 2'],
  presets: presets(", ALPINE's settings where SCAA gives none", {}),
};

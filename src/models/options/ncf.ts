import { z } from 'zod';
import { features, type ModelInfo, positive, rule } from './shared.js';

const sideFields = (whose: string, example: string) =>
  z
    .array(z.string().refine((name) => name !== 'id', { error: 'id is there already' }))
    .default([])
    .refine((names) => new Set(names).size === names.length, { error: 'Name each field once' })
    .describe(`Fields of ${whose}: categories, tags (mean) or vectors by name, for example ${example}.`);

const run = (variant: string) => z.string().min(1).describe(`A finished run of variant ${variant}.`);

const pretrain = z.strictObject({
  gmf: run('GMF'),
  mlp: run('MLP'),
  alpha: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("Share of GMF's logit in the first logit; that of MLP's is the rest."),
});

/** What the kernels take. */
const width = positive.max(16_384);

export const ncfSchema = z
  .strictObject({
    name: z.literal('ncf'),
    variant: z
      .enum(['NeuMF', 'GMF', 'MLP'])
      .default('NeuMF')
      .describe('The product of the vectors (GMF), layers on both (MLP), or the two together.'),
    factors: width.default(8).describe('Width of the GMF part.'),
    layers: z
      .array(width)
      .min(1)
      .default([64, 32, 16, 8])
      .refine(([first]) => first! % 2 === 0, { error: 'The first width must be even: half user, half item' })
      .describe('Widths of the MLP part; the first is the concatenated embeddings.'),
    item: features('[id] or [cover, category]').default(['id']),
    sideFeatures: z
      .strictObject({
        user: sideFields('users', '[gender, city]'),
        item: sideFields('items', '[cover, tags]'),
      })
      .prefault({})
      .describe(
        'What is known of users and items besides; their embeddings are added to those of the identifiers.',
      ),
    l2Weight: z
      .number()
      .min(0)
      .default(0)
      .describe('Factor of 0.5 * sum of squares over the vectors in use and the hidden layers.'),
    pretrain: pretrain
      .optional()
      .describe(
        'Runs whose weights NeuMF begins with, named as for `mvrec runs show`. Default: none, random weights.',
      ),
  })
  .check(
    rule(
      'pretrain',
      ({ pretrain, variant }) =>
        pretrain !== undefined &&
        variant !== 'NeuMF' && [`goes with variant NeuMF, not ${variant}`, 'Leave it out.'],
    ),
  );

export type NcfOptions = z.output<typeof ncfSchema>;

/** What the tables of impressions gave it; of THACIL's text, the others name no more than the model. */
const content = {
  variant: 'NeuMF',
  factors: 128,
  layers: [256, 128],
  item: ['cover', 'category'],
  l2Weight: 5e-5,
} as const;
const logged = {
  batchSize: 128,
  batching: 'shuffled',
  negatives: { kind: 'logged', ratio: 'all' },
  optimizer: { name: 'adam', learningRate: 0.001 },
} as const;

export const ncfInfo: ModelInfo = {
  title: 'NCF: neural collaborative filtering (GMF, MLP, NeuMF)',
  paper: 'He et al., Neural Collaborative Filtering, WWW 2017',
  year: 2017,
  kind: 'collaborative',
  reads: 'user, item; their features',
  tables: ['THACIL 2', 'ALPINE 2', 'SCAA 1', 'MTIN 2', 'UVCAN 3'],
  presets: {
    thacil: {
      about:
        "THACIL's table: 128-wide vectors, the item's of content, one hidden layer, shown and not clicked as the negatives.",
      values: { model: content, train: logged },
    },
    alpine: {
      about: "ALPINE's table, which says nothing of its own: as THACIL's.",
      values: { model: content, train: logged },
    },
    scaa: {
      about:
        "SCAA's table, whose number is ALPINE's: the same, of the cover alone, for KuaiShou has no categories.",
      values: { model: { ...content, item: ['cover'] }, train: logged },
    },
    mtin: {
      about: "MTIN's table: as THACIL's, of the cover alone, in batches of 32, as MTIN itself.",
      values: { model: { ...content, item: ['cover'] }, train: { ...logged, batchSize: 32 } },
    },
    uvcan: {
      about: "UVCAN's table: identifiers and all side features, 32 wide, 4 uniformly drawn items a positive.",
      values: {
        model: {
          variant: 'NeuMF',
          factors: 32,
          layers: [64, 32, 16, 8],
          item: ['id'],
          sideFeatures: { user: ['gender', 'city'], item: ['cover', 'tags', 'author', 'music'] },
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
};

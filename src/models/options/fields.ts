import { z } from 'zod';
import { inBrackets, positive, rule } from './shared.js';

const bucket = z.union([
  z.enum(['values', 'log2', 'deciles']),
  z
    .array(z.number())
    .min(1)
    .refine((all) => all.every((one, i) => i === 0 || all[i - 1]! < one), {
      error: 'Boundaries must ascend',
    }),
  z.number().gt(0),
]);

/** How numbers become values of a field. */
export type Bucket = z.output<typeof bucket>;

const names = (text: string) =>
  z
    .array(z.string())
    .refine((all) => new Set(all).size === all.length, { error: 'Name each field once' })
    .describe(text);

/** Options of all models whose input is any mix of fields, one embedding each. */
export const fieldOptions = {
  userFields: names(
    'Fields of users: categories, tags (mean) or vectors by name; `id` is the user itself.',
  ).default(['id']),
  itemFields: names('Fields of items likewise; `id` is the item itself.').min(1).default(['id']),
  contextFields: names(
    'Columns of the log that are known when an item is shown, such as the hour. Never what came of it.',
  ).default([]),
  historyLength: z
    .int()
    .min(0)
    .default(0)
    .describe(
      "A field more: the mean of the last so many items of the user's history, embedded as candidates are. 0: none.",
    ),
  buckets: z
    .record(z.string(), bucket)
    .default({})
    .describe(
      'How numbers (columns of the log, vectors of width 1) become values, by field: `values` (each its own; what columns get otherwise), `log2`, `deciles` (of the train rows), the width of buckets (`100`), or the boundaries between them (`[1, 10]`: three).',
    ),
  minCount: positive
    .default(1)
    .describe(
      'A value that fewer train rows have is unknown, as are all that none has; histories do not count.',
    ),
  embeddingSize: positive.default(16).describe('d, width of the embedding of each field.'),
  embeddingStd: z.number().gt(0).default(0.01).describe('Standard deviation that embeddings start with.'),
  l2Embedding: z
    .number()
    .min(0)
    .default(0)
    .describe('Factor of 0.5 * sum of squares over the embeddings and first-order weights in use.'),
} as const;

/** Options of the layers that a model puts above its fields. */
export const mlpOptions = (hidden: readonly number[], about: string) =>
  ({
    hidden: z
      .array(positive)
      .min(1)
      .default([...hidden])
      .describe(about),
    ...layerOptions,
  }) as const;

export const layerOptions = {
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe('Share of the values of each hidden layer that is dropped in training.'),
  batchNorm: z.boolean().default(false).describe('Batch normalisation before each ReLU.'),
} as const;

/** What every such model has. */
export type FieldOptions = z.output<z.ZodObject<typeof fieldOptions>>;

/** Fields that buckets can be named for, and those that there are. */
interface Named {
  readonly userFields: readonly string[];
  readonly itemFields: readonly string[];
  readonly contextFields: readonly string[];
  readonly historyLength: number;
  readonly buckets: Readonly<Record<string, unknown>>;
}

/** Rules on several of the options. */
export const fieldRules = [
  rule<Named>(
    'userFields',
    ({ userFields, contextFields, historyLength }) =>
      userFields.length + contextFields.length + historyLength === 0 && [
        'is [], and nothing else tells who or when: contextFields is [] and historyLength 0',
        'Name a field of users or of the row, or use a history.',
      ],
  ),
  rule<Named>(
    'itemFields',
    ({ historyLength, itemFields }) =>
      historyLength > 0 &&
      !itemFields.includes('id') && [
        `is ${inBrackets(itemFields)}, without the id whose embeddings the history shares`,
        `Use ${inBrackets(['id', ...itemFields])}, or historyLength: 0.`,
      ],
  ),
  rule<Named>('buckets', ({ buckets, userFields, itemFields, contextFields }) => {
    const fields = [...userFields, ...itemFields, ...contextFields];
    const stray = Object.keys(buckets).find((name) => !fields.includes(name));
    return (
      stray !== undefined && [
        `names ${stray}, which is none of the fields ${inBrackets(fields)}`,
        'Name a field, or leave it out.',
      ]
    );
  }),
] as const;

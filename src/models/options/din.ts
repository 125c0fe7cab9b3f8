import { z } from 'zod';
import { fields, type ModelInfo, positive } from './shared.js';

const activation = (of: string) =>
  z
    .enum(['dice', 'prelu', 'relu'])
    .default('dice')
    .describe(`Of the hidden layers of ${of}: dice or prelu (the paper), or relu.`);

export const dinSchema = z.strictObject({
  name: z.literal('din'),
  userFields: fields('users').default(['id']),
  itemFields: fields('items').default(['id']),
  factors: positive.default(16).describe('Width of the embedding of each field.'),
  historyLength: positive.default(50).describe('Longest history: the latest items.'),
  unitHidden: z
    .array(positive)
    .min(1)
    .default([64])
    .describe('Widths of the hidden layers of the activation unit.'),
  unitActivation: activation('the activation unit'),
  softmax: z
    .boolean()
    .default(false)
    .describe("Whether a softmax makes weights of a history's scores; the paper leaves it out."),
  hidden: z
    .array(positive)
    .min(1)
    .default([64, 32])
    .describe('Widths of the hidden layers of the prediction MLP.'),
  activation: activation('the prediction MLP'),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe('Share of the hidden values of the prediction MLP that training drops.'),
  l2Weight: z
    .number()
    .min(0)
    .default(0)
    .describe('Factor of 0.5 * sum of squares over the embeddings in use.'),
});

export type DinOptions = z.output<typeof dinSchema>;

export const dinInfo: ModelInfo = {
  title: 'DIN: deep interest network',
  paper: 'Zhou et al., Deep Interest Network for Click-Through Rate Prediction, KDD 2018',
  year: 2018,
  kind: 'sequence',
  reads: 'clicked items; fields of users and items',
  tables: [],
  presets: {},
};

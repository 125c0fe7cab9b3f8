import { z } from 'zod';
import { features, type ModelInfo } from './shared.js';

export const contentSchema = z.strictObject({
  name: z.literal('content'),
  item: features('[cover, tags]')
    .optional()
    .describe('Vectors, categories and tags by name. Default: all vectors, or else all categories and tags.'),
});

export type ContentOptions = z.output<typeof contentSchema>;

export const contentInfo: ModelInfo = {
  title: 'Content: cosine of the item and the mean of what the user chose',
  paper: null,
  year: null,
  kind: 'floor',
  reads: 'chosen items; vectors or categories',
  tables: [],
  presets: {},
};

import { z } from 'zod';
import { alpineInfo, alpineSchema, scaaInfo, scaaSchema } from './options/alpine.js';
import { bprInfo, bprSchema } from './options/bpr.js';
import { frameInfo, frameSchema } from './options/frame.js';
import { lightgcnInfo, lightgcnSchema } from './options/lightgcn.js';
import { mtinInfo, mtinSchema } from './options/mtin.js';
import { ncfInfo, ncfSchema } from './options/ncf.js';
import { features, type ModelInfo } from './options/shared.js';
import { thacilInfo, thacilSchema } from './options/thacil.js';
import { ucfInfo, ucfSchema } from './options/ucf.js';
import { uvcanInfo, uvcanSchema } from './options/uvcan.js';
import { wmfInfo, wmfSchema } from './options/wmf.js';

/**
 * Options, presets and descriptions of all models: schemas only, no tensors, so that configuration, help and
 * completion need not load an engine. The builders stand in `index.ts`.
 */
export const popularitySchema = z.strictObject({ name: z.literal('popularity') });
export const randomSchema = z.strictObject({ name: z.literal('random') });
export const contentSchema = z.strictObject({
  name: z.literal('content'),
  item: features('[cover, tags]')
    .optional()
    .describe('Vectors, categories and tags by name. Default: all vectors, or else all categories and tags.'),
});

export const modelSchema = z.discriminatedUnion('name', [
  thacilSchema,
  alpineSchema,
  scaaSchema,
  bprSchema,
  ncfSchema,
  uvcanSchema,
  frameSchema,
  mtinSchema,
  ucfSchema,
  wmfSchema,
  lightgcnSchema,
  popularitySchema,
  randomSchema,
  contentSchema,
]);

export type { AlpineOptions, ScaaOptions } from './options/alpine.js';
export { partsOf } from './options/alpineParts.js';
export type { BprOptions } from './options/bpr.js';
export type { FrameOptions } from './options/frame.js';
export type { LightgcnOptions } from './options/lightgcn.js';
export type { MtinOptions } from './options/mtin.js';
export type { NcfOptions } from './options/ncf.js';
export type { ModelInfo, Preset } from './options/shared.js';
export type { ThacilOptions } from './options/thacil.js';
export type { UcfOptions } from './options/ucf.js';
export type { UvcanOptions } from './options/uvcan.js';
export type { WmfOptions } from './options/wmf.js';
export { alpineSchema, bprSchema, frameSchema, mtinSchema, ncfSchema, scaaSchema, thacilSchema, uvcanSchema };
export type ContentOptions = z.output<typeof contentSchema>;
export type ModelConfig = z.output<typeof modelSchema>;
export type ModelName = ModelConfig['name'];

/** Models that are computed from the log whenever they are needed: there is nothing to save or to load. */
export const withoutWeights: ReadonlySet<ModelName> = new Set(['ucf', 'popularity', 'random', 'content']);

export const modelInfo: Readonly<Record<ModelName, ModelInfo>> = {
  thacil: thacilInfo,
  alpine: alpineInfo,
  scaa: scaaInfo,
  bpr: bprInfo,
  ncf: ncfInfo,
  uvcan: uvcanInfo,
  frame: frameInfo,
  mtin: mtinInfo,
  ucf: ucfInfo,
  wmf: wmfInfo,
  lightgcn: lightgcnInfo,
  popularity: {
    title: 'Popularity: smoothed train rate of the item',
    paper: null,
    year: null,
    kind: 'floor',
    presets: {},
  },
  random: { title: 'Random: a uniform score a pair', paper: null, year: null, kind: 'floor', presets: {} },
  content: {
    title: 'Content: cosine of the item and the mean of what the user chose',
    paper: null,
    year: null,
    kind: 'floor',
    presets: {},
  },
};

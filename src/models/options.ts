import { z } from 'zod';
import { alpineInfo, alpineSchema, scaaInfo, scaaSchema } from './options/alpine.js';
import { bprInfo, bprSchema } from './options/bpr.js';
import {
  afnInfo,
  afnSchema,
  autointInfo,
  autointSchema,
  deepfmInfo,
  deepfmSchema,
  difmInfo,
  difmSchema,
  fmInfo,
  fmSchema,
  nfmInfo,
  nfmSchema,
  widedeepInfo,
  widedeepSchema,
} from './options/ctr.js';
import { frameInfo, frameSchema } from './options/frame.js';
import { mtinInfo, mtinSchema } from './options/mtin.js';
import { ncfInfo, ncfSchema } from './options/ncf.js';
import type { ModelInfo } from './options/shared.js';
import { thacilInfo, thacilSchema } from './options/thacil.js';
import { uvcanInfo, uvcanSchema } from './options/uvcan.js';

/**
 * Options, presets and descriptions of all models: schemas only, no tensors, so that configuration, help and
 * completion need not load an engine. The builders stand in `index.ts`.
 */
export const popularitySchema = z.strictObject({ name: z.literal('popularity') });
export const randomSchema = z.strictObject({ name: z.literal('random') });

export const modelSchema = z.discriminatedUnion('name', [
  thacilSchema,
  alpineSchema,
  scaaSchema,
  bprSchema,
  ncfSchema,
  uvcanSchema,
  frameSchema,
  mtinSchema,
  fmSchema,
  deepfmSchema,
  nfmSchema,
  autointSchema,
  difmSchema,
  afnSchema,
  widedeepSchema,
  popularitySchema,
  randomSchema,
]);

export type { AlpineOptions, ScaaOptions } from './options/alpine.js';
export { partsOf } from './options/alpineParts.js';
export type { BprOptions } from './options/bpr.js';
export type {
  AfnOptions,
  AutointOptions,
  DeepfmOptions,
  DifmOptions,
  FmOptions,
  NfmOptions,
  WidedeepOptions,
} from './options/ctr.js';
export type { FrameOptions } from './options/frame.js';
export type { MtinOptions } from './options/mtin.js';
export type { NcfOptions } from './options/ncf.js';
export type { ModelInfo, Preset } from './options/shared.js';
export type { ThacilOptions } from './options/thacil.js';
export type { UvcanOptions } from './options/uvcan.js';
export { alpineSchema, bprSchema, frameSchema, mtinSchema, ncfSchema, scaaSchema, thacilSchema, uvcanSchema };
export type ModelConfig = z.output<typeof modelSchema>;
export type ModelName = ModelConfig['name'];

export const modelInfo: Readonly<Record<ModelName, ModelInfo>> = {
  thacil: thacilInfo,
  alpine: alpineInfo,
  scaa: scaaInfo,
  bpr: bprInfo,
  ncf: ncfInfo,
  uvcan: uvcanInfo,
  frame: frameInfo,
  mtin: mtinInfo,
  fm: fmInfo,
  deepfm: deepfmInfo,
  nfm: nfmInfo,
  autoint: autointInfo,
  difm: difmInfo,
  afn: afnInfo,
  widedeep: widedeepInfo,
  popularity: {
    title: 'Popularity: smoothed train rate of the item',
    paper: null,
    year: null,
    kind: 'floor',
    presets: {},
  },
  random: { title: 'Random: a uniform score a pair', paper: null, year: null, kind: 'floor', presets: {} },
};

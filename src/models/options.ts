import { z } from 'zod';
import { alpineInfo, alpineSchema, scaaInfo, scaaSchema } from './options/alpine.js';
import { bprInfo, bprSchema } from './options/bpr.js';
import { contentInfo, contentSchema } from './options/content.js';
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
import { dinInfo, dinSchema } from './options/din.js';
import { frameInfo, frameSchema } from './options/frame.js';
import { gfInfo, gfSchema } from './options/gf.js';
import { lightgcnInfo, lightgcnSchema } from './options/lightgcn.js';
import { mtinInfo, mtinSchema } from './options/mtin.js';
import { ncfInfo, ncfSchema } from './options/ncf.js';
import { gru4recInfo, gru4recSchema, sasrecInfo, sasrecSchema } from './options/nextItem.js';
import { atrankInfo, atrankSchema, cnnInfo, cnnSchema, lstmInfo, lstmSchema } from './options/sequence.js';
import type { ModelInfo } from './options/shared.js';
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
  gfSchema,
  contentSchema,
  lstmSchema,
  cnnSchema,
  atrankSchema,
  dinSchema,
  sasrecSchema,
  gru4recSchema,
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
export type { ContentOptions } from './options/content.js';
export type {
  AfnOptions,
  AutointOptions,
  DeepfmOptions,
  DifmOptions,
  FmOptions,
  NfmOptions,
  WidedeepOptions,
} from './options/ctr.js';
export type { DinOptions } from './options/din.js';
export type { FrameOptions } from './options/frame.js';
export type { GfOptions } from './options/gf.js';
export type { LightgcnOptions } from './options/lightgcn.js';
export type { MtinOptions } from './options/mtin.js';
export type { NcfOptions } from './options/ncf.js';
export type { Gru4recOptions, SasrecOptions } from './options/nextItem.js';
export type { AtrankOptions, CnnOptions, LstmOptions, SequenceOptions } from './options/sequence.js';
export { atrankSchema, cnnSchema, lstmSchema, polaritiesOf } from './options/sequence.js';
export { type ModelInfo, type Preset, rule } from './options/shared.js';
export type { ThacilOptions } from './options/thacil.js';
export type { UcfOptions } from './options/ucf.js';
export type { UvcanOptions } from './options/uvcan.js';
export type { WmfOptions } from './options/wmf.js';
export {
  alpineSchema,
  bprSchema,
  dinSchema,
  frameSchema,
  gru4recSchema,
  mtinSchema,
  ncfSchema,
  sasrecSchema,
  scaaSchema,
  thacilSchema,
  uvcanSchema,
};
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
  ucf: ucfInfo,
  wmf: wmfInfo,
  lightgcn: lightgcnInfo,
  gf: gfInfo,
  content: contentInfo,
  lstm: lstmInfo,
  cnn: cnnInfo,
  atrank: atrankInfo,
  din: dinInfo,
  sasrec: sasrecInfo,
  gru4rec: gru4recInfo,
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
    reads: 'item',
    tables: [],
    presets: {},
  },
  random: {
    title: 'Random: a uniform score a pair',
    paper: null,
    year: null,
    kind: 'floor',
    reads: 'nothing',
    tables: [],
    presets: {},
  },
};

/** Models that are computed from the log whenever they are needed: there is nothing to save or to load. */
export const withoutWeights: ReadonlySet<ModelName> = new Set([
  'ucf',
  'gf',
  'content',
  'popularity',
  'random',
]);

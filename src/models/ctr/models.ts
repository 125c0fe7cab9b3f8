import type { PreparedData } from '../../data/index.js';
import { normal, ParameterSet } from '../../engine/index.js';
import type {
  AfnOptions,
  AutointOptions,
  DeepfmOptions,
  DifmOptions,
  FmOptions,
  NfmOptions,
  WidedeepOptions,
} from '../options.js';
import { afnPart, afnPlusPart } from './afn.js';
import { attentionPart } from './attention.js';
import { biPart } from './bi.js';
import { crossesPart } from './crosses.js';
import { deepPart } from './deep.js';
import { difmPart } from './difm.js';
import { FieldModel, type FieldModelParts } from './fieldModel.js';
import { fmPart, fmProduct } from './fm.js';
import { FieldTables, type InputFields, inputFields } from './input.js';
import { linearPart } from './linear.js';

/** What the parts of a model are made of. */
interface Built {
  readonly parameters: ParameterSet;
  readonly fields: InputFields;
  /** d */
  readonly width: number;
  /** Embeddings of all fields beside the shared ones. */
  tables(name: string): FieldTables;
}

type Parts = Pick<FieldModelParts, 'parts' | 'innerProduct'>;

type FieldModelOptions =
  | FmOptions
  | DeepfmOptions
  | NfmOptions
  | AutointOptions
  | DifmOptions
  | AfnOptions
  | WidedeepOptions;

/** @throws UserError when the data set lacks a named field, or a field cannot be crossed */
export function buildFieldModel(options: FieldModelOptions, data: PreparedData, seed: number): FieldModel {
  const { embeddingSize: width, embeddingStd, l2Embedding } = options;
  const parameters = new ParameterSet(seed);
  const fields = inputFields(options, data);
  const tables = (name: string) =>
    new FieldTables(parameters, name, fields, { width, init: normal(embeddingStd), history: 'shared' });
  const embeddings = tables('fields');
  const made = partsOf(options, { parameters, fields, width, tables });
  return new FieldModel({ parameters, fields, embeddings, l2Embedding, ...made });
}

/** What each model is put together of. Weights are added in this order. */
function partsOf(config: FieldModelOptions, { parameters, fields, width, tables }: Built): Parts {
  switch (config.name) {
    case 'fm': {
      const linear = linearPart(parameters, fields);
      return { parts: [linear, fmPart(width)], innerProduct: fmProduct(width, linear) };
    }
    case 'deepfm':
      return {
        parts: [linearPart(parameters, fields), fmPart(width), deepPart(parameters, fields, width, config)],
      };
    case 'nfm':
      return { parts: [linearPart(parameters, fields), biPart(parameters, width, config)] };
    case 'autoint':
      return {
        parts: [
          ...(config.firstOrder ? [linearPart(parameters, fields)] : []),
          attentionPart(parameters, fields, width, config),
          ...(config.hidden.length > 0 ? [deepPart(parameters, fields, width, config)] : []),
        ],
      };
    case 'difm':
      return { parts: [difmPart(parameters, fields, width, config)] };
    case 'afn': {
      if (config.plusHidden.length === 0) return { parts: [afnPart(parameters, fields, width, config)] };
      const plus = { ...config, hidden: config.plusHidden, tables: tables('plus') };
      return { parts: [afnPlusPart(parameters, fields, width, config, plus)] };
    }
    case 'widedeep':
      return {
        parts: [
          linearPart(parameters, fields),
          ...(config.crosses.length > 0 ? [crossesPart(parameters, fields, config.crosses)] : []),
          deepPart(parameters, fields, width, config),
        ],
      };
  }
}

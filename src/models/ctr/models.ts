import type { PreparedData } from '../../data/index.js';
import { normal, ParameterSet } from '../../engine/index.js';
import type { FieldOptions } from '../options/fields.js';
import type {
  AfnOptions,
  AutointOptions,
  DeepfmOptions,
  DifmOptions,
  FmOptions,
  NfmOptions,
  WidedeepOptions,
} from '../options.js';
import type { InnerProduct } from '../types.js';
import { afnPart, afnPlusPart } from './afn.js';
import { attentionPart } from './attention.js';
import { biPart } from './bi.js';
import { crossesPart } from './crosses.js';
import { deepPart } from './deep.js';
import { difmPart } from './difm.js';
import { FieldModel } from './fieldModel.js';
import { fmPart, fmProduct } from './fm.js';
import { FieldTables, type InputFields, inputFields } from './input.js';
import { linearPart } from './linear.js';
import type { FieldContexts, FieldItems, Part } from './parts.js';

/** What the parts of a model are made of. */
interface Built {
  readonly parameters: ParameterSet;
  readonly fields: InputFields;
  /** d */
  readonly width: number;
  /** Embeddings of all fields beside the shared ones. */
  tables(name: string): FieldTables;
}

type FieldModelOptions =
  | FmOptions
  | DeepfmOptions
  | NfmOptions
  | AutointOptions
  | DifmOptions
  | AfnOptions
  | WidedeepOptions;

/** @throws UserError when the data set lacks a named field, or a field cannot be crossed */
export function buildFieldModel(config: FieldModelOptions, data: PreparedData, seed: number): FieldModel {
  switch (config.name) {
    case 'fm':
      return assemble(config, data, seed, ({ parameters, fields, width }) => {
        const linear = linearPart(parameters, fields);
        return { parts: [linear, fmPart(width)], innerProduct: fmProduct(width, linear) };
      });
    case 'deepfm':
      return assemble(config, data, seed, ({ parameters, fields, width }) => ({
        parts: [linearPart(parameters, fields), fmPart(width), deepPart(parameters, fields, width, config)],
      }));
    case 'nfm':
      return assemble(config, data, seed, ({ parameters, fields, width }) => ({
        parts: [linearPart(parameters, fields), biPart(parameters, width, config)],
      }));
    case 'autoint':
      return assemble(config, data, seed, ({ parameters, fields, width }) => ({
        parts: [
          ...(config.firstOrder ? [linearPart(parameters, fields)] : []),
          attentionPart(parameters, fields, width, config),
          ...(config.hidden.length > 0 ? [deepPart(parameters, fields, width, config)] : []),
        ],
      }));
    case 'difm':
      return assemble(config, data, seed, ({ parameters, fields, width }) => ({
        parts: [difmPart(parameters, fields, width, config)],
      }));
    case 'afn':
      return assemble(config, data, seed, (built) => ({ parts: [afnOf(config, built)] }));
    case 'widedeep':
      return assemble(config, data, seed, ({ parameters, fields, width }) => ({
        parts: [
          linearPart(parameters, fields),
          ...(config.crosses.length > 0 ? [crossesPart(parameters, fields, config.crosses)] : []),
          deepPart(parameters, fields, width, config),
        ],
      }));
  }
}

function afnOf(config: AfnOptions, { parameters, fields, width, tables }: Built): Part {
  if (config.plusHidden.length === 0) return afnPart(parameters, fields, width, config);
  const plus = { ...config, hidden: config.plusHidden, tables: tables('plus') };
  return afnPlusPart(parameters, fields, width, config, plus);
}

function assemble(
  options: FieldOptions,
  data: PreparedData,
  seed: number,
  build: (built: Built) => {
    readonly parts: readonly Part[];
    readonly innerProduct?: InnerProduct<FieldItems, FieldContexts>;
  },
): FieldModel {
  const { embeddingSize: width, embeddingStd, l2Embedding } = options;
  const parameters = new ParameterSet(seed);
  const fields = inputFields(options, data);
  const tables = (name: string) =>
    new FieldTables(parameters, name, fields, { width, init: normal(embeddingStd), history: 'shared' });
  const embeddings = tables('fields');
  return new FieldModel({
    parameters,
    fields,
    embeddings,
    l2Embedding,
    ...build({ parameters, fields, width, tables }),
  });
}

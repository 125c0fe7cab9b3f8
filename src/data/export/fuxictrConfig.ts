import { join } from 'node:path';
import { Document } from 'yaml';
import { type FuxictrNames, fuxictrParts, vectorFile } from './fuxictrNames.js';
import type { Exported } from './types.js';

/** A line of `feature_cols`. */
type FeatureColumn = Readonly<Record<string, string | number | boolean | null>>;

/** FuxiCTR's configuration of the files of an export: `dataset_config.yaml`, under the name of the data set. */
export function fuxictrConfig(
  exported: Exported,
  label: string,
  names: FuxictrNames,
  folder: string,
): string {
  const document = new Document({}, { version: '1.1' }); // as Python reads it
  const flow = (value: FeatureColumn): unknown => document.createNode(value, { flow: true });
  document.contents = document.createNode({
    [exported.store.name]: {
      data_root: join(folder, 'encoded'),
      data_format: 'csv',
      ...Object.fromEntries(
        Object.values(fuxictrParts).map((part) => [`${part}_data`, join(folder, `${part}.csv`)]),
      ),
      min_categr_count: 1,
      group_id: names.group,
      feature_cols: featureColumns(exported, names, folder).map(flow),
      label_col: flow({ name: label, dtype: 'float' }),
    },
  }) as typeof document.contents;
  document.commentBefore = commentOn(exported, label, names);
  return document.toString({ lineWidth: 0, directives: false });
}

function featureColumns(
  { store, histories }: Exported,
  names: FuxictrNames,
  folder: string,
): FeatureColumn[] {
  const one = (name: string): FeatureColumn => ({ name, active: true, dtype: 'str', type: 'categorical' });
  const list = (name: string, length: number): FeatureColumn => ({
    name,
    active: true,
    dtype: 'str',
    type: 'sequence',
    splitter: '^',
    max_len: length,
    padding: 'pre',
  });
  const copied = (column: FeatureColumn, from: string): FeatureColumn => ({
    ...column,
    preprocess: `copy_from(${from})`,
  });
  const room = (which: 'items' | 'users', id: string): FeatureColumn[] => {
    const { tags, vectors } = store[which];
    const { categories, tags: tagNames, vectors: vectorNames } = names[which];
    return [
      one(id),
      ...Array.from(categories.values(), one),
      ...Array.from(tagNames, ([name, column]) => list(column, longest(tags[name]!.offsets))),
      ...Array.from(vectorNames, ([name, column]) => ({
        ...copied(one(column), id),
        pretrained_emb: join(folder, vectorFile(which, name)),
        pretrain_dim: vectors[name]!.width,
        freeze_emb: true,
        pretrain_usage: 'init',
      })),
    ];
  };
  const history = ({ name, categories, vectors }: FuxictrNames['histories'][number], length: number) => {
    const shared = (column: FeatureColumn, as: string): FeatureColumn => ({ ...column, share_embedding: as });
    return [
      shared(list(name, length), names.item),
      ...Array.from(categories, ([feature, column]) =>
        shared(list(column, length), names.items.categories.get(feature)!),
      ),
      ...Array.from(vectors, ([feature, column]) =>
        shared(copied(list(column, length), name), names.items.vectors.get(feature)!),
      ),
    ];
  };
  return [
    copied({ name: names.group, active: true, dtype: 'str', type: 'meta' }, names.user),
    ...room('users', names.user),
    ...room('items', names.item),
    ...names.histories.flatMap((columns, i) => history(columns, histories[i]!.length)),
  ];
}

/** Entries of the longest list, at least 1. */
function longest(offsets: Int32Array): number {
  let length = 1;
  for (let i = 1; i < offsets.length; i++) length = Math.max(length, offsets[i]! - offsets[i - 1]!);
  return length;
}

function commentOn({ store, origin, histories }: Exported, label: string, names: FuxictrNames): string {
  const others = Object.keys(store.interactions.columns).filter((name) => name !== label);
  const lines = [
    `${origin.title}, written by mvrec data export for FuxiCTR 2.3.10 (with polars below 2).`,
    ...(store.caveat === null ? [] : [`Caveat: ${store.caveat}`]),
    ...(origin.licence === null ? [] : [`Licence: ${origin.licence}`]),
    '',
    `In a model's folder of FuxiCTR, with a model_config.yaml beside this file whose dataset_id is ${store.name}:`,
    '',
    '  python run_expid.py --config <folder of this file> --expid <name in model_config.yaml>',
    '',
    'The paths are where the export was written. Selection on valid, once on test: keep both as they are.',
    ...(others.length > 0
      ? [
          `No features here, since they may know the outcome: ${[...others, names.time].join(', ')}. Add what is context.`,
        ]
      : []),
    ...(histories.length > 0
      ? [
          'DIN, DIEN and BST want `feature_encoder: null` in the sequences that they attend to.',
          'Leave min_categr_count at 1: FuxiCTR counts targets and histories together, so a higher one makes a target',
          'unknown mostly when it was not clicked.',
          'Linear parts (DeepFM, WideDeep, NFM, FM) leave the tables of shared sequences at N(0, 1). After making a model:',
          '',
          '  for name, spec in model.feature_map.features.items():',
          '      for module in model.modules():',
          '          tables = getattr(module, "embedding_layers", {})',
          '          if "share_embedding" in spec and name in tables and tables[name] is not tables[spec["share_embedding"]]:',
          '              torch.nn.init.normal_(tables[name].weight[1:], std=1e-4)',
        ]
      : []),
  ];
  return lines.map((line) => (line === '' ? '' : ` ${line}`)).join('\n');
}

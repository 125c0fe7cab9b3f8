import { Document } from 'yaml';
import { partNames } from '../types.js';
import { type RecboleNames, recboleParts } from './recboleNames.js';
import type { Exported } from './types.js';

/** RecBole's configuration of exactly the files of an export. */
export function recboleConfig(exported: Exported, names: RecboleNames, folder: string): string {
  const { label, parts, histories } = exported;
  const known = (features: RecboleNames['items']): string[] => [
    ...features.categories.values(),
    ...features.tags.values(),
  ];
  const config = {
    dataset: exported.store.name,
    data_path: folder,
    ...(parts && { benchmark_filename: partNames.map((part) => recboleParts[part]) }),
    field_separator: '\t',
    seq_separator: ' ',
    encoding: 'utf-8',
    USER_ID_FIELD: names.user,
    ITEM_ID_FIELD: names.item,
    TIME_FIELD: names.time,
    ...(label !== null && { LABEL_FIELD: label }),
    load_col: {
      inter: [names.user, names.item, names.time, ...(label === null ? [] : [label]), ...names.histories],
      item: [names.item, ...known(names.items)],
      user: [names.user, ...known(names.users)],
    },
    ...(histories.length > 0 && {
      alias_of_item_id: [...names.histories],
      MAX_ITEM_LIST_LENGTH: histories[0]!.length,
    }),
  };
  // Python reads YAML 1.1, where also words like no and on need quotes.
  const document = new Document(config, { version: '1.1' });
  document.commentBefore = commentOn(exported, names);
  return document.toString({ lineWidth: 0, directives: false });
}

function commentOn({ store, label, parts, origin, histories }: Exported, names: RecboleNames): string {
  const others = Object.keys(store.interactions.columns).filter((name) => name !== label);
  const large = [names.items, names.users].flatMap((features) => [
    ...features.texts.values(),
    ...features.vectors.values(),
  ]);
  const lines = [
    `${origin.title}, written by mvrec data export for RecBole 1.2.`,
    ...(store.caveat === null ? [] : [`Caveat: ${store.caveat}`]),
    ...(origin.licence === null ? [] : [`Licence: ${origin.licence}`]),
    '',
    'data_path is where the export was written. To train and evaluate, in this folder:',
    '',
    '  import functools, torch',
    '  from recbole.config import Config',
    '  from recbole.data import create_dataset, data_preparation',
    '  from recbole.utils import get_model, get_trainer, init_seed',
    '',
    '  torch.load = functools.partial(torch.load, weights_only=False)  # RecBole 1.2.1 with torch from 2.6 on',
    `  config = Config(model="DeepFM", config_file_list=["${store.name}.yaml"])`,
    '  init_seed(config["seed"], config["reproducibility"])',
    '  dataset = create_dataset(config)',
    '  train, valid, test = data_preparation(config, dataset)',
    '  model = get_model(config["model"])(config, train.dataset).to(config["device"])',
    '  trainer = get_trainer(config["MODEL_TYPE"], config["model"])(config, model)',
    '  trainer.fit(train, valid)',
    '  print(trainer.evaluate(test))',
    '',
    ...(parts === null
      ? ['The whole log is in one file: RecBole splits it as eval_args says.']
      : ['The parts are the files; eval_args.split has no effect on them.']),
    'Models that rank (BPR, NeuMF) take every row as a positive, whatever its label: for them export --positives.',
    'Numbers become float32 in RecBole, so times in milliseconds are equal within two minutes.',
    ...(others.length > 0
      ? [
          `Not loaded, since they may know the outcome: ${others.join(', ')}. Add to load_col.inter what is context.`,
        ]
      : []),
    ...(large.length > 0
      ? [
          `Not loaded, since few models read them: ${large.join(', ')}. Added to load_col, they are in dataset.get_item_feature() or get_user_feature().`,
        ]
      : []),
    ...(histories.length > 0
      ? [
          `${names.histories[0]} holds the latest ${histories[0]!.length} items of each row's history, oldest first; it may be empty.`,
        ]
      : []),
  ];
  return lines.map((line) => (line === '' ? '' : ` ${line}`)).join('\n');
}

import { type UserError, UserErrors } from '../base/index.js';
import type { Store } from '../data/index.js';
import { missingLevels, missingUserVector } from './alpine/levels.js';
import { notNumbers } from './fields.js';
import { missingClips } from './frame/clips.js';
import { missingWatched } from './frame/watched.js';
import { type Instead, left, missingFeatures, type NamedFeatures, setting } from './missing.js';
import { mtinSettings } from './mtin/settings.js';
import {
  type AlpineOptions,
  type ModelConfig,
  type MtinOptions,
  partsOf,
  type ScaaOptions,
  type SequenceOptions,
} from './options.js';

/** @throws UserError naming all that `modelLacks` finds */
export function requireFeatures(config: ModelConfig, store: Store): void {
  const lacking = modelLacks(config, store);
  if (lacking.length > 0) throw new UserErrors(lacking);
}

/**
 * Features and columns that a model's options name and the data set does not have, all at once and with settings that do without
 * them; and numbers that are none. Builds no model. Models check again what they are given, one by one.
 */
export function modelLacks(config: ModelConfig, store: Store): UserError[] {
  const lacking = (lists: readonly NamedFeatures[], instead?: Instead): UserError[] =>
    found(missingFeatures(lists, store, instead));
  switch (config.name) {
    case 'thacil':
      return lacking(
        [feature('model.visual', config.visual), feature('model.category', config.category)],
        likeliest,
      );
    case 'mtin':
      return lacking(
        [
          feature('model.visual', config.visual),
          ...(config.itemEmbedding === 'visual+category' ? [feature('model.category', config.category)] : []),
        ],
        insteadOfMtin(config),
      );
    case 'alpine':
    case 'scaa': {
      const named = lacking([feature('model.item', config.item)], insteadOfAlpine(config));
      return [...named, ...found(missingUserVector(config, store), missingLevels(config, store))];
    }
    case 'lstm':
    case 'cnn':
    case 'atrank':
      return lacking(
        [feature('model.item', config.item), feature('model.category', config.category)],
        insteadOfSequence(config),
      );
    case 'uvcan':
      return lacking([
        userField('model.userFields', config.userFields),
        itemField('model.videoFields', config.videoFields),
      ]);
    case 'din':
      return lacking([
        userField('model.userFields', config.userFields),
        itemField('model.itemFields', config.itemFields),
      ]);
    case 'fm':
    case 'deepfm':
    case 'nfm':
    case 'autoint':
    case 'difm':
    case 'afn':
    case 'widedeep': {
      const named = lacking([
        userField('model.userFields', config.userFields),
        itemField('model.itemFields', config.itemFields),
        { noun: 'column', option: 'model.contextFields', names: config.contextFields },
      ]);
      return [...named, ...notNumbers(config, store)];
    }
    case 'ncf':
      return lacking(
        [
          feature('model.item', config.item),
          userField('model.sideFeatures.user', config.sideFeatures.user),
          itemField('model.sideFeatures.item', config.sideFeatures.item),
        ],
        mayBeNone(['model.sideFeatures.user', 'model.sideFeatures.item']),
      );
    case 'frame':
      return found(missingClips(config, store), missingWatched(config, store));
    case 'gf':
      return lacking([{ noun: 'item vector', option: 'model.content', names: config.content }]);
    case 'bpr':
    case 'sasrec':
    case 'gru4rec':
      return lacking([feature('model.item', config.item)]);
    default:
      return [];
  }
}

const found = (...errors: readonly (UserError | null)[]): UserError[] =>
  errors.filter((error) => error !== null);

const feature = (option: string, names: readonly string[]): NamedFeatures => ({
  noun: 'item feature',
  option,
  names,
});
const itemField = (option: string, names: readonly string[]): NamedFeatures => ({
  noun: 'item field',
  option,
  names,
});
const userField = (option: string, names: readonly string[]): NamedFeatures => ({
  noun: 'user field',
  option,
  names,
});

/** What is left of a list, else what there is of its kind: a category, or a vector, or the identifiers. */
function likely(list: NamedFeatures, store: Store): string[] {
  const { vectors, categories } = store.items;
  const kept = left(list, store);
  if (kept.length > 0) return kept;
  const others = list.option === 'model.category' ? categories : vectors;
  return [Object.keys(others)[0] ?? 'id'];
}

const likeliest: Instead = (lists, store) => lists.map((list) => setting(list, likely(list, store)));

/** What is left of each list, else the identifiers, or nothing where that is allowed. */
const mayBeNone =
  (options: readonly string[]): Instead =>
  (lists, store) =>
    lists.map((list) => {
      const kept = left(list, store);
      return options.includes(list.option) ? `${list.option}: [${kept.join(', ')}]` : setting(list, kept);
    });

/** k-means groups items by what is known of them. */
const insteadOfMtin =
  (config: MtinOptions): Instead =>
  (lists, store) => {
    const { memoryInit } = mtinSettings(config);
    const used = [
      ...config.visual,
      ...(config.itemEmbedding === 'visual+category' ? config.category : []),
      ...lists.flatMap((list) => likely(list, store)),
    ];
    const tells = used.some((name) => store.items.vectors[name] || store.items.categories[name]);
    const random = memoryInit === 'kmeans' && !tells ? ['model.memoryInit: random'] : [];
    return [...likeliest(lists, store), ...random];
  };

/** The second side may be left out; only maps take features of every kind. */
const insteadOfSequence =
  ({ itemEmbedding }: SequenceOptions): Instead =>
  (lists, store) =>
    lists.flatMap((list) => {
      if (list.option === 'model.category') return [`model.category: [${left(list, store).join(', ')}]`];
      const instead = likely(list, store);
      const fits = itemEmbedding === 'projected' || instead.every((name) => store.items.vectors[name]);
      return [setting(list, instead), ...(fits ? [] : ['model.itemEmbedding: projected'])];
    });

/**
 * The graph links similar items, so without vectors and categories there is none; SCAA, which is never without it, then is the model
 * it builds on.
 */
const insteadOfAlpine =
  (config: AlpineOptions | ScaaOptions): Instead =>
  ([list], store) => {
    const { vectors, categories } = store.items;
    const kept = left(list!, store).filter((name) => name !== 'id');
    const [first = Object.keys(vectors)[0] ?? Object.keys(categories)[0]] = kept;
    if (first === undefined) return withoutContent(config);
    const instead = kept.length > 0 ? kept : [first];
    if (instead.every((name) => vectors[name])) return [setting(list!, instead)];
    const { interest } = partsOf(config);
    const sums = config.name === 'alpine' && interest === 'matrix' && config.userInit === 'levels';
    return [
      setting(list!, instead),
      'model.itemEmbedding: projected',
      ...(config.itemSize === null ? ['model.itemSize: 64'] : []),
      ...(sums && !instead.some((name) => vectors[name]) ? ['model.userInit: normal'] : []),
    ];
  };

function withoutContent(config: AlpineOptions | ScaaOptions): string[] {
  const settings = ['item: [id]', 'itemEmbedding: trainable', 'itemSize: 64'];
  if (config.name === 'scaa') {
    const alpine = `model: { name: alpine, variant: ALPINE_umg, ${settings.join(', ')} }`;
    return [`${alpine} (SCAA needs vectors or categories of items)`];
  }
  const variant = partsOf(config).graph ? ['variant: ALPINE_umg'] : [];
  return [...variant, ...settings].map((one) => `model.${one}`);
}

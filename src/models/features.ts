import { didYouMean, UserError } from '../base/index.js';
import type { CategoryFeature, Features, PreparedData, TagFeature, VectorFeature } from '../data/index.js';
import type { Field, ItemFeature, TagField, ValueField, VectorRows } from '../layers/index.js';

/**
 * The named item features of a data set, `id` being the item itself. A category value that no item of the train
 * part has counts as unknown: its embedding would be the noise that it was initialised with.
 *
 * @param option where the names come from, for the message
 * @throws UserError when the data set has no such feature
 */
export function itemFeatures(names: readonly string[], data: PreparedData, option: string): ItemFeature[] {
  const { categories, vectors } = data.store.items;
  return names.map((name): ItemFeature => {
    const vector = vectors[name];
    if (vector) return vectorRows(name, vector);
    const category = categories[name];
    if (category) {
      const { values } = category;
      const cardinality = Math.max(1, category.cardinality); // a feature that no item has is still a matrix
      return {
        kind: 'category',
        name,
        values: trainedOnly(values, trainedValues(category, data.warmItems)),
        cardinality,
      };
    }
    if (name === 'id') return { kind: 'id', name, warm: data.warmItems };
    const known = [...Object.keys(vectors), ...Object.keys(categories), 'id'];
    throw new UserError(
      `${data.store.name} has no item feature ${name} (${option})`,
      didYouMean(name, known, 'Item features'),
    );
  });
}

/** 1 where the user has a row in the train part, or is said to be known. [users] */
export function warmUsers({ store, split, warmUsers }: PreparedData): Uint8Array {
  if (warmUsers) return warmUsers;
  const warm = new Uint8Array(store.userIds.length);
  for (const row of split.train) warm[store.interactions.user[row]!] = 1;
  return warm;
}

/**
 * The named fields of users, `id` being the user, for `fieldEmbedding`. What has no train row is not trained, so it must
 * not be told apart: see `itemFields`.
 *
 * @param option where the names come from, for the message
 * @throws UserError when the data set has no such field
 */
export function userFields(names: readonly string[], data: PreparedData, option: string): Field[] {
  const features = data.store.users;
  return fieldsOf(names, { whose: 'user', features, warm: warmUsers(data), store: data.store.name, option });
}

/**
 * The named fields of items, `id` being the item. A value that no item of the train part has counts as unknown. Unknown is
 * learned where items of the train part have no value, unless the data say whether it is; otherwise it is zero. So are
 * identifiers of items without a train row; such tags are left out.
 *
 * @param option where the names come from, for the message
 * @throws UserError when the data set has no such field
 */
export function itemFields(names: readonly string[], data: PreparedData, option: string): Field[] {
  const features = data.store.items;
  return fieldsOf(names, { whose: 'item', features, warm: data.warmItems, store: data.store.name, option });
}

interface FieldSource {
  readonly whose: 'user' | 'item';
  readonly features: Features;
  /** 1 where the user or item has a train row. [count] */
  readonly warm: Uint8Array;
  readonly store: string;
  readonly option: string;
}

function fieldsOf(names: readonly string[], source: FieldSource): Field[] {
  const { categories, tags, vectors } = source.features;
  const { warm } = source;
  return names.map((name): Field => {
    if (vectors[name]) return vectorRows(name, vectors[name]);
    if (categories[name]) return valueField(name, categories[name], warm);
    if (tags[name]) return tagField(name, tags[name], warm);
    if (name !== 'id') throw unknownField(name, names, source);
    const values = Int32Array.from(warm, (isWarm, id) => (isWarm ? id : -1));
    return { kind: 'value', name, values, rows: Math.max(1, warm.length), unknown: 'zero' };
  });
}

function unknownField(
  name: string,
  names: readonly string[],
  { whose, features, store, option }: FieldSource,
): UserError {
  const { categories, tags, vectors } = features;
  const known = ['id', ...Object.keys(categories), ...Object.keys(tags), ...Object.keys(vectors)];
  const there = names.filter((one) => known.includes(one));
  const instead = there.length > 0 ? there : ['id'];
  return new UserError(
    `${store} has no ${whose} field ${name} (${option})`,
    `${didYouMean(name, known, whose === 'user' ? 'User fields' : 'Item fields')} Without it: ${option}: [${instead.join(', ')}].`,
  );
}

function vectorRows(name: string, vector: VectorFeature): VectorRows {
  const { width, matrix } = vector;
  return { kind: 'vector', name, width, rows: (ids) => vector.rows(ids), ...(matrix && { matrix }) };
}

function valueField(name: string, category: CategoryFeature, warm: Uint8Array): ValueField {
  const { values, cardinality } = category;
  const learned = category.learnsUnknown ?? values.some((value, id) => value < 0 && warm[id] === 1);
  return {
    kind: 'value',
    name,
    values: trainedOnly(values, trainedValues(category, warm)),
    rows: Math.max(1, cardinality),
    unknown: learned ? 'learned' : 'zero',
  };
}

function tagField(name: string, { offsets, values, cardinality }: TagFeature, warm: Uint8Array): TagField {
  const trained = new Uint8Array(cardinality);
  warm.forEach((isWarm, id) => {
    if (isWarm) for (let t = offsets[id]!; t < offsets[id + 1]!; t++) trained[values[t]!] = 1;
  });
  const starts = new Int32Array(offsets.length);
  for (let id = 0; id + 1 < offsets.length; id++) {
    let count = 0;
    for (let t = offsets[id]!; t < offsets[id + 1]!; t++) count += trained[values[t]!]!;
    starts[id + 1] = starts[id]! + count;
  }
  const kept = values.filter((value) => trained[value]);
  return { kind: 'tags', name, offsets: starts, values: kept, rows: Math.max(1, cardinality) };
}

/** 1 for values that something with a train row has. [cardinality] */
function trainedValues({ values, cardinality }: CategoryFeature, warm: Uint8Array): Uint8Array {
  const trained = new Uint8Array(cardinality);
  values.forEach((value, id) => {
    if (value >= 0 && warm[id]) trained[value] = 1;
  });
  return trained;
}

/** The values, those that are not trained being unknown. */
function trainedOnly(values: Int32Array, trained: Uint8Array): Int32Array {
  return values.map((value) => (value >= 0 && trained[value] ? value : -1));
}

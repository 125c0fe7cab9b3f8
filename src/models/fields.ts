/**
 * What is known of users, of items and of the row itself, as fields that `fieldEmbedding` turns into vectors. What the train rows
 * do not show often enough is not told apart (docs/models/fields.md).
 */
import { UserError } from '../base/index.js';
import type {
  CategoryFeature,
  Features,
  PreparedData,
  Store,
  TagFeature,
  VectorFeature,
} from '../data/index.js';
import type { Field, TagField, ValueField } from '../layers/index.js';
import { vectorRows, warmUsers } from './features.js';
import { missingFeatures } from './missing.js';
import type { FieldOptions } from './options/fields.js';
import { bucketing, type FieldRules, plainRules, Vocabulary } from './vocabulary.js';

/**
 * The named fields of users, `id` being the user, for `fieldEmbedding`. What has no train row is not trained, so it must
 * not be told apart: see `itemFields`.
 *
 * @param option where the names come from, for the message
 * @throws UserError when the data set has no such field, or one that is to be put into buckets is no number
 */
export function userFields(
  names: readonly string[],
  data: PreparedData,
  option: string,
  rules: FieldRules = plainRules,
): Field[] {
  const { users, interactions } = data.store;
  return fieldsOf(names, { whose: 'user', features: users, of: interactions.user, data, option, rules });
}

/**
 * The named fields of items, `id` being the item. A value that fewer than `minCount` train rows have counts as unknown. Unknown
 * is learned where train rows have it, unless the data say whether it is; otherwise it is zero. So are identifiers of items
 * without a train row; such tags are left out.
 *
 * @param option where the names come from, for the message
 * @throws UserError when the data set has no such field, or one that is to be put into buckets is no number
 */
export function itemFields(
  names: readonly string[],
  data: PreparedData,
  option: string,
  rules: FieldRules = plainRules,
): Field[] {
  const { items, interactions } = data.store;
  return fieldsOf(names, { whose: 'item', features: items, of: interactions.item, data, option, rules });
}

interface FieldSource {
  readonly whose: 'user' | 'item';
  readonly features: Features;
  /** User or item of each row. [rows] */
  readonly of: Int32Array;
  readonly data: PreparedData;
  readonly option: string;
  readonly rules: FieldRules;
}

function fieldsOf(names: readonly string[], source: FieldSource): Field[] {
  const { features, rules, whose, option } = source;
  const { categories, tags, vectors } = features;
  const least = leastOf(source.data, rules);
  const rows = least === 1 ? warmOf(source) : trainRowsOf(source);
  return names.map((name): Field => {
    const bucket = rules.buckets[name];
    if (bucket && !isNumber(name, features) && !(categories[name] && areGiven(source.data))) {
      throw noNumber(name, whose, option);
    }
    if (vectors[name]) {
      return bucket ? bucketField(name, vectors[name], source) : vectorRows(name, vectors[name]);
    }
    if (categories[name]) return valueField(name, categories[name], rows, least, rules);
    if (tags[name]) return tagField(name, tags[name], rows, least);
    if (name !== 'id') throw missing(names, source);
    const values = Int32Array.from(rows, (count, id) => (count >= least ? id : -1));
    const isRare = rows.some((count) => count > 0 && count < least);
    return {
      kind: 'value',
      name,
      values,
      rows: Math.max(1, rows.length),
      unknown: unknownOf(isRare, rules),
    };
  });
}

/** 1 where there is a train row that training meets. [users or items] */
const warmOf = ({ whose, data }: FieldSource): Uint8Array =>
  whose === 'user' ? warmUsers(data) : data.warmItems;

/** Number of train rows, 0 of what training does not meet. [users or items] */
function trainRowsOf(source: FieldSource): Int32Array {
  const { of, data } = source;
  const warm = warmOf(source);
  const counts = new Int32Array(warm.length);
  for (const row of data.split.train) counts[of[row]!]! += warm[of[row]!]!;
  return counts;
}

/** With a minimum count there is always a weight for unknown, so that the names of weights do not depend on the log. */
export function unknownOf(isTrained: boolean, { minCount }: FieldRules): ValueField['unknown'] {
  if (isTrained) return 'learned';
  return minCount > 1 ? 'idle' : 'zero';
}

const missing = (names: readonly string[], { whose, option, data }: FieldSource): UserError =>
  missingFeatures([{ noun: `${whose} field`, option, names }], data.store)!;

/** Errors about fields that are to be put into buckets and are no numbers. */
export function notNumbers(
  { userFields, itemFields, buckets }: Pick<FieldOptions, 'userFields' | 'itemFields' | 'buckets'>,
  { users, items }: Store,
): UserError[] {
  const wrong = (names: readonly string[], features: Features) =>
    names.filter((name) => buckets[name] && !isNumber(name, features));
  return [
    ...wrong(userFields, users).map((name) => noNumber(name, 'user', 'model.userFields')),
    ...wrong(itemFields, items).map((name) => noNumber(name, 'item', 'model.itemFields')),
  ];
}

/** Whether it is none of what is known not to be a number. */
const isNumber = (name: string, { categories, tags, vectors }: Features): boolean =>
  !categories[name] && !tags[name] && name !== 'id' && (vectors[name]?.width ?? 1) === 1;

const noNumber = (name: string, whose: 'user' | 'item', option: string): UserError =>
  new UserError(
    `model.buckets.${name}: the ${whose} field ${name} (${option}) is no number`,
    'Buckets are for numbers: columns of the log, and vectors of width 1. Take it out of model.buckets.',
  );

function valueField(
  name: string,
  category: CategoryFeature,
  rows: ArrayLike<number>,
  least: number,
  rules: FieldRules,
): ValueField {
  const counts = new Float64Array(category.cardinality);
  let isUnknown = false;
  category.values.forEach((value, id) => {
    if (value >= 0) counts[value]! += rows[id]!;
    else if (rows[id]! > 0) isUnknown = true;
  });
  const isRare = counts.some((count) => count > 0 && count < least);
  const values = category.values.map((value) => (value >= 0 && counts[value]! >= least ? value : -1));
  const unknown = unknownOf((category.learnsUnknown ?? isUnknown) || isRare, rules);
  return { kind: 'value', name, values, rows: Math.max(1, category.cardinality), unknown };
}

function tagField(
  name: string,
  { offsets, values, cardinality }: TagFeature,
  rows: ArrayLike<number>,
  least: number,
): TagField {
  const counts = new Float64Array(cardinality);
  for (let id = 0; id + 1 < offsets.length; id++) {
    for (let t = offsets[id]!; t < offsets[id + 1]!; t++) counts[values[t]!]! += rows[id]!;
  }
  const isKept = (tag: number): boolean => counts[tag]! >= least;
  const starts = new Int32Array(offsets.length);
  for (let id = 0; id + 1 < offsets.length; id++) {
    let count = 0;
    for (let t = offsets[id]!; t < offsets[id + 1]!; t++) if (isKept(values[t]!)) count++;
    starts[id + 1] = starts[id]! + count;
  }
  return {
    kind: 'tags',
    name,
    offsets: starts,
    values: values.filter(isKept),
    rows: Math.max(1, cardinality),
  };
}

/** A number of each user or item, such as a count of followers. */
function bucketField(name: string, vector: VectorFeature, source: FieldSource): ValueField {
  const { data, of, rules } = source;
  const count = (source.whose === 'user' ? data.store.userIds : data.store.itemIds).length;
  const numbers = vector.rows(Int32Array.from({ length: count }, (_, id) => id));
  const ofRows = Float64Array.from(data.split.train, (row) => numbers[of[row]!]!);
  const warm = warmOf(source);
  const met = ofRows.filter((_, i) => warm[of[data.split.train[i]!]!] === 1);
  const vocabulary = new Vocabulary(met, bucketing(rules.buckets[name]!, ofRows), leastOf(data, rules));
  return {
    kind: 'value',
    name,
    values: Int32Array.from(numbers, (number) => vocabulary.valueOf(number)),
    rows: Math.max(1, vocabulary.size),
    unknown: unknownOf(vocabulary.lacksRows, rules),
  };
}

/** Whether the data are given arrays, which say themselves what is known, and number buckets. */
const areGiven = ({ contextFields }: PreparedData): boolean => contextFields !== undefined;

/** Train rows that a value must have at least. Of arrays nothing is counted. */
export const leastOf = (data: PreparedData, { minCount }: FieldRules): number =>
  areGiven(data) ? 1 : minCount;

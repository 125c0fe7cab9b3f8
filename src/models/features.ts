import { range } from '../base/index.js';
import { type CategoryFeature, HeldVectors, type PreparedData, type VectorFeature } from '../data/index.js';
import type { ItemFeature, VectorRows } from '../layers/index.js';
import { cutInto } from './clips.js';
import { missingFeatures } from './missing.js';

/**
 * The named item features of a data set, `id` being the item itself. A category value that no warm item has counts as unknown: its embedding would be the noise that it was initialised with.
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
    throw missingFeatures([{ noun: 'item feature', option, names }], data.store)!;
  });
}

/**
 * The named vectors of items.
 *
 * @param option where the names come from, for the message
 * @throws UserError when the data set has no such vectors
 */
export function itemVectors(
  names: readonly string[],
  { store }: PreparedData,
  option: string,
): VectorFeature[] {
  const { vectors } = store.items;
  return names.map((name) => {
    const vector = vectors[name];
    if (vector) return vector;
    throw missingFeatures([{ noun: 'item vector', option, names }], store)!;
  });
}

/** 1 where the user has a row in the train part, or the data say that training meets it. [users] */
export function warmUsers({ store, split, warmUsers }: PreparedData): Uint8Array {
  if (warmUsers) return warmUsers;
  const warm = new Uint8Array(store.userIds.length);
  for (const row of split.train) warm[store.interactions.user[row]!] = 1;
  return warm;
}

/** 1 for values that something warm has. [cardinality] */
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

/** A vector of clips counts as their mean: only FRAME tells clips apart. */
export function vectorRows(name: string, vector: VectorFeature): VectorRows {
  if (vector.clips !== undefined && vector.clips > 1) return meanOfClips(name, vector);
  const { width, matrix } = vector;
  return { kind: 'vector', name, width, rows: (ids) => vector.rows(ids), ...(matrix && { matrix }) };
}

function meanOfClips(name: string, vector: VectorFeature): VectorRows {
  const { width, rows } = cutInto(vector, 1);
  if (!vector.matrix) return { kind: 'vector', name, width, rows };
  const count = vector.matrix.length / vector.width;
  return vectorRows(name, new HeldVectors(rows(range(0, count)), width));
}

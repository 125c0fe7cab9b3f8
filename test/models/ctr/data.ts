import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { type Batch, HeldVectors, type PreparedData } from '../../../src/data/index.js';
import type { Model } from '../../../src/models/index.js';
import { batchOf, preparedOf } from '../../support/batches.js';
import { referenceWave, valuesOfWeights } from '../../support/reference.js';
import { trainable } from '../../support/training.js';
import { tagFeature } from '../uvcan/data.js';

/** What ctr_reference.py writes. */
export interface Reference {
  readonly users: number;
  readonly items: number;
  readonly train: readonly (readonly [user: number, item: number, label: number, hour: number])[];
  readonly gender: readonly number[];
  readonly author: readonly number[];
  readonly tags: readonly (readonly number[])[];
  readonly values: { readonly gender: number; readonly author: number; readonly tags: number };
  readonly visualWidth: number;
  readonly contexts: readonly {
    readonly user: number;
    readonly hour: number;
    readonly history: readonly number[];
    readonly candidates: readonly (readonly [item: number, label: number])[];
  }[];
  readonly cases: readonly Case[];
}

export interface Case {
  readonly options: Readonly<Record<string, unknown>> & { readonly name: string };
  readonly weights: Readonly<Record<string, Weight>>;
  readonly logits: readonly number[];
  readonly loss: number;
  /** With the statistics of the batch in batch normalisation, and these: means, then unbiased variances. */
  readonly trainingLogits?: readonly number[];
  readonly batchStatistics?: Readonly<Record<string, readonly number[]>>;
}

interface Weight {
  readonly shape: readonly number[];
  readonly v: number;
  readonly amplitude: number;
  readonly offset: number;
  readonly slope?: number;
}

const file = new URL('../../fidelity/ctr.json', import.meta.url);
export const reference: Reference = JSON.parse(readFileSync(file, 'utf8'));

/** The data set of the reference. */
export function referenceData(): PreparedData {
  const { users, items, train, gender, author, tags, values, visualWidth } = reference;
  const data = preparedOf({ users, items, train: train.map(([user, item, label]) => [user, item, label]) });
  const category = (of: readonly number[], cardinality: number) => ({
    values: Int32Array.from(of),
    cardinality,
  });
  const visual = referenceWave(101, items * visualWidth, 1);
  return {
    ...data,
    store: {
      ...data.store,
      interactions: {
        ...data.store.interactions,
        columns: { hour: Float32Array.from(train, ([, , , hour]) => hour) },
      },
      users: { ...data.store.users, categories: { gender: category(gender, values.gender) } },
      items: {
        ...data.store.items,
        categories: { author: category(author, values.author) },
        tags: { tags: tagFeature(tags, values.tags) },
        vectors: { visual: new HeldVectors(visual, visualWidth) },
      },
    },
  };
}

/**
 * The contexts of the reference as the model looks at them.
 *
 * @param pairs places of the pairs that are wanted. Default: all
 */
export function referenceBatch(model: Model, pairs?: readonly number[]): Batch {
  const [history] = model.histories;
  let place = 0;
  return batchOf(
    reference.contexts.map(({ user, hour, history: events, candidates }) => ({
      user,
      candidates: candidates.filter(() => pairs?.includes(place++) ?? true),
      history: history ? events.slice(-history.length) : [],
      places: (model.rowFields ?? []).map(({ placeOf }) => placeOf(hour)),
    })),
    history ? history.length : [],
  );
}

/**
 * The model of a case with its weights; an Error where it has others.
 *
 * @param fixed values of weights that are not those of the formula
 */
export function referenceModel(
  one: Pick<Case, 'options' | 'weights'>,
  data: PreparedData,
  fixed: ReadonlyMap<string, Float32Array> = new Map(),
): Model {
  const model = trainable(one.options, data);
  const values = new Map([...valuesOfWeights(one.weights), ...fixed]);
  const { dense, tables } = model.parameters;
  const own = [
    ...dense.map(({ name, shape }) => `${name} ${shape}`),
    ...tables.map(({ name, rows, width }) => `${name} ${[rows, width]}`),
  ];
  const given = Object.entries(one.weights).map(([name, { shape }]) => `${name} ${shape}`);
  if (own.sort().join() !== given.sort().join()) throw new Error(`the model has ${own}, the case ${given}`);
  for (const { name, shape } of dense) {
    tf.tidy(() => model.parameters.setDense(name, tf.tensor(values.get(name)!, [...shape])));
  }
  for (const { name, data: rows } of tables) rows.set(values.get(name)!);
  return model;
}

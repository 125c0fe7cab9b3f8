import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../base/index.js';
import {
  type Batch,
  batchOfArrays,
  type EventKind,
  type HistorySpec,
  type PreparedData,
} from '../../data/index.js';
import type { Exchange, Tap } from '../../engine/index.js';
import { buildModel, isTrainable, type Model, type ModelConfig, withoutWeights } from '../../models/index.js';
import { forwardPass } from './pass.js';
import { type Asked, type DataPart, type FeatureKinds, probeData, Sizes } from './probeData.js';

/** A model built on made-up data of given sizes, and what came of a forward pass. */
export interface Probe {
  readonly weights: ReadonlyMap<string, readonly number[]>;
  readonly taps: ReadonlyMap<string, { readonly shape: readonly number[]; readonly type: string }>;
  readonly descriptions: Readonly<Record<string, string>>;
  readonly histories: readonly HistorySpec[];
  readonly asked: Asked;
  readonly logits: Float32Array;
  /** Values of the weights, as they are trained. */
  readonly values: ReadonlyMap<string, Float32Array>;
  /** How to get from those to the weights themselves, where they are not the same. */
  readonly exchanges: ReadonlyMap<string, Exchange>;
  /** The sizes that came into play. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** Sizes that are known, others being small, and what else a probe may be given. */
export interface ProbeOptions {
  readonly given: ReadonlyMap<string, number>;
  /** In place of the initial weights. */
  readonly weights?: ReadonlyMap<string, Float32Array>;
  /** What of the data is other than usual, so that what changes depends on it. */
  readonly other?: DataPart;
  /** A category feature of which no unknown is learned: weights that are missing then belong to that. */
  readonly withoutUnknown?: string;
}

/**
 * Builds the model on made-up data and runs one forward pass. The engine must be one whose values can be read at once.
 *
 * @throws UserError for models that have no weights, and what the model itself refuses
 */
export function probe(config: ModelConfig, kinds: FeatureKinds, options: ProbeOptions): Probe {
  const { given, weights, other, withoutUnknown } = options;
  const sizes = new Sizes(given);
  const { data, asked } = probeData(config, kinds, sizes, { other, withoutUnknown });
  const model = trainableModel(config, data, 1);
  try {
    if (weights) setWeights(model, weights);
    const { dense, tables } = model.parameters;
    const taps = new Map<string, { shape: readonly number[]; type: string }>();
    const logits = tf.tidy(() => {
      const tap: Tap = (name, { shape, dtype }) => {
        if (taps.has(name)) throw new Error(`the tap ${name} is given twice`);
        taps.set(name, { shape, type: dtype });
      };
      return forwardPass(model, probeBatch(model, sizes), tap).dataSync();
    });
    return {
      weights: new Map([
        ...dense.map(({ name, shape }) => [name, shape] as const),
        ...tables.map(({ name, rows, width }) => [name, [rows, width]] as const),
      ]),
      taps,
      descriptions: model.taps ?? {},
      histories: model.histories,
      asked: asked(),
      logits: Float32Array.from(logits),
      values: new Map([
        ...dense.map((weight) => [weight.name, Float32Array.from(weight.value().dataSync())] as const),
        ...tables.map(({ name, data }) => [name, data] as const),
      ]),
      exchanges: exchangesOf(model),
      sizes: sizes.asked,
    };
  } finally {
    model.parameters.dispose();
  }
}

/** @throws UserError for models that have no weights */
export function trainableModel(config: ModelConfig, data: PreparedData, seed: number): Model {
  if (!withoutWeights.has(config.name)) {
    const model = buildModel(config, data, seed);
    if (isTrainable(model)) return model;
  }
  throw new UserError(
    `${config.name} has no weights: it is computed from a log`,
    'Train it and write its scores: mvrec train, then mvrec eval RUN --predictions FILE.',
  );
}

/** By name of the weight. */
export function exchangesOf({ parameters }: Model): Map<string, Exchange> {
  return new Map(
    parameters.dense.flatMap(({ name, exchange }) => (exchange ? [[name, exchange] as const] : [])),
  );
}

function setWeights({ parameters }: Model, weights: ReadonlyMap<string, Float32Array>): void {
  for (const { name, shape } of parameters.dense) {
    tf.tidy(() => parameters.setDense(name, tf.tensor(weights.get(name)!, [...shape])));
  }
  for (const { name, data } of parameters.tables) data.set(weights.get(name)!);
}

/** Contexts with histories of the most items, of none and of two. */
function probeBatch({ histories: specs, rowFields = [] }: Model, sizes: Sizes): Batch {
  const [items, users, contexts, pairs] = ['items', 'users', 'contexts', 'pairs'].map((name) =>
    sizes.get(name),
  );
  return batchOfArrays({
    items: items!,
    user: Int32Array.from({ length: contexts! }, (_, c) => c % users!),
    places: rowFields.map(({ places }) => Int32Array.from({ length: contexts! }, (_, c) => c % places)),
    histories: specs.map(({ length, events, times }, h) => {
      const lengths = [sizes.get(stepsOf(eventName(events))), 0, 2];
      const lists = Array.from({ length: contexts! }, (_, c) =>
        Int32Array.from(
          { length: Math.min(length, lengths[c % 3]!) },
          (_, t) => (5 * t + 3 * c + h) % items!,
        ),
      );
      const when = lists.map((list) => Float64Array.from(list.keys(), (t) => 60_000 * (t * t + 1)));
      return { width: length, items: lists, ...(times && { times: when }) };
    }),
    pairs: {
      context: Int32Array.from({ length: pairs! }, (_, p) => p % contexts!),
      item: Int32Array.from({ length: pairs! }, (_, p) => p % items!),
    },
  });
}

/** Name of the size that says how many columns a history has. */
export const stepsOf = (event: string): string => `steps of history.${event}`;

/** What the events of a history are called: positive, negative, or their column. */
export function eventName(events: EventKind = 'positive'): string {
  return typeof events === 'object' ? events.column : events;
}

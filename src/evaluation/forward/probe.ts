import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../base/index.js';
import {
  type Batch,
  batchOfArrays,
  dataOfArrays,
  type Features,
  HeldVectors,
  type HistorySpec,
  noFeatures,
  type PreparedData,
  tagsOfMatrix,
} from '../../data/index.js';
import { buildModel, isTrainable, type Model, type ModelConfig } from '../../models/index.js';
import { forwardPass } from './pass.js';

/** What a feature is. `clips`: a vector for each of so many clips. */
export type FeatureKind =
  | { readonly kind: 'category' | 'tags' }
  | { readonly kind: 'vector'; readonly clips: number | null };

/** Kinds by `item.NAME` and `user.NAME`. */
export type FeatureKinds = ReadonlyMap<string, FeatureKind>;

/** What a model asked its data for when it was built. */
export interface Asked {
  /** Features by `item.NAME` and `user.NAME`. */
  readonly features: ReadonlyMap<string, FeatureKind>;
  /** Columns of the log; null: it did not look at the log. */
  readonly log: ReadonlySet<string> | null;
}

/** A model built on made-up data of given sizes, and what came of a forward pass. */
export interface Probe {
  readonly weights: ReadonlyMap<string, readonly number[]>;
  readonly taps: ReadonlyMap<string, { readonly shape: readonly number[]; readonly type: string }>;
  readonly descriptions: Readonly<Record<string, string>>;
  readonly histories: readonly HistorySpec[];
  readonly asked: Asked;
  /** The sizes that came into play. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** Of what is not given: few, but more than one, so that nothing degenerates. */
const usual: Readonly<Record<string, number>> = {
  items: 24,
  users: 5,
  contexts: 3,
  pairs: 4,
  interactions: 30,
};

/** Sizes by name, remembered as they are asked for. */
class Sizes {
  readonly asked = new Map<string, number>();
  constructor(private readonly given: ReadonlyMap<string, number>) {}

  get(name: string): number {
    const size = this.given.get(name) ?? usual[name] ?? (name.startsWith('width') ? 6 : 5);
    this.asked.set(name, size);
    return size;
  }
}

/**
 * Builds the model on made-up data and runs one forward pass.
 *
 * @param given sizes that are known; others are small
 * @throws UserError for models that have no weights, and what the model itself refuses
 */
export function probe(config: ModelConfig, kinds: FeatureKinds, given: ReadonlyMap<string, number>): Probe {
  const sizes = new Sizes(given);
  const { data, asked } = probeData(config, kinds, sizes);
  const model = trainableModel(config, data, 1);
  try {
    const { dense, tables } = model.parameters;
    const taps = new Map<string, { shape: readonly number[]; type: string }>();
    tf.tidy(() => {
      forwardPass(model, probeBatch(model.histories, sizes), (name, { shape, dtype }) => {
        taps.set(name, { shape, type: dtype });
      });
    });
    return {
      weights: new Map([
        ...dense.map(({ name, shape }) => [name, shape] as const),
        ...tables.map(({ name, rows, width }) => [name, [rows, width]] as const),
      ]),
      taps,
      descriptions: model.taps ?? {},
      histories: model.histories,
      asked,
      sizes: sizes.asked,
    };
  } finally {
    model.parameters.dispose();
  }
}

/** @throws UserError for models that have no weights */
export function trainableModel(config: ModelConfig, data: PreparedData, seed: number): Model {
  if (config.name !== 'popularity' && config.name !== 'random') {
    const model = buildModel(config, data, seed);
    if (isTrainable(model)) return model;
  }
  throw new UserError(
    `${config.name} has no weights: it is computed from a log`,
    'Train it and write its scores: mvrec train, then mvrec eval RUN --predictions FILE.',
  );
}

/** Data that make up whatever is asked for, and remember it. */
function probeData(
  config: ModelConfig,
  kinds: FeatureKinds,
  sizes: Sizes,
): { data: PreparedData; asked: Asked } {
  const features = new Map<string, FeatureKind>();
  const log = new Set<string>();
  let looked = false;
  const kindOf = (name: string) => kinds.get(name) ?? customaryKind(name, config);
  const of = (owner: 'item' | 'user', count: number): Features => {
    const make = <T>(kind: FeatureKind['kind'], build: (name: string, kind: FeatureKind) => T) =>
      onDemand(
        [...kinds].flatMap(([name, of]) =>
          name.startsWith(`${owner}.`) && of.kind === kind ? [name.slice(5)] : [],
        ),
        (own) => {
          if (own === 'id') return undefined;
          const name = `${owner}.${own}`;
          const found = kindOf(name);
          features.set(name, found);
          return found.kind === kind ? build(name, found) : undefined;
        },
      );
    return {
      ...noFeatures,
      categories: make('category', (name) => {
        const cardinality = sizes.get(`values of ${name}`);
        return { cardinality, values: Int32Array.from({ length: count }, (_, i) => i % cardinality) };
      }),
      tags: make('tags', (name) => {
        const cardinality = sizes.get(`values of ${name}`);
        const values = Int32Array.from({ length: 2 * count }, (_, i) => i % cardinality);
        return tagsOfMatrix(values, 2, cardinality);
      }),
      vectors: make('vector', (name, kind) => {
        const clips = kind.kind === 'vector' ? kind.clips : null;
        const width = sizes.get(`width of ${name}`) * (clips ?? 1);
        const matrix = Float32Array.from({ length: count * width }, (_, i) => Math.sin(i + 0.01 * i * i));
        return new HeldVectors(matrix, width, { clips: clips ?? undefined });
      }),
    };
  };
  const [users, items] = [sizes.get('users'), sizes.get('items')];
  const data = dataOfArrays({
    name: 'the data',
    users,
    items,
    itemFeatures: of('item', items),
    userFeatures: of('user', users),
  });
  const { interactions } = data.store;
  const look = <T>(value: T, column?: string): T => {
    looked = true;
    if (column !== undefined) log.add(column);
    return value;
  };
  const columns = onDemand([], (name) =>
    look(interactions.user.map((_, row) => row % 2) as unknown as Float32Array, name),
  );
  const watched: PreparedData = {
    ...data,
    get label() {
      return look(data.label, 'label');
    },
    histories: (events) =>
      look(data.histories('positive'), typeof events === 'object' ? events.column : 'label'),
    store: {
      ...data.store,
      interactions: {
        ...interactions,
        get item() {
          return look(interactions.item);
        },
        columns,
      },
    },
  };
  return {
    data: watched,
    asked: {
      features,
      get log() {
        return looked ? log : null;
      },
    },
  };
}

/** What a feature of that name is as far as the name tells: what simulated worlds and cards call so. */
function customaryKind(name: string, config: ModelConfig): FeatureKind {
  if (/tags?$/.test(name)) return { kind: 'tags' };
  if (name.startsWith('user.') || /(category|author|music|type|level|_id)$/.test(name))
    return { kind: 'category' };
  const { clips } = config as { readonly clips?: unknown };
  return { kind: 'vector', clips: /clip/.test(name) ? (typeof clips === 'number' ? clips : 4) : null };
}

/** An object whose properties are made when somebody asks for them. */
function onDemand<T>(
  names: readonly string[],
  make: (name: string) => T | undefined,
): Readonly<Record<string, T>> {
  const made = new Map<string, T | undefined>();
  const get = (name: string | symbol): T | undefined => {
    if (typeof name === 'symbol') return undefined;
    if (!made.has(name)) made.set(name, make(name));
    return made.get(name);
  };
  return new Proxy<Record<string, T>>(
    {},
    {
      get: (_, name) => get(name),
      has: (_, name) => get(name) !== undefined,
      ownKeys: () => [...names],
      getOwnPropertyDescriptor: (_, name) => {
        const value = get(name);
        return value === undefined ? undefined : { value, enumerable: true, configurable: true };
      },
    },
  );
}

/** Contexts with histories of no, one and more items. */
function probeBatch(specs: readonly HistorySpec[], sizes: Sizes): Batch {
  const [items, users, contexts, pairs] = ['items', 'users', 'contexts', 'pairs'].map((name) =>
    sizes.get(name),
  );
  return batchOfArrays({
    items: items!,
    user: Int32Array.from({ length: contexts! }, (_, c) => c % users!),
    histories: specs.map(({ length }, h) => ({
      width: length,
      items: Array.from({ length: contexts! }, (_, c) =>
        Int32Array.from({ length: Math.min(length, 3 * c) }, (_, t) => (5 * t + 3 * c + h) % items!),
      ),
    })),
    pairs: {
      context: Int32Array.from({ length: pairs! }, (_, p) => p % contexts!),
      item: Int32Array.from({ length: pairs! }, (_, p) => p % items!),
    },
  });
}

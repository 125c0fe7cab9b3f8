import {
  dataOfArrays,
  type Features,
  HeldVectors,
  logOfAll,
  noFeatures,
  type PreparedData,
  tagsOfMatrix,
} from '../../data/index.js';
import type { ModelConfig } from '../../models/index.js';

/** What a feature is. `clips`: a vector for each of so many clips. */
export type FeatureKind =
  | { readonly kind: 'category' | 'tags' }
  | { readonly kind: 'vector'; readonly clips: number | null };

/** Kinds by `item.NAME` and `user.NAME`; `context.NAME`: of a column of the log, always a category. */
export type FeatureKinds = ReadonlyMap<string, FeatureKind>;

/** The log, or the vectors of a feature by `item.NAME` or `user.NAME`. */
export type DataPart = string;

/** What a model asked its data for when it was built. */
export interface Asked {
  /** Features by `item.NAME`, `user.NAME` and `context.NAME`. */
  readonly features: ReadonlyMap<string, FeatureKind>;
  /** Columns of the log; null: it did not look at the log. */
  readonly log: ReadonlySet<string> | null;
}

/** Sizes by name, remembered as they are asked for. Those that are not given are few, but more than one. */
export class Sizes {
  readonly asked = new Map<string, number>();
  constructor(private readonly given: ReadonlyMap<string, number>) {}

  get(name: string): number {
    const size = this.given.get(name) ?? usual[name] ?? (name.startsWith('width') ? 6 : 5);
    this.asked.set(name, size);
    return size;
  }
}

const usual: Readonly<Record<string, number>> = { items: 24, users: 7, contexts: 3, pairs: 4 };

/** How made-up data differ from the usual ones. */
interface Changes {
  /** What is to be other than usual. */
  readonly other?: DataPart | undefined;
  /** The category feature of which no unknown is learned; of all others it is. */
  readonly withoutUnknown?: string | undefined;
}

/** Data that make up whatever a model asks for, and remember it. */
export function probeData(
  config: ModelConfig,
  kinds: FeatureKinds,
  sizes: Sizes,
  changes: Changes,
): { data: PreparedData; asked(): Asked } {
  const features = new Map<string, FeatureKind>();
  const of = (owner: 'item' | 'user' | 'context', count: number): Features =>
    madeUpFeatures(owner, count, { sizes, kinds, ...changes }, (name) => {
      const kind = kinds.get(name) ?? customaryKind(name, config);
      features.set(name, kind);
      return kind;
    });
  const [users, items] = [sizes.get('users'), sizes.get('items')];
  const data = dataOfArrays({
    name: 'the data',
    users,
    items,
    itemFeatures: of('item', items),
    userFeatures: of('user', users),
    contextFields: of('context', 0).categories,
    log: logOfAll(users, items, [], changes.other === 'log' ? 1 : 0),
  });
  const { watched, columns } = watchLog(data);
  return { data: watched, asked: () => ({ features, log: columns() }) };
}

/** The data, and what is known by now of the columns that were looked at. */
function watchLog(data: PreparedData): { watched: PreparedData; columns(): ReadonlySet<string> | null } {
  const { interactions } = data.store;
  const names = new Set<string>();
  let looked = false;
  const look = <T>(value: T, column?: string): T => {
    looked = true;
    if (column !== undefined) names.add(column);
    return value;
  };
  const ones = new Float32Array(interactions.rows).fill(1);
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
        columns: onDemand([], (name) => look(ones, name)),
      },
    },
  };
  return { watched, columns: () => (looked ? names : null) };
}

function madeUpFeatures(
  owner: 'item' | 'user' | 'context',
  count: number,
  { sizes, kinds, other, withoutUnknown }: Changes & { readonly sizes: Sizes; readonly kinds: FeatureKinds },
  kindOf: (name: string) => FeatureKind,
): Features {
  const make = <T>(kind: FeatureKind['kind'], build: (name: string, kind: FeatureKind) => T) =>
    onDemand(
      [...kinds].flatMap(([name, known]) =>
        name.startsWith(`${owner}.`) && known.kind === kind ? [ownName(name)] : [],
      ),
      (own) => {
        if (own === 'id') return undefined; // users and items themselves
        const found = kindOf(`${owner}.${own}`);
        return found.kind === kind ? build(`${owner}.${own}`, found) : undefined;
      },
    );
  const cycle = (length: number, below: number) => Int32Array.from({ length }, (_, i) => i % below);
  return {
    ...noFeatures,
    categories: make('category', (name) => {
      const cardinality = sizes.get(`values of ${name}`);
      return { cardinality, values: cycle(count, cardinality), learnsUnknown: name !== withoutUnknown };
    }),
    tags: make('tags', (name) => {
      const cardinality = sizes.get(`values of ${name}`);
      return tagsOfMatrix(cycle(2 * count, cardinality), 2, cardinality);
    }),
    vectors: make('vector', (name, kind) => {
      const clips = kind.kind === 'vector' ? kind.clips : null;
      const width = sizes.get(`width of ${name}`) * (clips ?? 1);
      const phase = name === other ? 1 : 0;
      const matrix = Float32Array.from({ length: count * width }, (_, i) =>
        Math.sin(phase + i + 0.01 * i * i),
      );
      return new HeldVectors(matrix, width, { clips: clips ?? undefined });
    }),
  };
}

/** Whether an array is a feature of items or users. */
export const isFeature = (name: string): boolean => /^(item|user)\../.test(name);

/** `cover` of `item.cover` */
export const ownName = (name: string): string => name.slice(name.indexOf('.') + 1);

/** Whether a feature is a number that the model puts into buckets: arrays give the number of the bucket. */
export const isBucketed = (config: ModelConfig, name: string): boolean =>
  'buckets' in config && Object.hasOwn(config.buckets, ownName(name));

/** What a feature of that name is as far as the name tells: what simulated worlds and cards call so. */
function customaryKind(name: string, config: ModelConfig): FeatureKind {
  if (name.startsWith('context.') || isBucketed(config, name)) return { kind: 'category' };
  if (/tags?$/.test(name)) return { kind: 'tags' };
  if (name.startsWith('user.') || /(category|author|music|type|level|_id)$/.test(name))
    return { kind: 'category' };
  const { clips } = config as { readonly clips?: unknown }; // of a model that takes vectors of clips
  return { kind: 'vector', clips: typeof clips === 'number' ? clips : /clip/.test(name) ? 4 : null };
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

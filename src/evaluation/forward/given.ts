import { UserError } from '../../base/index.js';
import {
  type Batch,
  batchOfArrays,
  dataOfArrays,
  type Features,
  type GivenLog,
  HeldVectors,
  logOfAll,
  type PreparedData,
  type RowField,
  tagsOfMatrix,
} from '../../data/index.js';
import { type ArrayFile, readFloats, readNumbers, readTimes } from './arrayFile.js';
import type { ModelDescription } from './describe.js';
import { type InputSpec, timesOf } from './inputs.js';
import { eventName } from './probe.js';
import { type FeatureKind, ownName } from './probeData.js';

/** What a model is built on, and the batch that it is asked about. */
export interface GivenForward {
  readonly data: PreparedData;
  /** @param rowFields of the model that was built on the data */
  batch(rowFields: readonly RowField[]): Batch;
}

/**
 * Reads the input arrays.
 *
 * @param sizes as `settleSizes` found them; those that no shape settles follow from the largest number
 * @param weights names of those that are given, which tell whether unknown is learned; null: none, so the inputs tell
 * @throws UserError that names the first value which is out of range or not finite
 */
export async function readGiven(
  model: ModelDescription,
  specs: readonly InputSpec[],
  file: ArrayFile,
  sizes: ReadonlyMap<string, number>,
  weights: readonly string[] | null,
): Promise<GivenForward> {
  const arrays = await readAll(specs, file, sizes);
  const size = (name: string): number => sizes.get(name) ?? arrays.largest.get(name) ?? 0;
  const contexts = size('contexts');
  const given = arrays.numbers.get('context.user');
  const user = given ?? Int32Array.from({ length: contexts }, (_, c) => c);
  const users = Math.max(size('users'), given ? 0 : contexts);
  const items = size('items');
  const learned = weights && new Set(weights.map((name) => model.ofUnknown.get(name)));
  const features = (owner: 'item' | 'user' | 'context'): Features =>
    featuresOf(owner, model.features, arrays, { size, learned });
  const data = dataOfArrays({
    name: file.path,
    users,
    items,
    itemFeatures: features('item'),
    userFeatures: features('user'),
    contextFields: features('context').categories,
    log: logOf(model, arrays, file, users, items),
  });
  const histories = model.histories.map(({ events, length: width, times }) => {
    const name = `history.${eventName(events)}`;
    const items = listsOf(name, arrays.numbers.get(name)!, contexts, width, file);
    if (!times) return { width, items };
    const all = arrays.times.get(timesOf(eventName(events)))!;
    const steps = contexts === 0 ? 0 : all.length / contexts;
    return { width, items, times: items.map(({ length }, c) => all.slice(c * steps, c * steps + length)) };
  });
  const pairs = { context: arrays.numbers.get('pair.context')!, item: arrays.numbers.get('pair.item')! };
  const placesIn = ({ column, placeOf }: RowField) => arrays.numbers.get(`context.${column}`)!.map(placeOf);
  return {
    data,
    batch: (rowFields) => batchOfArrays({ items, user, places: rowFields.map(placesIn), histories, pairs }),
  };
}

interface Arrays {
  readonly floats: ReadonlyMap<string, Float32Array>;
  readonly times: ReadonlyMap<string, Float64Array>;
  readonly numbers: ReadonlyMap<string, Int32Array>;
  /** One more than the largest number that counts something, by what it counts. */
  readonly largest: ReadonlyMap<string, number>;
}

async function readAll(
  specs: readonly InputSpec[],
  file: ArrayFile,
  sizes: ReadonlyMap<string, number>,
): Promise<Arrays> {
  const floats = new Map<string, Float32Array>();
  const times = new Map<string, Float64Array>();
  const numbers = new Map<string, Int32Array>();
  const largest = new Map<string, number>();
  for (const { name, type, numbers: range } of specs) {
    if (!file.names.includes(name)) continue;
    if (type === 'time') times.set(name, await readTimes(file, name));
    else if (!range) floats.set(name, await readFloats(file, name));
    if (!range) continue;
    const { below: what, none } = range;
    const below = sizes.get(what) ?? largest.get(what);
    const open = !sizes.has(what);
    const from = below === 0 ? emptySource(specs, file, what) : undefined;
    const limits = { least: none ? -1 : 0, below: open ? 2 ** 31 : below!, what, from } as const;
    const read = await readNumbers(file, name, limits);
    numbers.set(name, read);
    if (open)
      largest.set(
        what,
        read.reduce((most, value) => Math.max(most, value + 1), largest.get(what) ?? 0),
      );
  }
  return { floats, times, numbers, largest };
}

/** The array that has a row for each of something, and has no rows. */
function emptySource(specs: readonly InputSpec[], file: ArrayFile, what: string): string | undefined {
  const source = specs.find(
    ({ name, shape }) => shape[0]?.terms[0]?.[0] === what && file.names.includes(name),
  );
  return source && `${source.name} is [${file.shape(source.name).join(', ')}]`;
}

function featuresOf(
  owner: 'item' | 'user' | 'context',
  kinds: ReadonlyMap<string, FeatureKind>,
  { floats, numbers }: Arrays,
  {
    size,
    learned,
  }: {
    readonly size: (name: string) => number;
    /** Features of which unknown is learned; null: as the values tell. */
    readonly learned: ReadonlySet<string | undefined> | null;
  },
): Features {
  const named = <T>(kind: FeatureKind['kind'], build: (name: string, kind: FeatureKind) => T) =>
    Object.fromEntries(
      [...kinds].flatMap(([name, of]) =>
        of.kind === kind && name.startsWith(`${owner}.`) ? [[ownName(name), build(name, of)] as const] : [],
      ),
    );
  return {
    texts: {},
    categories: named('category', (name) => ({
      values: numbers.get(name)!,
      cardinality: size(`values of ${name}`),
      ...(learned && { learnsUnknown: learned.has(name) }),
    })),
    tags: named('tags', (name) =>
      tagsOfMatrix(numbers.get(name)!, size(`most tags of ${name}`), size(`values of ${name}`)),
    ),
    vectors: named('vector', (name, kind) => {
      const clips = kind.kind === 'vector' && kind.clips !== null ? kind.clips : undefined;
      const matrix = floats.get(name)!;
      const count = size(owner === 'item' ? 'items' : 'users');
      return new HeldVectors(matrix, count === 0 ? 0 : matrix.length / count, { clips });
    }),
  };
}

/** The log that is given, all of it or none. */
function logOf(
  { log }: ModelDescription,
  { floats, times, numbers }: Arrays,
  file: ArrayFile,
  users: number,
  items: number,
): GivenLog {
  const columns = [...(log?.columns ?? [])];
  const wanted = ['user', 'item', ...columns].map((name) => `log.${name}`);
  const missing = wanted.filter((name) => !file.names.includes(name));
  if (!log || missing.length === wanted.length) return logOfAll(users, items, columns);
  if (missing.length > 0) {
    throw new UserError(`there is no ${missing[0]}`, `A log has ${wanted.join(', ')}.`, { file: file.path });
  }
  const time = times.get('log.time');
  return {
    user: numbers.get('log.user')!,
    item: numbers.get('log.item')!,
    columns: Object.fromEntries(columns.map((name) => [name, floats.get(`log.${name}`)!])),
    ...(time && { time }),
    ...(floats.has('log.label') && { label: floats.get('log.label')! }),
  };
}

/** The rows of a padded matrix without their padding. */
function listsOf(
  name: string,
  values: Int32Array,
  count: number,
  most: number,
  file: ArrayFile,
): Int32Array[] {
  const steps = count === 0 ? 0 : values.length / count;
  return Array.from({ length: count }, (_, c) => {
    const row = values.subarray(c * steps, (c + 1) * steps);
    const end = row.indexOf(-1);
    const length = end < 0 ? steps : end;
    const after = row.findIndex((value, t) => t > length && value !== -1);
    if (after >= 0) {
      throw new UserError(
        `${name}[${c}, ${after}] is ${row[after]}, after a -1`,
        'Padding stands at the end of a history.',
        { file: file.path },
      );
    }
    if (length <= most) return row.slice(0, length);
    throw new UserError(
      `${name}[${c}] has ${length} items, and the model looks at ${most}`,
      'Cut the history, or make the model look at more (its options for the length of histories).',
      { file: file.path },
    );
  });
}

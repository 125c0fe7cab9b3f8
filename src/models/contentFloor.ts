import { didYouMean, UserError } from '../base/index.js';
import type { Batch, Features, PreparedData } from '../data/index.js';
import { trainPositives } from './interactions.js';
import type { ContentOptions } from './options.js';
import type { FittedModel, FittedVectors } from './types.js';

/** One feature of items as a stretch of a vector. */
interface Part {
  readonly width: number;
  /** Writes the rows of the given items; they are 0 before. @param stride from one row to the next */
  write(ids: Int32Array, into: Float32Array, at: number, stride: number): void;
}

/** What the vectors of content may be wide together. */
const MOST_WIDTH = 4096;

/**
 * Content: the cosine between an item and the mean of what the user chose in the train part. An item is the vectors named, or
 * its categories and tags as zeros and ones, each feature scaled to length 1, one beside the other, and the whole too.
 * Items that nobody has met are scored like all others; without a history all scores are 0.
 *
 * @throws UserError when there is no such feature, or none at all, or they are too wide together
 */
export function fitContent({ item }: ContentOptions, data: PreparedData): FittedModel {
  const { store } = data;
  const parts = partsOf(item ?? featuresOf(store.items, store.name), store.items, store.name);
  const width = parts.reduce((sum, part) => sum + part.width, 0);
  if (width > MOST_WIDTH) {
    throw new UserError(
      `the content of items in ${store.name} is ${width} wide, more than ${MOST_WIDTH}`,
      `Name some of it in model.item: ${known(store.items).join(', ')}.`,
    );
  }
  const { offsets, column } = trainPositives(data);
  const items = (ids: Int32Array): Float32Array => {
    const rows = new Float32Array(ids.length * width);
    let at = 0;
    for (const part of parts) {
      part.write(ids, rows, at, width);
      for (let r = 0; r < ids.length; r++) scale(rows, r * width + at, part.width);
      at += part.width;
    }
    for (let r = 0; r < ids.length; r++) scale(rows, r * width, width);
    return rows;
  };
  const users = (ids: Int32Array): Float32Array => {
    const rows = new Float32Array(ids.length * width);
    ids.forEach((user, r) => {
      const chosen = items(column.subarray(offsets[user], offsets[user + 1]));
      for (let k = 0; k < chosen.length; k++) rows[r * width + (k % width)]! += chosen[k]!;
      scale(rows, r * width, width);
    });
    return rows;
  };
  const vectors = { users, items };
  return { vectors, score: (batch) => scores(batch, vectors, width) };
}

function scores({ contexts, items, pairs }: Batch, vectors: FittedVectors, width: number): Float32Array {
  const [x, z] = [vectors.users(contexts.user), vectors.items(items)];
  return Float32Array.from(pairs.item, (item, p) => {
    const context = pairs.context[p]!;
    let sum = 0;
    for (let k = 0; k < width; k++) sum += x[context * width + k]! * z[item * width + k]!;
    return sum;
  });
}

/** Brings a stretch to length 1; one of zeros stays. */
function scale(values: Float32Array, from: number, width: number): void {
  let squares = 0;
  for (let k = from; k < from + width; k++) squares += values[k]! * values[k]!;
  if (squares === 0) return;
  const factor = 1 / Math.sqrt(squares);
  for (let k = from; k < from + width; k++) values[k]! *= factor;
}

const known = ({ vectors, categories, tags }: Features): string[] =>
  [vectors, categories, tags].flatMap((features) => Object.keys(features));

/** All vectors, or all categories and tags where there is none. */
function featuresOf(features: Features, store: string): string[] {
  const { vectors, categories, tags } = features;
  const names = Object.keys(vectors);
  const others = [...Object.keys(categories), ...Object.keys(tags)];
  if (names.length + others.length > 0) return names.length > 0 ? names : others;
  throw new UserError(
    `${store} has no content of items: no vectors, categories or tags`,
    'Use another floor: model.name: popularity.',
  );
}

function partsOf(names: readonly string[], features: Features, store: string): Part[] {
  const { vectors, categories, tags } = features;
  return names.map((name): Part => {
    const vector = vectors[name];
    if (vector) {
      const { width } = vector;
      const write: Part['write'] = (ids, into, at, stride) => {
        const rows = vector.rows(ids);
        for (let r = 0; r < ids.length; r++)
          into.set(rows.subarray(r * width, (r + 1) * width), r * stride + at);
      };
      return { width, write };
    }
    const category = categories[name];
    if (category) {
      const write: Part['write'] = (ids, into, at, stride) =>
        ids.forEach((id, r) => {
          const value = category.values[id]!;
          if (value >= 0) into[r * stride + at + value] = 1;
        });
      return { width: category.cardinality, write };
    }
    const tag = tags[name];
    if (tag) {
      const write: Part['write'] = (ids, into, at, stride) =>
        ids.forEach((id, r) => {
          for (let t = tag.offsets[id]!; t < tag.offsets[id + 1]!; t++)
            into[r * stride + at + tag.values[t]!] = 1;
        });
      return { width: tag.cardinality, write };
    }
    throw new UserError(
      `${store} has no item feature ${name} (model.item)`,
      didYouMean(name, known(features), 'Item features'),
    );
  });
}

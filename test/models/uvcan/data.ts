import { HeldVectors, type PreparedData, type TagFeature } from '../../../src/data/index.js';
import { preparedOf } from '../../support/batches.js';

/** Fields of users and of videos, as lists; -1 is unknown. */
export interface FieldsOfAll {
  readonly users: Readonly<Record<string, readonly number[]>>;
  readonly videos: { readonly tags: readonly (readonly number[])[] } & Readonly<
    Record<'author' | 'music', readonly number[]>
  >;
  /** Cardinality of each field. */
  readonly values: Readonly<Record<string, number>>;
  readonly count: { readonly user: number; readonly video: number };
  /** Rows [user, video, label]: whoever and whatever has none is cold. */
  readonly train: readonly (readonly [number, number, number])[];
}

export const tagFeature = (lists: readonly (readonly number[])[], cardinality: number): TagFeature => ({
  offsets: Int32Array.from([0, ...lists.map((_, i) => lists.slice(0, i + 1).flat().length)]),
  values: Int32Array.from(lists.flat()),
  cardinality,
});

/** A data set of them; every video has a cover, a row of `cover`. */
export function dataWith(fields: FieldsOfAll, cover: Float32Array, width: number): PreparedData {
  const { users, videos, values, count, train } = fields;
  const category = (name: string, of: readonly number[]) => ({
    values: Int32Array.from(of),
    cardinality: values[name]!,
  });
  const data = preparedOf({ users: count.user, items: count.video, train });
  return {
    ...data,
    store: {
      ...data.store,
      users: {
        ...data.store.users,
        categories: Object.fromEntries(Object.entries(users).map(([name, of]) => [name, category(name, of)])),
      },
      items: {
        ...data.store.items,
        vectors: { cover: new HeldVectors(cover, width) },
        tags: { tags: tagFeature(videos.tags, values.tags!) },
        categories: {
          author: category('author', videos.author),
          music: category('music', videos.music),
        },
      },
    },
  };
}

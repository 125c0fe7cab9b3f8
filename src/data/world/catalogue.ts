import { type RandomStream, randomStream } from '../../base/index.js';
import type { Features } from '../types.js';
import { HeldVectors } from '../vectors.js';
import type { WorldSize } from './size.js';

/** What exists in a world, with the truth that no model sees. Vectors are row-major [count, latent]. */
export interface Catalogue {
  readonly items: number;
  readonly latent: number;
  /** Middle of each topic in latent space. [topics, latent] */
  readonly topicCentre: Float64Array;
  /** [items] */
  readonly topic: Int32Array;
  /** What a video is about: its topic's middle plus its own twist. [items, latent] */
  readonly content: Float64Array;
  /** Appeal to everyone. Standard normal. [items] */
  readonly quality: Float64Array;
  /** Day of upload; 0 for videos that were there before the log begins. [items] */
  readonly uploadDay: Float64Array;
  /** [items] */
  readonly author: Int32Array;
  /** What an author is like. [authors, latent] */
  readonly persona: Float64Array;
  /** What models may see of it. */
  readonly features: Features;
}

/** Draws topics, authors and videos. A function of size and seed. */
export function makeCatalogue(size: WorldSize, seed: number): Catalogue {
  const { items, topics, categories, authors, latent, coverWidth } = size;
  const random = randomStream(seed, 'world', 'catalogue');
  const topicCentre = normals(topics * latent, random, 1);
  const persona = normals(authors * latent, random, 1);
  const authorTopic = Int32Array.from({ length: authors }, () => skewed(topics, random));
  const projection = normals(coverWidth * latent, random, 1 / Math.sqrt(latent));
  const authorsOf = Array.from({ length: topics }, (_, t) =>
    [...authorTopic.keys()].filter((a) => authorTopic[a] === t),
  );

  const topic = new Int32Array(items);
  const content = new Float64Array(items * latent);
  const quality = new Float64Array(items);
  const uploadDay = new Float64Array(items);
  const author = new Int32Array(items);
  const category = new Int32Array(items);
  const cover = new Float32Array(items * coverWidth);
  for (let i = 0; i < items; i++) {
    const own = randomStream(seed, 'world', 'item', i);
    const t = skewed(topics, own);
    topic[i] = t;
    for (let d = 0; d < latent; d++) {
      content[i * latent + d] = topicCentre[t * latent + d]! + size.twist * own.normal();
    }
    quality[i] = own.normal();
    uploadDay[i] = own.uniform() < size.newShare ? own.uniform() * size.days : 0;
    const home = authorsOf[t]!;
    author[i] = home.length > 0 && own.uniform() < 0.8 ? home[own.int(home.length)]! : own.int(authors);
    category[i] = own.uniform() < size.categoryNoise ? own.int(categories) : t % categories;
    for (let w = 0; w < coverWidth; w++) {
      let shown = size.coverNoise * own.normal();
      for (let d = 0; d < latent; d++) shown += projection[w * latent + d]! * content[i * latent + d]!;
      cover[i * coverWidth + w] = shown;
    }
  }
  return {
    items,
    latent,
    topicCentre,
    topic,
    content,
    quality,
    uploadDay,
    author,
    persona,
    features: {
      categories: {
        category: { values: category, cardinality: categories },
        author: { values: author, cardinality: authors },
      },
      tags: {},
      vectors: { cover: new HeldVectors(cover, coverWidth) },
    },
  };
}

/** An integer of [0, n) of which small ones are likelier: the first is drawn about as often as the last third. */
export function skewed(n: number, random: RandomStream): number {
  return Math.floor(n * random.uniform() ** 1.5);
}

function normals(count: number, random: RandomStream, std: number): Float64Array {
  return Float64Array.from({ length: count }, () => std * random.normal());
}

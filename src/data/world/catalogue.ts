import { type RandomStream, randomStream } from '../../base/index.js';
import type { TagFeature } from '../types.js';
import { Column } from './column.js';
import { normals, Roster, skewed } from './draws.js';
import type { Knobs } from './options.js';

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
  /** [items] */
  readonly music: Int32Array;
  /** What a piece of music is like. [musics, latent] */
  readonly sound: Float64Array;
  /** [items] */
  readonly durationMs: Int32Array;
  /** The category that models see. [items] */
  readonly category: Int32Array;
  readonly tags: TagFeature;
  /** A linear view of the content, coverSignal included. [coverWidth, latent] */
  readonly projection: Float64Array;
  /** The stream of a video where its draws for the catalogue end; its cover's noise comes next. */
  streamAfter(item: number): RandomStream;
}

/** Draws topics, authors, music and videos. A function of knobs and seed; a video is one of its number too. */
export function makeCatalogue(knobs: Knobs, seed: number): Catalogue {
  const { items, topics, authors, latent, coverWidth } = knobs;
  const random = randomStream(seed, 'world', 'catalogue');
  const topicCentre = normals(topics * latent, random, 1);
  const character = normals(authors * latent, random, 1);
  const roster = new Roster(authors, topics, random);
  const persona = alike(character, roster.topicOf, topicCentre, knobs.authorLikeness);
  const std = knobs.coverSignal / Math.sqrt(latent);
  const projection = normals(coverWidth * latent, random, std);

  const topic = new Int32Array(items);
  const content = new Float64Array(items * latent);
  const quality = new Float64Array(items);
  const uploadDay = new Float64Array(items);
  const author = new Int32Array(items);
  const category = new Int32Array(items);
  const drawing = new Video(knobs, topicCentre, roster);
  for (let i = 0; i < items; i++) {
    drawing.draw(randomStream(seed, 'world', 'item', i));
    topic[i] = drawing.topic;
    content.set(drawing.content, i * latent);
    quality[i] = drawing.quality;
    uploadDay[i] = drawing.uploadDay;
    author[i] = drawing.author;
    category[i] = drawing.category;
  }
  const streamAfter = (item: number): RandomStream => {
    const own = randomStream(seed, 'world', 'item', item);
    drawing.draw(own);
    return own;
  };
  const known = { items, latent, topicCentre, topic, content, quality, uploadDay, author, persona, category };
  return { ...known, ...makeMedia(knobs, seed, topic), projection, streamAfter };
}

/** Standard normal vectors that have a given correlation with the middle of a topic each. [count, latent] */
function alike(
  own: Float64Array,
  topicOf: Int32Array,
  topicCentre: Float64Array,
  likeness: number,
): Float64Array {
  const latent = own.length / topicOf.length;
  const rest = Math.sqrt(1 - likeness ** 2);
  return own.map((x, at) => {
    const middle = topicCentre[topicOf[Math.floor(at / latent)]! * latent + (at % latent)]!;
    return likeness * middle + rest * x;
  });
}

/** What the stream of a video gives, in the order of its draws. */
class Video {
  topic = 0;
  quality = 0;
  uploadDay = 0;
  author = 0;
  category = 0;
  readonly content: Float64Array;

  constructor(
    private readonly knobs: Knobs,
    private readonly topicCentre: Float64Array,
    private readonly authors: Roster,
  ) {
    this.content = new Float64Array(knobs.latent);
  }

  draw(own: RandomStream): void {
    const { topics, categories, latent, twist, newShare, days, authorNoise, categoryNoise } = this.knobs;
    this.topic = skewed(topics, own);
    for (let d = 0; d < latent; d++) {
      this.content[d] = this.topicCentre[this.topic * latent + d]! + twist * own.normal();
    }
    this.quality = own.normal();
    this.uploadDay = own.uniform() < newShare ? own.uniform() * days : 0;
    this.author = this.authors.pick(this.topic, authorNoise, own);
    this.category = own.uniform() < categoryNoise ? own.int(categories) : this.topic % categories;
  }
}

/** Music, tags and duration of every video, from streams of their own. */
function makeMedia(
  knobs: Knobs,
  seed: number,
  topic: Int32Array,
): Pick<Catalogue, 'music' | 'sound' | 'durationMs' | 'tags'> {
  const { items, topics, musics, musicNoise, latent, durationMedian, durationSpread } = knobs;
  const random = randomStream(seed, 'world', 'catalogue', 'media');
  const sound = normals(musics * latent, random, 1);
  const roster = new Roster(musics, topics, random);
  const music = new Int32Array(items);
  const durationMs = new Int32Array(items);
  const offsets = new Int32Array(items + 1);
  const values = new Column(Int32Array);
  for (let i = 0; i < items; i++) {
    const own = randomStream(seed, 'world', 'media', i);
    const seconds = durationMedian * Math.exp(durationSpread * own.normal());
    durationMs[i] = Math.round(1000 * Math.min(Math.max(seconds, 1), 3600));
    music[i] = roster.pick(topic[i]!, musicNoise, own);
    for (const tag of drawTags(knobs, topic[i]!, own)) values.add(tag);
    offsets[i + 1] = values.length;
  }
  return { music, sound, durationMs, tags: { offsets, values: values.take(), cardinality: knobs.tags } };
}

/** Distinct tags, most of the video's topic (those with the topic's number, and every `topics` further), some of any. */
function drawTags(
  { tags, tagsPerVideo, tagNoise, topics }: Knobs,
  topic: number,
  own: RandomStream,
): number[] {
  const drawn: number[] = [];
  const ofTopic = Math.ceil((tags - topic) / topics);
  for (let left = own.int(Math.floor(2 * tagsPerVideo) + 1); left > 0; left--) {
    const any = own.uniform() < tagNoise || ofTopic <= 0;
    const tag = any ? own.int(tags) : topic + topics * skewed(ofTopic, own);
    if (!drawn.includes(tag)) drawn.push(tag);
  }
  return drawn;
}

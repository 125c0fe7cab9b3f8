import { randomStream, requireRows } from '../../base/index.js';
import type { VectorFeature } from '../types.js';
import type { Catalogue } from './catalogue.js';
import { dot, normals } from './draws.js';
import type { Knobs } from './options.js';
import { Scenes } from './scenes.js';

/**
 * Cover vectors, made when they are asked for: a view of the content plus noise from the video's own stream. All of
 * a large world would not fit in memory.
 */
export class DrawnCovers implements VectorFeature {
  readonly width: number;

  constructor(
    private readonly knobs: Knobs,
    private readonly catalogue: Catalogue,
  ) {
    this.width = knobs.coverWidth;
  }

  rows(items: Int32Array): Float32Array {
    const { width, knobs, catalogue } = this;
    const { content, latent, projection } = catalogue;
    requireRows(items, 0, catalogue.items);
    const rows = new Float32Array(items.length * width);
    for (let i = 0; i < items.length; i++) {
      const own = catalogue.streamAfter(items[i]!);
      const at = items[i]! * latent;
      for (let w = 0; w < width; w++) {
        let shown = knobs.coverNoise * own.normal();
        for (let d = 0; d < latent; d++) shown += projection[w * latent + d]! * content[at + d]!;
        rows[i * width + w] = shown;
      }
    }
    return rows;
  }
}

/**
 * Vectors of clips, made when they are asked for. A scene's vector is a view of its content, a direction that shows
 * its appeal, and noise; a clip's is the mean over its scenes, so fewer clips are means of more.
 */
export class DrawnClips implements VectorFeature {
  readonly width: number;
  readonly clips: number;
  private readonly scenes: Scenes;
  /** [clipWidth, latent] */
  private readonly view: Float64Array;
  /** [clipWidth] */
  private readonly direction: Float64Array;

  constructor(
    private readonly knobs: Knobs,
    private readonly catalogue: Catalogue,
    private readonly seed: number,
  ) {
    this.clips = knobs.clips;
    this.width = knobs.clips * knobs.clipWidth;
    this.scenes = new Scenes(knobs, catalogue, seed);
    const random = randomStream(seed, 'world', 'catalogue', 'clips');
    const std = knobs.clipSignal / Math.sqrt(knobs.latent);
    this.direction = normals(knobs.clipWidth, random, std);
    this.view = normals(knobs.clipWidth * knobs.latent, random, std);
  }

  rows(items: Int32Array): Float32Array {
    requireRows(items, 0, this.catalogue.items);
    const rows = new Float32Array(items.length * this.width);
    for (let i = 0; i < items.length; i++) {
      rows.set(this.vector(items[i]!), i * this.width);
    }
    return rows;
  }

  /** [clips, clipWidth] */
  private vector(item: number): Float64Array {
    const { knobs, scenes, direction, view } = this;
    const { clipWidth, clipNoise, latent } = knobs;
    const perClip = knobs.scenes / knobs.clips;
    const random = randomStream(this.seed, 'world', 'clips', item);
    const vector = new Float64Array(this.width);
    scenes.draw(item);
    for (let s = 0; s < knobs.scenes; s++) {
      const content = scenes.content.subarray(s * latent, (s + 1) * latent);
      const at = Math.floor(s / perClip) * clipWidth;
      for (let w = 0; w < clipWidth; w++) {
        const shown = dot(content, view, w * latent) + direction[w]! * scenes.appeal[s]!;
        vector[at + w]! += (shown + clipNoise * random.normal()) / perClip;
      }
    }
    return vector;
  }
}

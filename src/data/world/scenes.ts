import { randomStream } from '../../base/index.js';
import type { Catalogue } from './catalogue.js';
import type { Knobs } from './options.js';

/**
 * The scenes of one video at a time: drawn from a stream of the video's own whenever they are needed, because all
 * scenes of all videos would be too much to hold.
 */
export class Scenes {
  /** What each scene is about. [scenes, latent] */
  readonly content: Float64Array;
  /** Appeal of each scene to everyone. Standard normal. [scenes] */
  readonly appeal: Float64Array;

  constructor(
    private readonly knobs: Knobs,
    private readonly catalogue: Catalogue,
    private readonly seed: number,
  ) {
    this.content = new Float64Array(knobs.scenes * knobs.latent);
    this.appeal = new Float64Array(knobs.scenes);
  }

  /** Makes `content` and `appeal` those of a video. */
  draw(item: number): void {
    const { scenes, latent, sceneTwist } = this.knobs;
    const random = randomStream(this.seed, 'world', 'scenes', item);
    for (let s = 0; s < scenes; s++) {
      this.appeal[s] = random.normal();
      for (let d = 0; d < latent; d++) {
        this.content[s * latent + d] =
          this.catalogue.content[item * latent + d]! + sceneTwist * random.normal();
      }
    }
  }
}

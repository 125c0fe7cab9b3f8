import type { RandomStream } from '../../base/index.js';
import type { Catalogue } from './catalogue.js';
import { sigmoid } from './draws.js';
import type { Knobs } from './options.js';
import { Scenes } from './scenes.js';
import type { Viewer } from './viewer.js';

/** How long somebody watched. */
export interface Viewing {
  /** Whole milliseconds; as long as the video or longer exactly when it was watched to its end. */
  readonly playedMs: number;
  /** Probability of the end given that the video starts. */
  readonly finish: number;
}

/** Watch time, scene by scene: in each the viewer may leave, sooner where a scene bores everyone or this viewer. */
export class Watching {
  private readonly scenes: Scenes;
  /** Chance of leaving in each scene, once it has begun. [scenes] */
  private readonly hazard: Float64Array;

  constructor(
    private readonly knobs: Knobs,
    private readonly catalogue: Catalogue,
    seed: number,
  ) {
    this.scenes = new Scenes(knobs, catalogue, seed);
    this.hazard = new Float64Array(knobs.scenes);
  }

  /**
   * @param match of the viewer with the video
   * @param plays whether the video starts at all
   */
  watch(viewer: Viewer, item: number, match: number, plays: boolean, random: RandomStream): Viewing {
    this.assess(viewer, item, match);
    const finish = this.hazard.reduce((product, chance) => product * (1 - chance), 1);
    if (!plays) return { playedMs: 0, finish };
    const duration = this.catalogue.durationMs[item]!;
    let playedMs = 0;
    do {
      const seen = this.sceneLeft(random);
      if (seen === null) playedMs += duration;
      else return { playedMs: playedMs + Math.floor((duration * seen) / this.knobs.scenes), finish };
    } while (random.uniform() < this.knobs.replay);
    return { playedMs, finish };
  }

  /** Where in the video the viewer leaves, in scenes from its beginning; null when at its end. */
  private sceneLeft(random: RandomStream): number | null {
    for (let s = 0; s < this.hazard.length; s++) {
      if (random.uniform() < this.hazard[s]!) return s + random.uniform();
    }
    return null;
  }

  private assess(viewer: Viewer, item: number, match: number): void {
    const { knobs, scenes, hazard } = this;
    const length = this.catalogue.durationMs[item]! / (1000 * knobs.durationMedian);
    const video = knobs.leaveBias + knobs.durationEffect * Math.log(length) - knobs.watchEffect * match;
    const differ = knobs.appealEffect > 0 || knobs.momentEffect > 0;
    if (differ) scenes.draw(item);
    for (let s = 0; s < knobs.scenes; s++) {
      let logit = video + knobs.skimEffect / (1 + s);
      if (differ) {
        const moment = viewer.interests.match(scenes.content, s * knobs.latent) - match;
        logit -= knobs.appealEffect * scenes.appeal[s]! + knobs.momentEffect * moment;
      }
      hazard[s] = sigmoid(logit);
    }
  }
}

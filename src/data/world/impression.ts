import type { Knobs } from './options.js';

/** One video shown to one user, as the log has it. Labels are 0 or 1. */
export interface Impression {
  readonly user: number;
  readonly item: number;
  /** Milliseconds since the log begins. */
  readonly time: number;
  /** Place in the session, from 0. */
  readonly position: number;
  readonly click: number;
  readonly like: number;
  readonly follow: number;
  /** 1 when it was watched to its end. */
  readonly finished: number;
  readonly playedMs: number;
  readonly durationMs: number;
  /** Probability of each label, given that the log keeps the row. */
  readonly truth: Truth;
}

export interface Truth {
  readonly click: number;
  readonly like: number;
  readonly follow: number;
  readonly finished: number;
}

/** Probabilities of what may happen to an impression. */
export interface Chances {
  readonly click: number;
  /** Given a click. */
  readonly like: number;
  /** Given a click. */
  readonly follow: number;
  /** Given that the video starts: by a click, or without one with the chance `autoplay`. */
  readonly finish: number;
}

/** Probability of each label in the log, which keeps rows without a like with the chance `passes` (Bayes' rule). */
export function truthOf(chances: Chances, { autoplay, passes }: Pick<Knobs, 'autoplay' | 'passes'>): Truth {
  const { click, like, follow, finish } = chances;
  if (passes === 1) {
    const played = click + (1 - click) * autoplay;
    return { click, like: click * like, follow: click * follow, finished: finish * played };
  }
  const liked = click * like;
  const kept = liked + (1 - liked) * passes;
  const clicked = (click * (like + (1 - like) * passes)) / kept;
  const played = clicked + ((1 - click) * autoplay * passes) / kept;
  return { click: clicked, like: liked / kept, follow: clicked * follow, finished: finish * played };
}

/** The knobs of a simulated world. Shares and probabilities are in 0..1, times in days, effects in logits. */
export interface WorldSize {
  readonly users: number;
  readonly items: number;
  readonly topics: number;
  readonly categories: number;
  readonly authors: number;
  /** Width of the space in which videos, interests and authors lie. */
  readonly latent: number;
  readonly coverWidth: number;
  readonly days: number;
  /** Spread of videos around their topic's middle (topics themselves are standard normal). */
  readonly twist: number;
  /** Share of videos that are uploaded while the log runs. */
  readonly newShare: number;
  /** Share of videos whose category says nothing about their topic. */
  readonly categoryNoise: number;
  /** Noise of the cover vector beside its part that shows the content. */
  readonly coverNoise: number;
  /** Mean number of sessions a user (at least one; a tenth of the users have more than 1.8 times as many, one in a hundred 3.4 times). */
  readonly sessions: number;
  /** Impressions a session. */
  readonly sessionLength: number;
  /** Interests that a user has at a time. */
  readonly interests: number;
  /** Size of the random step that log interest strengths make from session to session. */
  readonly drift: number;
  /** Chance, a session, that an interest gives way to another one, half of the time to a former one. */
  readonly turnover: number;
  /** How far from an interest a video still matches it. */
  readonly reach: number;
  readonly clickBias: number;
  readonly userSpread: number;
  readonly matchEffect: number;
  readonly qualityEffect: number;
  /** Loss for each recent click on the same topic. */
  readonly satiationEffect: number;
  readonly positionEffect: number;
  /** Videos that the recommender looks at for a session. */
  readonly pool: number;
  /** Error of the recommender's estimate of the match, beside a match of at most about 1. */
  readonly recommenderNoise: number;
  /** Share of places that the recommender fills at random. */
  readonly exploration: number;
}

/** Worlds by name, at scale 1. */
export const worlds = {
  quickstart: {
    users: 500,
    items: 2400,
    topics: 10,
    categories: 10,
    authors: 240,
    latent: 8,
    coverWidth: 32,
    days: 30,
    twist: 0.3,
    newShare: 0.4,
    categoryNoise: 0.15,
    coverNoise: 0.5,
    sessions: 8,
    sessionLength: 8,
    interests: 2,
    drift: 0.3,
    turnover: 0.03,
    reach: 1.6,
    clickBias: -2,
    userSpread: 0.4,
    matchEffect: 4,
    qualityEffect: 0.5,
    satiationEffect: 0.3,
    positionEffect: 0.08,
    pool: 60,
    recommenderNoise: 0.5,
    exploration: 0.3,
  },
} as const satisfies Record<string, WorldSize>;

export type WorldName = keyof typeof worlds;

/**
 * Two simulated worlds with the sizes of published logs: as many users, videos, impressions and clicks a user, and
 * vectors as wide. What happens in them is the simulator's (docs/simulator.md), not the published logs'. There are
 * more videos than published, because some are never shown and an import keeps only those that are.
 */

/** What both worlds share; the meaning of each knob stands in src/data/world/size.ts. */
const common = {
  topics: 512,
  categories: 512,
  authors: 2000,
  latent: 6,
  coverWidth: 0, // vectors are too large to hold: generate.mjs writes them by chunks
  days: 30,
  twist: 0.3,
  newShare: 0.4,
  categoryNoise: 0.15,
  coverNoise: 0.5,
  sessionLength: 8,
  interests: 3,
  drift: 0.3,
  turnover: 0.01,
  reach: 1.6,
  userSpread: 0.4,
  matchEffect: 4,
  qualityEffect: 0.5,
  satiationEffect: 0.15,
  positionEffect: 0.08,
  pool: 60,
  recommenderNoise: 0.5,
  exploration: 0.3,
};

export const scaleWorlds = {
  /** 10,986 users, 1,704,880 videos with rows, 12.74 M impressions, 512-d vectors, 512 categories. */
  microvideo: {
    size: { ...common, users: 10986, items: 1795000, sessions: 1159.4 / 8, clickBias: -3.12 },
    vectorWidth: 512,
    labels: ['is_click'],
    category: true,
  },
  /** 10,000 users, 3,239,534 videos with rows, 13.66 M impressions, 277 clicks a user, 64-d vectors, likes and follows. */
  kuaishou: {
    size: { ...common, users: 10000, items: 3640000, sessions: 1366.1 / 8, clickBias: -3.11 },
    vectorWidth: 64,
    labels: ['is_click', 'is_like', 'is_follow'],
    category: false,
  },
};

/** A world with fewer users and videos; impressions a user stay the same. */
export function atScale(size, scale) {
  return { ...size, users: Math.round(size.users * scale), items: Math.round(size.items * scale) };
}

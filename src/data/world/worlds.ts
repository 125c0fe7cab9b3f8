import type { Knobs, WorldName } from './options.js';

/**
 * A small world of clicks, likes and follows. Documented results were measured on its log (docs/results.md), so its
 * log must stay as it is.
 */
const quickstart: Knobs = {
  users: 500,
  items: 2400,
  days: 30,
  sessions: 8,
  sessionLength: 8,
  activitySpread: 0.6,
  passes: 1,

  latent: 8,
  topics: 10,
  twist: 0.3,
  newShare: 0.4,

  categories: 10,
  categoryNoise: 0.15,
  authors: 240,
  authorNoise: 0.2,
  authorLikeness: 0,
  musics: 120,
  musicNoise: 0.3,
  tags: 60,
  tagsPerVideo: 3,
  tagNoise: 0.2,
  coverWidth: 32,
  coverSignal: 1,
  coverNoise: 0.5,

  interests: 2,
  strengthDrop: 0.25,
  drift: 0.3,
  turnover: 0.03,
  returning: 0.5,
  reach: 1.6,
  aversions: 0,
  profileEffect: 2,

  clickBias: -2,
  userSpread: 0.4,
  matchEffect: 4,
  aversionEffect: 0,
  qualityEffect: 0.5,
  satiationEffect: 0.3,
  positionEffect: 0.08,
  clickTasteEffect: 0,
  clickAuthorEffect: 0,

  pool: 60,
  popularity: 0,
  guided: 0.7,
  recommenderNoise: 0.5,

  likeBias: -1.5,
  tasteEffect: 1.5,
  musicEffect: 0,
  likeAuthorEffect: 0,
  focus: 0,
  followBias: -3,
  authorEffect: 1.5,

  scenes: 0,
  durationMedian: 23,
  durationSpread: 0.9,
  autoplay: 0,
  leaveBias: -1.5,
  skimEffect: 1.5,
  durationEffect: 0.3,
  watchEffect: 1.5,
  sceneTwist: 0.6,
  appealEffect: 0.7,
  momentEffect: 3,
  replay: 0.4,

  clips: 0,
  clipWidth: 64,
  clipSignal: 1,
  clipNoise: 0.7,
};

/** What the logs of published size share: more topics, long tails, dislikes, tastes that move clicks too, watch time. */
const large: Knobs = {
  ...quickstart,
  activitySpread: 0.8,
  latent: 6,
  topics: 512,
  categories: 512,
  authors: 20_000,
  authorLikeness: 0.7,
  musics: 5000,
  tags: 4096,
  interests: 3,
  turnover: 0.01,
  aversions: 2,
  aversionEffect: 1.5,
  satiationEffect: 0.15,
  clickTasteEffect: 0.6,
  clickAuthorEffect: 0.6,
  popularity: 0.5,
  scenes: 4,
  leaveBias: -1.9,
};

/** As many users, videos, rows and clicks a user as MicroVideo-1.7M, with covers as wide. */
const microvideo: Knobs = {
  ...large,
  users: 10_986,
  items: 1_704_880,
  sessions: 1159.4 / 8,
  clickBias: -2.89,
  coverWidth: 512,
};

/** As many users, videos, rows and clicks a user as ALPINE's KuaiShou log, with vectors as wide. */
const kuaishou: Knobs = {
  ...large,
  users: 10_000,
  items: 3_239_534,
  sessions: 1366.1 / 8,
  clickBias: -2.83,
  coverWidth: 64,
};

/** As many users, videos and thumbs-ups as Toffee_a; users look at content, music and author in their own measure. */
const toffee: Knobs = {
  ...large,
  users: 780,
  items: 73_015,
  days: 181,
  sessions: 171,
  passes: 0,
  latent: 8,
  topics: 60,
  categories: 60,
  authors: 4000,
  musics: 2000,
  tags: 600,
  coverWidth: 128,
  clickBias: -1.04,
  popularity: 0.3,
  likeBias: -0.5,
  musicEffect: 1.5,
  likeAuthorEffect: 1.5,
  focus: 1,
};

/** As many users, videos and rows as Micro-video-A; every video shown plays until it is left, clip by clip. */
const frame: Knobs = {
  ...large,
  users: 12_739,
  items: 58_291,
  days: 14,
  sessions: 26.9 / 8,
  latent: 8,
  topics: 60,
  categories: 60,
  authors: 4000,
  musics: 2000,
  tags: 600,
  coverWidth: 64,
  clickBias: -2.2,
  scenes: 8,
  autoplay: 1,
  leaveBias: -3,
  skimEffect: 2.2,
  watchEffect: 3,
  appealEffect: 1.2,
  momentEffect: 6,
  clips: 4,
  clipWidth: 128,
};

/** The knobs of each world at scale 1. */
export const worlds: Readonly<Record<WorldName, Knobs>> = { quickstart, microvideo, kuaishou, toffee, frame };

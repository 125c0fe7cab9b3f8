import { z } from 'zod';

/**
 * The knobs of the simulated worlds: names, ranges and meanings, no code, so that configuration, help and
 * documentation need not load the simulator. Their values, world by world, stand in `worlds.ts`.
 *
 * Shares and chances are in 0..1, times in days, effects in logits (of a click, a like, a follow, or of leaving a
 * video). A mechanism's effect or share at 0 switches it off exactly.
 */
const count = (least: number, most: number) => z.int().min(least).max(most);
const share = z.number().min(0).max(1);
const size = z.number().min(0).max(100);
const bias = z.number().min(-20).max(20);

const sizes = {
  users: count(2, 10_000_000).describe('At scale 1.'),
  items: count(2, 100_000_000).describe('Videos at scale 1.'),
  days: z.number().gt(0).max(10_000).describe('Days that the log covers.'),
  sessions: z.number().min(0).max(10_000).describe('Mean number of sessions a user; everybody has one.'),
  sessionLength: count(1, 1000).describe('Impressions a session.'),
  activitySpread: size.describe(
    'Spread of the log number of sessions; 0: all users open the app equally often.',
  ),
  passes: share.describe('Share of the rows without a like that the log keeps; 0: a log of likes only.'),
};

const videos = {
  latent: count(1, 64).describe('Width of the space in which videos, interests, authors and music lie.'),
  topics: count(1, 100_000).describe('Topics: standard normal points of that space.'),
  twist: size.describe("Spread of videos around their topic's point; 0: a topic's videos are all alike."),
  newShare: share.describe(
    'Share of the videos that are uploaded while the log runs; 0: all are there before.',
  ),
};

const shown = {
  categories: count(1, 100_000).describe('Values of the category.'),
  categoryNoise: share.describe('Share of the videos whose category says nothing; 0: all show their topic.'),
  authors: count(1, 10_000_000).describe('Authors; each has a home topic.'),
  authorNoise: share.describe('Share of the videos whose author comes from anywhere, not from its topic.'),
  authorLikeness: share.describe(
    'How much an author is like its home topic, as a correlation; 0: not at all.',
  ),
  musics: count(1, 10_000_000).describe('Pieces of music; each has a home topic.'),
  musicNoise: share.describe('Share of the videos whose music comes from anywhere, not from its topic.'),
  tags: count(1, 1_000_000).describe('Tags; each belongs to one topic.'),
  tagsPerVideo: z
    .number()
    .min(0)
    .max(50)
    .multipleOf(0.5)
    .describe('Mean number of tags drawn for a video, a multiple of 0.5; 0: no tags.'),
  tagNoise: share.describe('Share of the tags that come from anywhere, not from the topic.'),
  coverWidth: count(1, 4096).describe('Width of the cover vector.'),
  coverSignal: size.describe('Weight of the content in the cover vector; 0: the cover is noise.'),
  coverNoise: size.describe('Noise of the cover vector beside its view of the content; 0: none.'),
};

const tastes = {
  interests: count(0, 50).describe('Interests that a user has at a time; 0: none.'),
  strengthDrop: share.describe('How much weaker each further interest is than the one before; 0: all equal.'),
  drift: size.describe(
    'Random step that the log strength of an interest makes between sessions; 0: moods stay.',
  ),
  turnover: share.describe(
    'Chance, a session, that an interest gives way to another one; 0: interests stay.',
  ),
  returning: share.describe('Chance that what comes instead is a former interest; 0: always a new one.'),
  reach: z.number().min(0.01).max(100).describe('How far from an interest a video still matches it.'),
  aversions: count(0, 50).describe('Kinds of videos that a user dislikes; 0: none.'),
  profileEffect: size.describe('How strongly gender, age and city go with tastes; 0: they say nothing.'),
};

const clicks = {
  clickBias: bias.describe('Logit of a click, all else at its middle.'),
  userSpread: size.describe('Spread of how readily users click; 0: all alike.'),
  matchEffect: size.describe('Of the match with the interest that fits best; 0: clicks ignore interests.'),
  aversionEffect: size.describe('Loss for being what the user dislikes; 0: dislikes have no effect.'),
  qualityEffect: size.describe(
    'Of a video’s quality, which is the same for all users, on clicks and on what is shown; 0: none.',
  ),
  satiationEffect: size.describe('Loss for each recent click on the same topic; 0: nobody gets enough.'),
  positionEffect: size.describe('Loss for each place further down; 0: places are alike.'),
  clickTasteEffect: size.describe('Of the second taste (that of likes) on clicks; 0: none.'),
  clickAuthorEffect: size.describe(
    'Of the liking for kinds of authors (that of follows) on clicks; 0: none.',
  ),
};

const exposure = {
  pool: count(1, 100_000).describe('Videos that the recommender looks at for a session.'),
  popularity: z
    .number()
    .min(0)
    .max(0.95)
    .describe('Exponent s of how often videos get into that pool: rank^-s; 0: all equally often.'),
  guided: share.describe('Share of the places that the recommender fills by its guess; 0: all at random.'),
  recommenderNoise: size.describe(
    'Error of the guessed match, which itself is at most about 1; 0: no error.',
  ),
};

const likes = {
  likeBias: bias.describe('Logit of a like given a click.'),
  tasteEffect: size.describe('Of the second taste on likes; 0: likes ignore the content.'),
  musicEffect: size.describe('Of the liking for kinds of music on likes; 0: likes ignore the music.'),
  likeAuthorEffect: size.describe('Of the liking for kinds of authors on likes; 0: likes ignore the author.'),
  focus: size.describe('How much users differ in which of these three counts for them; 0: all alike.'),
  followBias: bias.describe('Logit of a follow given a click.'),
  authorEffect: size.describe('Of the liking for kinds of authors on follows; 0: follows ignore the author.'),
};

const watching = {
  scenes: count(0, 64).describe('Equal scenes in which a video may be left; 0: the world has no watch time.'),
  durationMedian: z.number().min(1).max(3600).describe('Median duration of videos in seconds.'),
  durationSpread: size.describe('Spread of the log duration; 0: all videos are equally long.'),
  autoplay: share.describe(
    'Chance that a video plays though it was not clicked; 0: clicks alone start videos.',
  ),
  leaveBias: bias.describe('Logit of leaving in a scene, all else at its middle.'),
  skimEffect: size.describe(
    'Added in the first scene, half of it in the second, a third in the third; 0: none.',
  ),
  durationEffect: size.describe('Of the log of duration over median on leaving; 0: duration has no effect.'),
  watchEffect: size.describe('Of the match of the video with the interests on staying; 0: none.'),
  sceneTwist: size.describe("Spread of scenes around their video's content; 0: all scenes are alike."),
  appealEffect: size.describe('Of the appeal of a scene to everyone, on staying; 0: no scene bores.'),
  momentEffect: size.describe(
    "Of a scene's match with the interests beyond the video's, on staying; 0: none.",
  ),
  replay: z.number().min(0).max(0.95).describe('Chance that a finished video starts again; 0: never.'),
};

const clips = {
  clips: count(0, 64).describe(
    'Clips whose vectors models see, of scenes / clips scenes each; must divide scenes; 0: no clip vectors.',
  ),
  clipWidth: count(1, 4096).describe('Width of the vector of one clip.'),
  clipSignal: size.describe(
    "Weight of the scenes' content and appeal in their vectors; 0: the vectors are noise.",
  ),
  clipNoise: size.describe('Noise of the vector of each scene beside that; 0: none.'),
};

/** Knobs by what they are about, for documentation. */
export const knobGroups = {
  'Size and log': sizes,
  'What there is': videos,
  'What models see of it': shown,
  'What users want': tastes,
  Clicks: clicks,
  'What is shown to them': exposure,
  'Likes and follows': likes,
  'Watch time': watching,
  'Clip vectors': clips,
} as const;

const shape = {
  ...sizes,
  ...videos,
  ...shown,
  ...tastes,
  ...clicks,
  ...exposure,
  ...likes,
  ...watching,
  ...clips,
};

const completeSchema = z.strictObject(shape);

/** Some knobs of a world set to other values than its own. */
export const knobSchema = completeSchema.partial();

/** A world complete. */
export type Knobs = Readonly<z.output<typeof completeSchema>>;
export type KnobSettings = z.output<typeof knobSchema>;

export const worldNames = ['quickstart', 'microvideo', 'kuaishou', 'toffee', 'frame'] as const;
export type WorldName = (typeof worldNames)[number];

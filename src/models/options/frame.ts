import { z } from 'zod';
import { inBrackets, type ModelInfo, positive, rule } from './shared.js';

const factors = z.array(z.number()).length(2).meta({ title: 'a list of two numbers' });

export const frameSchema = z
  .strictObject({
    name: z.literal('frame'),
    feature: z
      .string()
      .default('clips')
      .describe(
        'The item vectors that clips are cut from; `id`: none, a vector of each clip is learnt from random numbers on.',
      ),
    clips: positive
      .default(8)
      .describe(
        'N_c, clips a video. A feature of more clips is averaged to so many; 1 takes any vector: no clip dividing.',
      ),
    watchRatio: z
      .string()
      .optional()
      .describe('Column of playing time over duration, where there is one; else the next two are divided.'),
    playingTime: z.string().default('playing_time_ms').describe('Column of the time that was watched.'),
    duration: z
      .string()
      .default('duration_ms')
      .describe("Column of the video's length in the same unit; a row where it is not above 0 says nothing."),
    videoLabel: z
      .enum(['finished', 'any'])
      .default('finished')
      .describe(
        'finished: refuse data whose data.label is not a watch ratio of at least 1; any: judge by that label, whatever it is.',
      ),
    positiveEdges: z
      .enum(['watchedVideos', 'seenClips'])
      .default('watchedVideos')
      .describe(
        'What a user likes: clips of videos watched to the end, or (released code) every clip seen to its end.',
      ),
    negativeEdges: z
      .enum(['once', 'perSeenClip'])
      .default('once')
      .describe(
        'Weight of the clip that was skipped: 1, or (released code) the number of clips seen before, so none where it was the first.',
      ),
    edgeWeights: z
      .enum(['binary', 'count'])
      .default('binary')
      .describe('Several views of a video: the largest weight, or (released code) their sum.'),
    graphNorm: z
      .enum(['row', 'symmetric'])
      .default('row')
      .describe("Edges divided by the user's sum, or by the roots of the user's and the clip's."),
    shareGraphWeights: z
      .boolean()
      .default(false)
      .describe('One W^(1) and one W^(2) for both graphs (released code).'),
    hops: z
      .union([z.literal(1), z.literal(2)])
      .default(2)
      .describe('2: clips receive from the users who saw them; 1: H_c is H_c^(0), and alpha has no meaning.'),
    alpha: factors.default([0.5, 0.5]).describe('alpha_0 and alpha_1 of H_c; [0, 1]: released code.'),
    alphaTrainable: z.boolean().default(false).describe('Learn alpha, from these values on.'),
    predictionHeads: z
      .enum(['both', 'positive'])
      .default('both')
      .describe('positive: the score is that of the positive head alone (released code).'),
    headWeights: factors
      .default([0.8, 0.2])
      .describe('alpha_p and alpha_n, the latter with a minus; of predictionHeads: both.'),
    mlpInput: z
      .enum(['clipFirst', 'userFirst'])
      .default('clipFirst')
      .describe('Order of rows in the hidden weights: released code, or as the slides write.'),
    combineOn: z
      .enum(['logits', 'probabilities'])
      .default('logits')
      .describe(
        'What headWeights combine; probabilities are cut to 1e-7 .. 1 - 1e-7 and need videoAggregation: meanProb.',
      ),
    videoAggregation: z
      .enum(['meanProb', 'sigmoidSumLogit', 'sigmoidMeanLogit'])
      .default('meanProb')
      .describe(
        "A video's probability: the mean of its clips', or of the sum (released code) or mean of their logits.",
      ),
    pointLoss: z
      .enum(['bce', 'weighted'])
      .default('bce')
      .describe('Cross-entropy of labelled clips, or the weighted one of the released code.'),
    pairLoss: z
      .enum(['withinInteraction', 'batch', 'none'])
      .default('withinInteraction')
      .describe(
        'Seen clips above the skipped clip of the same view, or (released code) of the first 200 of each in the batch.',
      ),
    pairOn: z
      .enum(['probabilities', 'logits'])
      .default('probabilities')
      .describe('What the pair loss compares.'),
    pairWeight: z.number().positive().default(1).describe('Factor of the pair loss.'),
    clipFeatures: z
      .enum(['trainable', 'frozen'])
      .default('trainable')
      .describe('Clip vectors as the start of a table that is learnt, or as they are, which is much faster.'),
    width: positive.default(128).describe('d.'),
    hidden: positive.default(256).describe('Width of the hidden layer of each head.'),
  })
  .check(
    rule(
      'clipFeatures',
      ({ feature, clipFeatures }) =>
        feature === 'id' &&
        clipFeatures === 'frozen' && [
          'is frozen, and feature: id has no vectors of clips',
          'Use clipFeatures: trainable, or name a vector in feature.',
        ],
    ),
    rule(
      'alpha',
      ({ hops, alpha, alphaTrainable }) =>
        hops === 2 &&
        !alphaTrainable &&
        alpha[1] === 0 && [
          `is ${inBrackets(alpha)}, so the second hop would have no influence`,
          'Use hops: 1, or another alpha_1.',
        ],
    ),
    rule(
      'headWeights',
      ({ predictionHeads, headWeights }) =>
        predictionHeads === 'both' &&
        headWeights.includes(0) && [
          `is ${inBrackets(headWeights)}, and a head of weight 0 has no influence`,
          'Use predictionHeads: positive, or other weights.',
        ],
    ),
    rule(
      'alphaTrainable',
      ({ hops, alphaTrainable }) =>
        hops === 1 &&
        alphaTrainable && [
          'is true, and with hops: 1 there is no alpha',
          'Use hops: 2, or leave alphaTrainable out.',
        ],
    ),
    rule(
      'combineOn',
      ({ combineOn, videoAggregation }) =>
        combineOn === 'probabilities' &&
        videoAggregation !== 'meanProb' && [
          `is probabilities, and videoAggregation: ${videoAggregation} gives a head none`,
          'Use videoAggregation: meanProb, or combineOn: logits.',
        ],
    ),
    rule(
      'combineOn',
      ({ combineOn, predictionHeads }) =>
        combineOn === 'probabilities' &&
        predictionHeads !== 'both' && [
          `is probabilities, and predictionHeads: ${predictionHeads} leaves nothing to combine`,
          'Use predictionHeads: both, or combineOn: logits.',
        ],
    ),
    rule(
      'pairOn',
      ({ combineOn, pairOn, pairLoss }) =>
        combineOn === 'probabilities' &&
        pairOn === 'logits' &&
        pairLoss !== 'none' && [
          'is logits, and with combineOn: probabilities a clip has none',
          'Use pairOn: probabilities, or combineOn: logits.',
        ],
    ),
  );

export type FrameOptions = z.output<typeof frameSchema>;

const training = {
  epochs: 10,
  batchSize: 1024,
  negatives: { kind: 'logged', ratio: 'all' },
  optimizer: { name: 'adam', learningRate: 2e-4 },
} as const;

export const frameInfo: ModelInfo = {
  title: 'FRAME: fine-grained preferences for clips of micro-videos on a user-clip graph',
  paper: 'Learning Fine-grained User Interests for Micro-video Recommendation, SIGIR 2023',
  year: 2023,
  kind: 'collaborative',
  reads: 'playing time, clips',
  tables: ['FRAME 3, 4'],
  presets: {
    slides: {
      about: 'The formulas of the paper as slides on it show them: cross-entropy alone, eight clips.',
      values: {
        model: {
          clips: 8,
          positiveEdges: 'watchedVideos',
          negativeEdges: 'once',
          edgeWeights: 'binary',
          graphNorm: 'row',
          shareGraphWeights: false,
          alpha: [0.5, 0.5],
          predictionHeads: 'both',
          headWeights: [0.8, 0.2],
          mlpInput: 'userFirst',
          videoAggregation: 'meanProb',
          pointLoss: 'bce',
          pairLoss: 'none',
        },
        train: training,
      },
    },
    released: {
      about:
        'The released code: every seen clip is liked, skips weighted by what was seen, shared weights, the propagated clips and the positive head alone.',
      values: {
        model: {
          clips: 4,
          positiveEdges: 'seenClips',
          negativeEdges: 'perSeenClip',
          edgeWeights: 'count',
          graphNorm: 'row',
          shareGraphWeights: true,
          alpha: [0, 1],
          predictionHeads: 'positive',
          mlpInput: 'clipFirst',
          videoAggregation: 'sigmoidSumLogit',
          pointLoss: 'weighted',
          pairLoss: 'batch',
          pairOn: 'probabilities',
          clipFeatures: 'trainable',
        },
        train: training,
      },
    },
  },
};

import { describe, expect, it } from '@jest/globals';
import { loadModelConfig } from '../../src/config/index.js';
import type { ModelName } from '../../src/models/options.js';

/** What options break together: which of them, their values, and what to do. */
const broken: [ModelName, string, string][] = [
  [
    'thacil',
    'historyLength=50 blockSize=20',
    'blockSize is 20, which does not divide historyLength, 50\n  Use 10',
  ],
  [
    'thacil',
    'visualSize=3 categorySize=4 heads=2',
    'heads is 2, which does not divide visualSize + categorySize, 3 + 4 = 7\n  Use 1',
  ],
  [
    'mtin',
    'itemEmbedding=visual+category size=7',
    'size is 7, which is odd, and itemEmbedding: visual+category halves it\n  Use an even number, for example 8',
  ],
  ['mtin', 'variant=MTIN-I groups=4', 'groups is 4, and variant: MTIN-I has one group\n  Leave it out'],
  [
    'mtin',
    'variant=MTIN-P memoryInit=kmeans',
    'memoryInit is kmeans, and variant: MTIN-P has no pretrained memory\n  Use random',
  ],
  [
    'mtin',
    'variant=MTIN-P:persist memoryTrainable=true',
    'memoryTrainable is true, and the memory of variant: MTIN-P:persist is not trained\n  Leave it out',
  ],
  [
    'mtin',
    'variant=MTIN-P:persist memoryUpdate=replace',
    'memoryUpdate is replace, and variant: MTIN-P:persist writes its memory back',
  ],
  [
    'mtin',
    'positiveWeight=0',
    'positiveWeight is 0, so the positive history would be computed for nothing\n  Choose another',
  ],
  [
    'mtin',
    'negativeWeight=0',
    'negativeWeight is 0, so the negative history would be computed for nothing\n  Use variant: MTIN-I',
  ],
  [
    'mtin',
    'scoreSquash=sigmoid epsilon=1.5',
    'epsilon is 1.5, and scores of scoreSquash: sigmoid stay below 1',
  ],
  [
    'frame',
    'feature=id clipFeatures=frozen',
    'clipFeatures is frozen, and feature: id has no vectors of clips\n  Use clipFeatures: trainable',
  ],
  [
    'frame',
    'hops=2 alpha=[0.5,0]',
    'alpha is [0.5, 0], so the second hop would have no influence\n  Use hops: 1',
  ],
  [
    'frame',
    'headWeights=[1,0]',
    'headWeights is [1, 0], and a head of weight 0 has no influence\n  Use predictionHeads: positive',
  ],
  [
    'frame',
    'hops=1 alphaTrainable=true',
    'alphaTrainable is true, and with hops: 1 there is no alpha\n  Use hops: 2',
  ],
  [
    'frame',
    'combineOn=probabilities videoAggregation=sigmoidSumLogit',
    'combineOn is probabilities, and videoAggregation: sigmoidSumLogit gives a head none\n  Use videoAggregation: meanProb',
  ],
  [
    'frame',
    'combineOn=probabilities videoAggregation=meanProb predictionHeads=positive',
    'combineOn is probabilities, and predictionHeads: positive leaves nothing to combine\n  Use predictionHeads: both',
  ],
  [
    'frame',
    'combineOn=probabilities videoAggregation=meanProb pairOn=logits',
    'pairOn is logits, and with combineOn: probabilities a clip has none\n  Use pairOn: probabilities',
  ],
  ['scaa', 'liked=is_like followed=is_like', 'followed is is_like, and so is liked'],
  [
    'scaa',
    'cs=none',
    'cs is none, which variant: SCAA has no use for\n  Leave it out, or use variant: SCAA_cs',
  ],
  [
    'scaa',
    'alphas=[0.7,0.3,0]',
    'alphas is [0.7, 0.3, 0], and the third is the share of what makes it SCAA\n  Choose a third above 0',
  ],
  ['uvcan', 'videoAttUser=none', 'videoAttUser is none, which variant: UVCAN has no use for\n  Leave it out'],
  [
    'uvcan',
    'shareLayers=true layers=1',
    'shareLayers is true, and layers is 1, which leaves nothing to share\n  Use layers: 2',
  ],
  [
    'uvcan',
    'userFields=[age,city]',
    'userFields is [age, city], without the id that idsInOutput: true hands to the MLP\n  Use [id, age, city]',
  ],
];

describe('options that do not go together', () => {
  it.each(broken)('%s %s', async (name, options, message) => {
    const told = message.replace('\n', ' (from --options)\n');
    await expect(loadModelConfig({ name, options: options.split(' '), presets: [] })).rejects.toThrow(told);
  });
});

import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type EngineName, Optimizer } from '../../src/engine/index.js';
import { scoreRows } from '../../src/evaluation/index.js';
import { type ModelName, modelInfo, withoutWeights } from '../../src/models/index.js';
import { trainStep } from '../../src/training/step.js';
import { webgpu } from '../engine/graphics.js';
import { batchOf, preparedOf } from '../support/batches.js';
import { tensorflow, useEngine } from '../support/engines.js';
import { wave } from '../support/gradients.js';
import { describeIf } from '../support/index.js';
import { trainable } from '../support/training.js';

const plain = preparedOf({
  users: 4,
  items: 12,
  vectors: { cover: { data: wave([12, 5], 1), width: 5 } },
  categories: { category: { values: Int32Array.from({ length: 12 }, (_, i) => i % 3), cardinality: 3 } },
});
const { store } = plain;
const watched = {
  playing_time_ms: Float32Array.from({ length: store.interactions.rows }, (_, row) => (row * 370) % 1300),
  duration_ms: new Float32Array(store.interactions.rows).fill(1000),
  is_like: Float32Array.from({ length: store.interactions.rows }, (_, row) => (row % 3 === 0 ? 1 : 0)),
  is_follow: Float32Array.from({ length: store.interactions.rows }, (_, row) => (row % 4 === 0 ? 1 : 0)),
};
const gender = { values: Int32Array.of(0, 1, -1, 1), cardinality: 2 };
const data = {
  ...plain,
  store: {
    ...store,
    interactions: { ...store.interactions, columns: watched },
    users: { ...store.users, categories: { gender } },
  },
};
// Histories: positive; negative; liked; followed. A model reads as many as it asks for.
const batch = batchOf(
  [
    {
      user: 0,
      history: [1, 2, 3, 4],
      others: [[5, 6], [1, 3], [4]],
      candidates: [
        [7, 1],
        [8, 0],
      ],
    },
    {
      user: 1,
      history: [5],
      others: [[2, 7, 7], [5], []],
      candidates: [
        [9, 1],
        [7, 0],
      ],
    },
    {
      user: 2,
      history: [],
      others: [[], [], []],
      candidates: [
        [10, 1],
        [1, 0],
      ],
    },
  ],
  [4, 4, 4, 4],
);
batch.pairs.row.set([0, 1, 2, 3, 4, 5]); // for those who look at the log again
const thacil = {
  name: 'thacil',
  visual: ['cover', 'id'],
  visualSize: 4,
  categorySize: 4,
  heads: 2,
  hidden: 6,
  historyLength: 4,
  blockSize: 2,
  l2Weight: 0.01,
};
const frame = { name: 'frame', videoLabel: 'any', width: 4, hidden: 6 };
const levels = { hidden: 6, historyLength: 4 };
const uvcan = {
  name: 'uvcan',
  factors: 4,
  userFields: ['id', 'gender'],
  videoFields: ['id', 'cover', 'category'],
};
const mtin = {
  name: 'mtin',
  memoryInit: 'random',
  size: 4,
  groups: 2,
  masks: 2,
  historyLength: 4,
  l2Weight: 0.01,
};
const sequence = { itemSize: 2, categorySize: 2, hidden: 4, historyLength: 4, l2Weight: 0.01 };
const din = {
  name: 'din',
  itemFields: ['id', 'category'],
  factors: 3,
  historyLength: 4,
  unitHidden: [4],
  hidden: [5],
};
const next = { factors: 4, historyLength: 4, item: ['id', 'category'] };
const fields = {
  userFields: ['id', 'gender'],
  itemFields: ['id', 'category', 'cover'],
  historyLength: 4,
  embeddingSize: 4,
  embeddingStd: 0.3,
  l2Embedding: 0.01,
};
const layers = { ...fields, hidden: [4], dropout: 0.2 };
const models = {
  // With more weights than a shader of WebGPU may read at a time, and tables.
  thacil: { ...thacil, userSize: 2 },
  'thacil as released': { ...thacil, ...modelInfo.thacil.presets.released!.values.model },
  'thacil without attention': {
    ...thacil,
    categoryLevel: false,
    itemLevel: false,
    interAttention: 'none',
    candidateAttention: false,
  },
  alpine: { name: 'alpine', ...levels, userInit: 'normal', l2Weight: 0.01 },
  'ALPINE with a table of items': {
    name: 'alpine',
    ...levels,
    itemEmbedding: 'trainable',
    edgeCell: 'linkedMain',
  },
  'ALPINE without graph and users': {
    name: 'alpine',
    ...levels,
    variant: 'ALPINE_umg',
    itemEmbedding: 'projected',
    itemSize: 4,
    candidateAttention: 'bilinear',
  },
  scaa: { name: 'scaa', ...levels, bias: true, maxLiked: 4, maxFollowed: 4, causal: true },
  bpr: { name: 'bpr', item: ['id', 'cover'], factors: 4 },
  ncf: { name: 'ncf', item: ['id', 'cover'], factors: 4, layers: [6, 4], l2Weight: 0.01 },
  uvcan: { ...uvcan, l2Weight: 0.01 },
  'UVCAN without co-attention': { ...uvcan, variant: 'Video-Att', visualActivation: 'tanh' },
  frame: { ...frame, clips: 4, feature: 'id' },
  'frame as released': { ...frame, ...modelInfo.frame.presets.released!.values.model, feature: 'id' },
  'frame without clip dividing': { ...frame, clips: 1, feature: 'cover', clipFeatures: 'frozen' },
  mtin,
  'MTIN in parallel': {
    ...mtin,
    routingUpdate: 'parallel',
    scoreSquash: 'sigmoid', // a small memory has scores about the threshold, where engines differ
    temporalWeights: 'shared',
    emptyGroups: 'mask',
    interestMask: 'weighted',
  },
  lightgcn: { name: 'lightgcn', factors: 4, layers: 2, l2Weight: 0.01 },
  lstm: { name: 'lstm', ...sequence, units: 3, pool: 'attention' },
  cnn: { name: 'cnn', ...sequence, windows: 3, filters: 2, interestSize: 3 },
  atrank: { name: 'atrank', ...sequence, heads: 2, feedForward: 3, head: 'dual' },
  din: { ...din, l2Weight: 0.01 },
  'DIN with a softmax': { ...din, softmax: true, unitActivation: 'relu', activation: 'prelu', dropout: 0.5 },
  sasrec: { name: 'sasrec', ...next, heads: 2 },
  'SASRec over the catalogue': {
    name: 'sasrec',
    ...next,
    norm: 'post',
    activation: 'gelu',
    outputProjection: true,
    loss: 'softmax',
    contrast: 'catalogue',
  },
  gru4rec: { name: 'gru4rec', ...next, units: 4, layers: 2, dropout: 0.5 },
  'GRU4Rec with output vectors': {
    name: 'gru4rec',
    ...next,
    units: 3,
    output: 'separate',
    reset: 'after',
    loss: 'top1Max',
    l2Weight: 0.01,
  },
  fm: { name: 'fm', ...fields },
  deepfm: { name: 'deepfm', ...layers },
  nfm: { name: 'nfm', ...layers, interactionNorm: true, batchNorm: true },
  autoint: { name: 'autoint', ...layers, layers: 2, headSize: 2, firstOrder: true },
  difm: { name: 'difm', ...layers, heads: 2, headSize: 2 },
  afn: { name: 'afn', ...layers, neurons: 3, plusHidden: [4] },
  widedeep: { name: 'widedeep', ...layers, crosses: [['gender', 'category']] },
};
it('is every model that is trained by steps', () => {
  const bySteps = Object.keys(modelInfo).filter(
    (name) => !withoutWeights.has(name as ModelName) && name !== 'wmf',
  );
  expect(bySteps).toEqual([...new Set(Object.values(models).map(({ name }) => name))]);
});

// The large epsilon keeps gradients that are nothing but rounding, of a bias that cancels, from becoming whole steps.
const adam = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 0.01, clipNorm: 0.5 } as const;

/** Three steps, then the scores of all rows, on the named engine. */
async function threeSteps(engine: EngineName, options: Readonly<Record<string, unknown>>) {
  await useEngine(engine);
  const before = tf.memory().numTensors;
  const model = trainable(options, data);
  const optimizer = new Optimizer(model.parameters, adam);
  const own = tf.memory().numTensors;
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) {
    losses.push(await trainStep(model, optimizer, batch, 0.05, [1, step]));
    await model.afterStep?.();
  }
  const state = await optimizer.state();
  const scores = await scoreRows(model, data, data.split.train, { contextsPerBatch: 2 });
  const kept = tf.memory().numTensors - own;
  optimizer.dispose();
  model.parameters.dispose();
  return { losses, state, scores, kept, left: tf.memory().numTensors - before };
}

type Steps = Awaited<ReturnType<typeof threeSteps>>;
const known = new Map<object, Steps>();
/** What the others are compared with, once for all of them. */
async function onWasm(options: Readonly<Record<string, unknown>>): Promise<Steps> {
  const steps = known.get(options) ?? (await threeSteps('wasm', options));
  known.set(options, steps);
  return steps;
}

const [installed, notInstalled] = tensorflow();
const gpu = webgpu();

describe.each([
  ['cpu', true, ''],
  ['tensorflow', installed, notInstalled],
  ['webgpu', gpu.exists, gpu.reason],
] as const)('three steps on %s', (engine, here, reason) => {
  describeIf(here, reason)('against wasm', () => {
    const compare = async (options: Readonly<Record<string, unknown>>): Promise<void> => {
      const expected = await onWasm(options);
      const found = await threeSteps(engine, options);
      expect([found.kept, found.left]).toEqual([0, 0]);
      expectNear(found.losses, expected.losses);
      expectNear(found.scores, expected.scores);
      expect([...found.state.keys()]).toEqual([...expected.state.keys()]);
      for (const [name, { data: values }] of found.state) {
        expectNear(values, expected.state.get(name)!.data);
      }
    };
    it.each(Object.entries(models))('end in the same losses, weights and scores: %s', (_, options) =>
      compare(options),
    );
  });
});

function expectNear(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found).toHaveLength(expected.length);
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs(found[i]! - expected[i]!)).toBeLessThan(1e-4);
  }
}

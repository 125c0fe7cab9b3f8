import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../../src/base/index.js';
import { catalogueLists } from '../../../src/data/index.js';
import { Optimizer } from '../../../src/engine/index.js';
import { scoreRows, topOfCatalogue } from '../../../src/evaluation/index.js';
import { type Frame, frameSchema, modelInfo } from '../../../src/models/index.js';
import { trainStep } from '../../../src/training/step.js';
import { batchOf } from '../../support/batches.js';
import { describeEngines, useEngine } from '../../support/engines.js';
import { expectGradients, fillWithWaves, wave } from '../../support/gradients.js';
import { forward, gradientsOf, logitsOf, lossOf, overfit, trainable } from '../../support/training.js';
import { batchOfRows, type View, viewsOf } from './log.js';

const users = 6;
const items = 7;
// User 4 and video 6 occur in the test part only; user 3 has finished nothing, user 5 has skipped nothing.
const views: View[] = [
  [0, 0, 1300, 1000],
  [0, 1, 600, 1000],
  [0, 2, 0, 800],
  [0, 6, 500, 1000, 'test'],
  [1, 0, 200, 1000],
  [1, 1, 1000, 1000],
  [1, 3, 500, 1000],
  [2, 1, 750, 1000],
  [2, 5, 3000, 1000],
  [3, 4, 130, 1000],
  [3, 5, 700, 0],
  [4, 0, 400, 1000, 'test'],
  [4, 6, 1000, 1000, 'test'],
  [5, 2, 800, 800],
  [5, 4, 2000, 1000],
];
const vectors = {
  clips: { data: wave([items, 12], 1), width: 12, clips: 4 },
  whole: { data: wave([items, 3], 2), width: 3 },
};
const data = viewsOf(views, { users, items }, vectors);
const tiny = { name: 'frame', clips: 4, width: 4, hidden: 5 };
const all = batchOfRows(views, [...views.keys()]);
const training = { training: true, key: [1] } as const;

const modelOf = (given: Readonly<Record<string, unknown>> = {}, on = data): Frame => {
  const model = trainable({ ...tiny, ...given }, on) as unknown as Frame;
  fillWithWaves(model.parameters);
  return model;
};
const named = ({ parameters }: Frame) => [...parameters.dense, ...parameters.tables].map(({ name }) => name);

const settings = {
  defaults: {},
  released: modelInfo.frame.presets.released!.values.model!,
  frozen: { clipFeatures: 'frozen' },
  'one hop': { hops: 1 },
  'one clip': { clips: 1 },
  'eight clips without vectors': { clips: 8, feature: 'id' },
  'combined probabilities': { combineOn: 'probabilities' },
} as const;

describe('appendix B.6 of the dossier', () => {
  const par = (v: number, shape: readonly number[], amplitude = 0.5, offset = 0) =>
    Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      (_, n) => amplitude * Math.sin(1 + v + 0.7 * n) + offset,
    );

  it('has these H_u', async () => {
    await useEngine('cpu');
    const log: View[] = [
      [0, 0, 1300, 1000],
      [0, 1, 600, 1000],
      [1, 0, 200, 1000],
      [1, 1, 1000, 1000],
      [2, 1, 750, 1000],
    ];
    const golden = viewsOf(
      log,
      { users: 3, items: 2 },
      { clips: { data: par(0, [8, 2], 1, 0.3), width: 8, clips: 4 } },
    );
    const model = trainable({ name: 'frame', clips: 4, width: 2, hidden: 3 }, golden);
    const set = (name: string, values: Float32Array, shape: number[]) =>
      tf.tidy(() => model.parameters.setDense(name, tf.tensor(values, shape)));
    [
      'embed',
      'graph.positive.hop1',
      'graph.positive.hop2',
      'graph.negative.hop1',
      'graph.negative.hop2',
    ].forEach((name, i) => {
      set(`${name}.weight`, par(1 + i, [2, 2], 0.5, 0.6), [2, 2]);
    });
    const taps = new Map<string, number[]>();
    const tap = (name: string, value: tf.Tensor) => taps.set(name, [...value.dataSync()]);
    const one = batchOf(
      [0, 1, 2].map((user) => ({ user, history: [], candidates: [[0, 0]] as const })),
      [],
    );
    forward(model, one, { training: false, tap });
    const near = (name: string, expected: number[]) =>
      expected.forEach((value, i) => {
        expect(taps.get(name)![i]).toBeCloseTo(value, 5);
      });
    near('positiveInterest', [0.321885, 0.18265, 0.415345, 0.235469, 0, 0]);
    near('negativeInterest', [0.155902, 0.256406, 0.992325, 1.722457, 0, 0]);
    expect([...taps.keys()].sort()).toEqual(Object.keys(model.taps!).sort());
  });
});

describe('parameters', () => {
  beforeAll(() => useEngine('cpu'));
  // 128 numbers a clip, as the paper's sizes have it; the table has 7 x 4 clips.
  const large = viewsOf(
    views,
    { users, items },
    { clips: { data: new Float32Array(items * 512), width: 512, clips: 4 } },
  );
  const size = (given: Readonly<Record<string, unknown>>) =>
    trainable({ name: 'frame', clips: 4, ...given }, large).parameters.size;
  const table = items * 4 * 128;

  it('are as many as the dossier counts', () => {
    expect(size({})).toBe(214_018 + table);
    expect(size({ clipFeatures: 'frozen' })).toBe(214_018);
    expect(size({ clipFeatures: 'frozen', shareGraphWeights: true })).toBe(181_250);
    expect(size({ clipFeatures: 'frozen', alphaTrainable: true })).toBe(214_020);
    // A head: 2d x 256 + 256 + 256 + 1; a hop: two of d x d.
    expect(size({ clipFeatures: 'frozen', predictionHeads: 'positive' })).toBe(214_018 - 66_049);
    expect(size({ clipFeatures: 'frozen', hops: 1 })).toBe(214_018 - 2 * 128 * 128);
    expect(size({ clipFeatures: 'frozen', hops: 1, predictionHeads: 'positive' })).toBe(
      214_018 - 66_049 - 3 * 128 * 128,
    );
  });
  it('are absent of parts that are switched off', () => {
    expect(
      named(modelOf({ predictionHeads: 'positive' })).filter((name) => name.startsWith('head.negative')),
    ).toEqual([]);
    expect(named(modelOf({ hops: 1, predictionHeads: 'positive', clipFeatures: 'frozen' }))).toEqual([
      'embed.weight',
      'graph.positive.hop1.weight',
      'head.positive.hidden.weight',
      'head.positive.hidden.bias',
      'head.positive.out.weight',
      'head.positive.out.bias',
    ]);
  });
  it('start as clips and as Glorot normal numbers, biases at 0', () => {
    const model = trainable({ name: 'frame', clips: 2 }, data);
    const [clips] = model.parameters.tables;
    expect(clips!.name).toBe('clips');
    // The third row of the table is the first half of item 1.
    const cut = vectors.clips.data.subarray(12, 18);
    for (const c of [0, 1, 2]) expect(clips!.data[2 * 3 + c]).toBeCloseTo((cut[c]! + cut[3 + c]!) / 2, 6);
    const hidden = model.parameters.dense.find(({ name }) => name === 'head.positive.hidden.weight')!;
    const values = [...hidden.value().dataSync()];
    const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    expect(square / (2 / (256 + 256))).toBeGreaterThan(0.97);
    expect(square / (2 / (256 + 256))).toBeLessThan(1.03);
    const bias = model.parameters.dense.find(({ name }) => name === 'head.positive.hidden.bias')!;
    expect(bias.value().abs().max().dataSync()[0]).toBe(0);
  });
});

describe('refusals', () => {
  it.each([
    [{ hops: 1, alphaTrainable: true }, 'alphaTrainable'],
    [{ feature: 'id', clipFeatures: 'frozen' }, 'clipFeatures'],
    [{ alpha: [1, 0] }, 'alpha'],
    [{ alpha: [1] }, 'alpha'],
    [{ headWeights: [1, 0] }, 'headWeights'],
    [{ combineOn: 'probabilities', videoAggregation: 'sigmoidSumLogit' }, 'combineOn'],
    [{ combineOn: 'probabilities', predictionHeads: 'positive' }, 'combineOn'],
    [{ combineOn: 'probabilities', pairOn: 'logits' }, 'pairOn'],
    [{ hops: 3 }, 'hops'],
    [{ clips: 0 }, 'clips'],
    [{ pairWeight: 0 }, 'pairWeight'],
  ])('%j', (given, option) => {
    const { success, error } = frameSchema.safeParse({ ...tiny, ...given });
    expect(success).toBe(false);
    expect(error!.issues[0]!.path[0]).toBe(option);
  });
  it('of drawn negatives', () => {
    const model = modelOf();
    const drawn = { ...all, pairs: { ...all.pairs, row: all.pairs.row.fill(-1, 2, 3).slice() } };
    all.pairs.row[2] = 2;
    expect(() => lossOf(model, drawn)).toThrow(UserError);
    expect(() => lossOf(model, drawn)).toThrow('train.negatives.kind: logged');
  });
  it('of labels that are none of a finished video, unless they are wanted', () => {
    const clicks = { ...data, label: new Float32Array(views.length).fill(1) };
    expect(() => trainable(tiny, clicks)).toThrow(/data.label of made by hand is not whether/);
    expect(() => trainable({ ...tiny, videoLabel: 'any' }, clicks)).not.toThrow();
  });
});

// Slopes on the other engines: test/fidelity/frameReference.test.ts.
describe('FRAME', () => {
  beforeAll(() => useEngine('cpu'));

  it.each(Object.entries(settings))(
    'has the gradients of central differences: %s',
    async (setting, given) => {
      const model = modelOf(given);
      // Sizes at which no ReLU turns within a step of the differences.
      fillWithWaves(model.parameters, setting === 'one hop' ? 0.5 : 1);
      await expectGradients(model.parameters, () => lossOf(model as never, all, training));
    },
  );

  it('overfits', async () => {
    const model = trainable({ ...tiny, width: 8, hidden: 8, pairLoss: 'none' }, data);
    const rows = batchOfRows(views, [0, 1, 4, 5, 6, 7, 8, 9]);
    expect(await overfit(model, rows, 60, 0.05)).toBeLessThan(0.1);
  });
});

describeEngines('FRAME', (engine) => {
  beforeAll(() => useEngine(engine));

  describe.each(Object.entries(settings))('%s', (_, given) => {
    it('scores pairs together as one by one', () => {
      const model = modelOf(given);
      // Every user with every video, with context and item shared, then alone.
      const pairs = Array.from(
        { length: users * items },
        (_, p) => [p % users, Math.floor(p / users)] as const,
      );
      const together = logitsOf(
        model,
        batchOf(
          Array.from({ length: users }, (_, user) => ({
            user,
            history: [],
            candidates: Array.from({ length: items }, (_, item) => [item, 0] as const),
          })),
          [],
        ),
      );
      for (const [user, item] of pairs) {
        const [alone] = logitsOf(model, batchOf([{ user, history: [], candidates: [[item, 0]] }], []));
        expect(Math.abs(together[user * items + item]! - alone!)).toBeLessThan(1e-5);
      }
    });

    it('scores in an evaluation as in a step, to the probability of its logit', async () => {
      const model = modelOf(given);
      const rows = Int32Array.from(views.keys());
      const scores = await scoreRows(model as never, data, rows, { contextsPerBatch: 2 });
      logitsOf(model as never, all).forEach((logit, p) => {
        expect(Number.isFinite(logit)).toBe(true);
        expect(scores[p]).toBeCloseTo(1 / (1 + Math.exp(-logit)), 5);
      });
      // With other weights it is prepared anew.
      fillWithWaves(model.parameters, 0.7);
      const after = await scoreRows(model as never, data, rows, { contextsPerBatch: 100 });
      logitsOf(model as never, all).forEach((logit, p) => {
        expect(after[p]).toBeCloseTo(1 / (1 + Math.exp(-logit)), 5);
      });
    });

    it('takes the same step whether users are kept together or not', async () => {
      const model = modelOf({ ...given, pairLoss: 'withinInteraction' });
      const rows = [...views.keys()];
      const byUser = batchOf(
        Array.from({ length: users }, (_, user) => ({
          user,
          history: [],
          candidates: views.filter((view) => view[0] === user).map((view) => [view[1], 0] as const),
        })),
        [],
      );
      byUser.pairs.row.set(rows);
      const found = await gradientsOf(model as never, byUser);
      const expected = await gradientsOf(model as never, all);
      expect(found.loss).toBeCloseTo(expected.loss, 5);
      const apart = tf.tidy(() => found.flat.sub(expected.flat).abs().max().dataSync()[0]);
      expect(apart).toBeLessThan(1e-5);
    });
  });

  it('ranks a catalogue by the logits of each pair', async () => {
    const model = modelOf();
    const lists = catalogueLists(data, 'test');
    const before = tf.memory().numTensors;
    const top = await topOfCatalogue(model as never, data, lists, { contextsPerBatch: 2, length: items });
    expect(tf.memory().numTensors).toBe(before);
    const all = Array.from({ length: items }, (_, item) => [item, 0] as const);
    let compared = 0;
    lists.user.forEach((user, list) => {
      const logits = logitsOf(model as never, batchOf([{ user, history: [], candidates: all }], []));
      top.item.subarray(list * items, (list + 1) * items).forEach((item, at) => {
        if (item < 0) return;
        compared++;
        expect(Math.abs(top.score[list * items + at]! - logits[item]!)).toBeLessThan(1e-5);
      });
    });
    expect(compared).toBeGreaterThan(4);
  });

  it('is without clip dividing a model of finished videos', () => {
    const whole = modelOf({ clips: 1, feature: 'whole', pairLoss: 'withinInteraction' });
    const known = batchOfRows(
      views,
      [...views.keys()].filter((row) => views[row]![3] > 0),
    );
    const labels = [...known.pairs.row].map((row) => Number(views[row]![2] >= views[row]![3]));
    const expected = logitsOf(whole as never, known)
      .map((logit, p) => Math.log(1 + Math.exp(logit)) - labels[p]! * logit)
      .reduce((sum, value) => sum + value, 0);
    expect(lossOf(whole as never, known).dataSync()[0]).toBeCloseTo(expected / labels.length, 5);
  });

  it('leaves the engine as it was after a step, and learns rows of clips in reach alone', async () => {
    const model = modelOf();
    const optimizer = new Optimizer(model.parameters, {
      name: 'adam',
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      clipNorm: null,
    });
    const before = model.parameters.tables[0]!.data.slice();
    const rows = batchOfRows(views, [0, 1, 4]);
    await trainStep(model as never, optimizer, rows, 1e-3, [1]);
    const tensors = tf.memory().numTensors;
    await trainStep(model as never, optimizer, rows, 1e-3, [2]);
    expect(tf.memory().numTensors).toBe(tensors);
    const { data: table, width } = model.parameters.tables[0]!;
    const changed = Array.from({ length: items }, (_, item) =>
      table
        .subarray(item * 4 * width, (item + 1) * 4 * width)
        .some((value, i) => value !== before[item * 4 * width + i]),
    );
    // Videos 0 and 1 and what their viewers 0, 1 and 2 saw; nobody in the train part saw 6, and 4 only others.
    expect(changed[0] && changed[1]).toBe(true);
    expect(changed[4] || changed[6]).toBe(false);
    optimizer.dispose();
  });

  it('has no loss where nothing is known', async () => {
    const gradients = await gradientsOf(modelOf() as never, batchOfRows(views, [10]));
    expect(gradients.loss).toBe(0);
    expect(gradients.flat.abs().max().dataSync()[0]).toBe(0);
  });

  it('tells clips without edges apart only by what they show', () => {
    // Video 6 has no train row. With alpha [0, 1] nothing is left of it, and users alone decide.
    const fresh = { ...tiny, alpha: [0, 1] };
    const model = modelOf(fresh);
    const taps = new Map<string, tf.Tensor>();
    const tap = (name: string, value: tf.Tensor) => taps.set(name, tf.keep(value.clone()));
    model.encodeItems(Int32Array.of(6, 0), { training: false, tap });
    const values = taps.get('clips')!.dataSync();
    expect([...values.slice(0, 16)]).toEqual(Array(16).fill(0));
    expect(values.slice(16).some((value) => value !== 0)).toBe(true);
    const other = modelOf({});
    other.encodeItems(Int32Array.of(6), { training: false, tap });
    expect(
      taps
        .get('clips')!
        .dataSync()
        .some((value) => value !== 0),
    ).toBe(true);
  });

  it('knows nothing of a video without vectors that no train row has', () => {
    const model = modelOf({ feature: 'id', hops: 1 });
    const pair = (item: number) => batchOf([{ user: 0, history: [], candidates: [[item, 0]] }], []);
    const before = logitsOf(model as never, pair(6));
    const { data: table, width } = model.parameters.tables[0]!;
    table.fill(3, 6 * 4 * width, 7 * 4 * width);
    expect(logitsOf(model as never, pair(6))).toEqual(before);
  });

  it('ranks confident videos: the logit of a mean probability does not saturate', () => {
    const model = modelOf({ predictionHeads: 'positive' });
    const name = 'head.positive.out.bias';
    for (const bias of [60, -60]) {
      tf.tidy(() => model.parameters.setDense(name, tf.tensor1d([bias])));
      const logits = logitsOf(model as never, all);
      expect(logits.every((logit) => Math.abs(logit - bias) < 10)).toBe(true);
      expect(new Set(logits).size).toBeGreaterThan(5);
    }
  });
});

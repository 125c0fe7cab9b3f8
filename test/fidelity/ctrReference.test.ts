/**
 * The models over fields with weights of ordinary size, in every setting, against an independent float64 forward pass from scratch for
 * each pair and the slopes of its loss (ctr_reference.py), and against FuxiCTR's own classes (ctr_fuxictr.py).
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../src/base/index.js';
import { type Case, reference, referenceBatch, referenceData, referenceModel } from '../models/ctr/data.js';
import { blindSpots } from '../support/blindSpots.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { valuesOfWeights } from '../support/reference.js';
import { slopesOf } from '../support/slopes.js';
import { logitsOf, lossOf, trainable } from '../support/training.js';

const data = referenceData();
const { cases } = reference;
const nameOf = ({ options }: Case): string => {
  const plain = cases.find((one) => one.options.name === options.name)!.options;
  const changed = Object.entries(options).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(plain[key]),
  );
  return `${options.name} ${JSON.stringify(Object.fromEntries(changed))}`;
};
const named = cases.map((one) => [nameOf(one), one] as const);
const training = { training: true, key: ['reference'] } as const;

interface FuxictrCase extends Pick<Case, 'options' | 'weights' | 'logits'> {
  readonly fixed: Readonly<Record<string, 'zeros' | 'identity'>>;
  /** Places of the pairs that it is asked about. */
  readonly pairs: readonly number[];
  readonly trainingLogits: readonly number[];
}
const fuxictrFile = new URL('./ctrFuxictr.json', import.meta.url);
const fuxictr = (JSON.parse(readFileSync(fuxictrFile, 'utf8')).cases as FuxictrCase[]).map(
  (one, i) => [`${one.options.name}, case ${i}`, one] as const,
);
const zerosOf = ({ weights }: FuxictrCase, name: string) => new Float32Array(sizeOf(weights[name]!.shape));
const identityOf = ({ weights }: FuxictrCase, name: string): Float32Array => {
  const [side] = weights[name]!.shape as [number];
  return Float32Array.from({ length: side * side }, (_, n) => (n % (side + 1) === 0 ? 1 : 0));
};

const largest = (values: readonly number[]): number => Math.max(1, ...values.map(Math.abs));
const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

describeEngines('models over fields', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each(named)('give the logits, the loss and its slopes of the reference: %s', async (_, one) => {
    const model = referenceModel(one, data);
    const found = logitsOf(model, referenceBatch(model));
    expect(furthest(found, one.logits)).toBeLessThan(2e-5 * largest(one.logits));
    const loss = tf.tidy(() => lossOf(model, referenceBatch(model)).dataSync()[0]!);
    expect(Math.abs(loss - one.loss)).toBeLessThan(2e-5 * Math.max(1, one.loss));
    const { slopes } = await slopesOf(
      model.parameters,
      () => lossOf(model, referenceBatch(model)),
      one.weights,
    );
    for (const [name, { slope }] of Object.entries(one.weights)) {
      if (slope === undefined) continue;
      const difference = Math.abs((slopes.get(name) ?? 0) - slope);
      expect([name, difference < 1e-4 * Math.max(1, Math.abs(slope))]).toEqual([name, true]);
    }
    model.parameters.dispose();
  });

  it.each(fuxictr)('give what the classes of FuxiCTR give: %s', (_, one) => {
    const fixed = new Map(
      Object.entries(one.fixed).map(([name, value]) => [
        name,
        value === 'zeros' ? zerosOf(one, name) : identityOf(one, name),
      ]),
    );
    const model = referenceModel(one, data, fixed);
    const batch = referenceBatch(model, one.pairs);
    expect(furthest(logitsOf(model, batch), one.logits)).toBeLessThan(2e-5 * largest(one.logits));
    const inTraining = logitsOf(model, batch, training);
    expect(furthest(inTraining, one.trainingLogits)).toBeLessThan(1e-4 * largest(one.trainingLogits));
    model.parameters.dispose();
  });

  const normed = named.filter(([, { trainingLogits }]) => trainingLogits);
  it.each(normed)('normalise by the batch in training, and take up its statistics: %s', async (_, one) => {
    const model = referenceModel(one, data);
    const found = logitsOf(model, referenceBatch(model), training);
    expect(furthest(found, one.trainingLogits!)).toBeLessThan(1e-4 * largest(one.trainingLogits!));
    const before = valuesOfWeights(one.weights);
    await model.afterStep!();
    for (const [name, statistics] of Object.entries(one.batchStatistics!)) {
      const expected = statistics.map((value, i) => 0.9 * before.get(`${name}.running`)![i]! + 0.1 * value);
      const running = model.parameters.tables.find((table) => table.name === `${name}.running`)!;
      expect([name, furthest(running.data, expected) < 1e-4]).toEqual([name, true]);
    }
    model.parameters.dispose();
  });
});

describe('the reference', () => {
  beforeAll(() => useEngine('wasm'));

  type Change = Readonly<Record<string, unknown>>;
  const attention: readonly Change[] = [{ heads: 1 }, { headSize: 4 }];
  const ofModels: Readonly<Record<string, readonly Change[]>> = {
    fm: [],
    deepfm: [{ hidden: [3] }],
    nfm: [{ hidden: [3] }, { interactionNorm: true }],
    autoint: [
      ...attention,
      ...[{ layers: 3 }, { scale: true }, { residual: false }, { firstOrder: true }, { hidden: [4] }],
    ],
    difm: [...attention, { hidden: [3] }],
    afn: [{ hidden: [3] }, { neurons: 4 }, { logFloor: 0.1 }, { plusHidden: [3] }],
    widedeep: [{ hidden: [3] }, { crosses: [['gender', 'author']] }],
  };
  const ofFields: readonly Change[] = [
    { userFields: ['gender'] },
    { itemFields: ['id', 'author', 'tags'] },
    { historyLength: 2 },
    { buckets: { hour: 1000 } }, // 330, which no train row is near, is with 905
    { embeddingSize: 2 },
    { l2Embedding: 0.03 },
  ];
  /** Nothing can be crossed with a column that is left out, and a tower that is not there not be normalised. */
  const ofCase = ({ options }: Case): readonly Change[] => [
    { contextFields: [], buckets: {}, ...('crosses' in options && { crosses: [] }) },
    { minCount: options.minCount === 1 ? 2 : 1 },
    ...(options.batchNorm === true ? [{ batchNorm: false }] : []),
  ];

  /** Few cases of a model, which have all weights that any has. */
  function casesOf(name: string): Case[] {
    const seen = new Set<string>();
    return cases
      .filter(({ options }) => options.name === name)
      .sort((a, b) => Object.keys(b.weights).length - Object.keys(a.weights).length)
      .filter(({ weights }) => {
        const before = seen.size;
        for (const weight of Object.keys(weights)) seen.add(weight);
        return seen.size > before;
      });
  }

  it.each(Object.entries(ofModels))('notices a change of each weight and option of %s', (name, changes) => {
    const blind = blindSpots(
      casesOf(name).map((one) => ({
        build: (options) => trainable(options, data),
        options: one.options,
        weights: valuesOfWeights(one.weights),
        outputs: (model) => [
          ...logitsOf(model, referenceBatch(model)),
          tf.tidy(() => lossOf(model, referenceBatch(model)).dataSync()[0]!),
        ],
        expected: [...one.logits, one.loss],
        tolerance: 2e-5 * largest(one.logits),
        changes: [...ofFields, ...changes, ...ofCase(one)],
        elsewhere: ['dropout', 'interactionDropout', 'embeddingStd'], // ctr.test.ts
      })),
    );
    expect(blind).toEqual({ weights: [], changes: [], untried: [] });
  });
});

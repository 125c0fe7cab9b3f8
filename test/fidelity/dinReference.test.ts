/** DIN against FuxiCTR's layers (din_fuxictr.py): logits, loss, slopes, and an SGD update with Dice's running statistics. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../../src/data/index.js';
import { Optimizer } from '../../src/engine/index.js';
import { type Model, modelSchema } from '../../src/models/index.js';
import { trainStep } from '../../src/training/step.js';
import { batchOf, preparedOf } from '../support/batches.js';
import { blindSpots } from '../support/blindSpots.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectNear } from '../support/learnt.js';
import { type ReferenceWeights, setWeights, valuesOfWeights, wrongSlopes } from '../support/reference.js';
import { logitsOf, lossOf, trainable } from '../support/training.js';

interface Reference {
  readonly users: number;
  readonly items: number;
  readonly authors: number;
  readonly author: readonly number[];
  readonly length: number;
  readonly factors: number;
  readonly rate: number;
  readonly pairs: readonly (readonly [user: number, history: number[], candidate: number, label: number])[];
  readonly trained: number;
  readonly cases: readonly Case[];
}
interface Case {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly weights: ReferenceWeights;
  readonly statistics: Statistics;
  readonly logits: readonly number[];
  readonly loss: number;
  readonly statisticsAfter: Statistics;
  readonly lossAfter: number;
}
type Statistics = Readonly<Record<string, readonly number[]>>;

const reference: Reference = JSON.parse(readFileSync(new URL('./din.json', import.meta.url), 'utf8'));
const { users, items, authors, author, length, factors, rate, pairs, trained, cases } = reference;

const data = preparedOf({
  users,
  items,
  categories: { author: { values: Int32Array.from(author), cardinality: authors } },
});
const batchFor = (some: Reference['pairs']): Batch =>
  batchOf(
    some.map(([user, history, candidate, label]) => ({ user, history, candidates: [[candidate, label]] })),
    length,
    'shared',
  );
const [all, inTraining] = [batchFor(pairs), batchFor(pairs.slice(0, trained))];

const optionsOf = ({ options }: Case) => ({
  name: 'din',
  itemFields: ['id', 'author'],
  factors,
  historyLength: length,
  ...options,
});

function setStatistics({ parameters }: Model, statistics: Statistics): void {
  for (const [name, values] of Object.entries(statistics)) {
    parameters.tables.find((table) => table.name === name)!.data.set(values);
  }
}

function modelOf(example: Case): Model {
  const model = trainable(optionsOf(example), data);
  setWeights(model, example.weights, Object.keys(example.statistics));
  setStatistics(model, example.statistics);
  return model;
}

describeEngines("DIN of FuxiCTR's layers:", (engine) => {
  beforeAll(() => useEngine(engine));

  it.each(cases.map((one) => [one.name, one] as const))('%s', async (_, example) => {
    const model = modelOf(example);
    expectNear(logitsOf(model, all), example.logits);
    const mode = { training: true, key: [1] } as const;
    const loss = () => lossOf(model, inTraining, mode);
    expect(await wrongSlopes(model, example.weights, inTraining, loss)).toEqual([]);
    const optimizer = new Optimizer(model.parameters, {
      name: 'sgd',
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      clipNorm: null,
    });
    const before = await trainStep(model, optimizer, inTraining, rate, [1]);
    await model.afterStep!();
    expectNear([before], [example.loss]);
    for (const [name, values] of Object.entries(example.statisticsAfter)) {
      expectNear(model.parameters.tables.find((table) => table.name === name)!.data, values);
      expect(values).not.toEqual(example.statistics[name]);
    }
    expect(Math.abs(example.lossAfter - example.loss)).toBeGreaterThan(0.005);
    expectNear([tf.tidy(() => loss().dataSync()[0]!)], [example.lossAfter]);
    await model.afterStep!(); // gives up what that pass kept
    optimizer.dispose();
    model.parameters.dispose();
  });
});

describe('the reference', () => {
  beforeAll(() => useEngine('cpu'));

  it('notices a change of each weight and option', () => {
    const blind = blindSpots(
      cases.map((example) => ({
        build: (options) => trainable(options, data),
        options: modelSchema.parse(optionsOf(example)),
        weights: new Map<string, ArrayLike<number>>([
          ...valuesOfWeights(example.weights),
          ...Object.entries(example.statistics),
        ]),
        outputs: (model) => logitsOf(model, all),
        expected: example.logits,
        changes: [
          { softmax: example.options.softmax !== true },
          { unitActivation: example.options.unitActivation === 'relu' ? 'prelu' : 'relu' },
          { activation: example.options.activation === 'relu' ? 'prelu' : 'relu' },
          { unitHidden: [3] },
          { hidden: [3] },
          { itemFields: ['author', 'id'] },
          { historyLength: 5, userFields: ['id'], factors: 2 },
        ],
        elsewhere: ['dropout', 'l2Weight'],
      })),
    );
    expect(blind).toEqual({ weights: [], changes: [], untried: [] });
  });
});

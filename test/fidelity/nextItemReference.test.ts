/**
 * SASRec and GRU4Rec against RecBole's classes (nextItem_recbole.py: scores, loss, slopes, the loss after an SGD update), and against
 * an independent float64 pass (nextItem_reference.py) for what RecBole does not have.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Batch, PreparedData } from '../../src/data/index.js';
import { type Model, modelSchema } from '../../src/models/index.js';
import { batchOf, preparedOf } from '../support/batches.js';
import { blindSpots } from '../support/blindSpots.js';
import { describeEngines, useEngine } from '../support/engines.js';
import {
  type ReferenceWeights,
  setWeights,
  sgdStep,
  valuesOfWeights,
  wrongSlopes,
} from '../support/reference.js';
import { forward, lossOf, trainable } from '../support/training.js';

interface Reference<Case> {
  readonly items: number;
  readonly length: number;
  readonly histories: readonly (readonly number[])[];
  readonly next: readonly number[];
  readonly cases: readonly Case[];
}
interface RecboleCase {
  readonly name: 'sasrec' | 'gru4rec';
  readonly options: Readonly<Record<string, unknown>>;
  readonly loss: 'softmax' | 'bpr';
  readonly weights: ReferenceWeights;
  readonly scores: readonly (readonly number[])[];
  readonly value: number;
  readonly valueAfter: number;
}
interface Variant {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>> & { readonly loss: string };
  readonly weights: ReferenceWeights;
  readonly logits: readonly (readonly number[])[];
  readonly loss: number;
}

const read = (name: string) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
const recbole: Reference<RecboleCase> & { readonly rate: number; readonly other: readonly number[] } =
  read('./nextItem.json');
const variants: Reference<Variant> & {
  readonly negatives: readonly (readonly number[])[];
  readonly rows: readonly number[];
} = read('./nextItemVariants.json');

const { items, length } = variants;

/** Users with a history each, and what is judged after it, labelled. */
const batchFor = (
  { histories }: Pick<Reference<unknown>, 'histories'>,
  judged: (user: number) => readonly (readonly [item: number, label: number])[],
): Batch =>
  batchOf(
    histories.map((history, user) => ({ user, history, candidates: judged(user) })),
    length,
    'shared',
  );
const everyItem = Array.from({ length: items }, (_, item) => [item, 0] as const);
const logitsFor = (model: Model, reference: Pick<Reference<unknown>, 'histories'>): number[] =>
  tf.tidy(() => [
    ...forward(
      model,
      batchFor(reference, () => everyItem),
    ).logits.dataSync(),
  ]);
const furthest = (found: readonly number[], expected: readonly number[]): number =>
  Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));

describeEngines("RecBole's", (engine) => {
  beforeAll(() => useEngine(engine));

  const { histories, next, other, rate, cases } = recbole;
  const data = preparedOf({ users: histories.length, items });
  const peers = {
    sasrec: { norm: 'post', outputProjection: true, dropout: 0 },
    gru4rec: { reset: 'after', bias: false, projection: true, itemBias: false },
  };

  it.each(cases.map((one) => [one.name, one.loss, one] as const))('%s, %s', async (name, loss, example) => {
    const contrast = loss === 'softmax' ? 'catalogue' : 'step';
    const options = { historyLength: length, ...peers[name], ...example.options, name, loss, contrast };
    const model = trainable(options, data);
    setWeights(model, example.weights);
    expect(furthest(logitsFor(model, recbole), example.scores.flat())).toBeLessThan(1e-5);
    const batch = batchFor(recbole, (user) => [
      [next[user]!, 1],
      ...(loss === 'bpr' ? [[other[user]!, 0] as const] : []),
    ]);
    expect(await wrongSlopes(model, example.weights, batch)).toEqual([]);
    const { before, after } = await sgdStep(model, batch, rate);
    expect(Math.abs(before - example.value)).toBeLessThan(1e-5);
    expect(Math.abs(example.valueAfter - example.value)).toBeGreaterThan(0.005);
    expect(Math.abs(after - example.valueAfter)).toBeLessThan(1e-5);
    model.parameters.dispose();
  });
});

/** Each item with as many positive rows as the reference says. */
function variantData(): PreparedData {
  const users = variants.histories.length;
  const train = variants.rows.flatMap((rows, item) =>
    Array.from({ length: rows }, (_, i) => [(item + i) % users, item, 1] as const),
  );
  return preparedOf({ users, items, train });
}

const variantBatch = ({ options }: Variant): Batch =>
  batchFor(variants, (user) => {
    const positive = [variants.next[user]!, 1] as const;
    const negatives = variants.negatives[user]!.map((item) => [item, 0] as const);
    if (options.loss !== 'bpr') return [positive, ...negatives];
    return negatives.flatMap((negative) => [positive, negative]);
  });

const variantOptions = ({ options }: Variant) => ({ historyLength: length, dropout: 0, ...options });

describeEngines('the equations:', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each(variants.cases.map((one) => [one.name, one] as const))('%s', async (_, example) => {
    const model = trainable(variantOptions(example), variantData());
    setWeights(model, example.weights);
    expect(furthest(logitsFor(model, variants), example.logits.flat())).toBeLessThan(1e-5);
    const batch = variantBatch(example);
    const loss = tf.tidy(() => lossOf(model, batch).dataSync()[0]!);
    expect(Math.abs(loss - example.loss)).toBeLessThan(1e-5 * Math.max(1, example.loss));
    expect(await wrongSlopes(model, example.weights, batch)).toEqual([]);
    model.parameters.dispose();
  });
});

describe('the references', () => {
  beforeAll(() => useEngine('cpu'));

  it('notice a change of each weight and option', () => {
    const changes = {
      sasrec: [
        { heads: 1 },
        { layers: 1 },
        { norm: 'post' },
        { activation: 'gelu' },
        { outputProjection: true },
        { innerSize: 3 },
        { loss: 'softmax' },
        { loss: 'bpr' },
        { l2Weight: 0.02 },
      ],
      gru4rec: [
        { layers: 2 },
        { reset: 'after' },
        { bias: false },
        { output: 'separate' },
        { projection: true },
        { itemBias: false },
        { loss: 'top1Max' },
        { contrast: 'catalogue' },
        { bprReg: 0.1 },
        { l2Weight: 0.02 },
      ],
    };
    const data = variantData();
    const blind = blindSpots(
      variants.cases.map((example) => ({
        build: (options) => trainable(options, data),
        options: modelSchema.parse(variantOptions(example)),
        weights: valuesOfWeights(example.weights),
        outputs: (model) => [
          ...logitsFor(model, variants),
          tf.tidy(() => lossOf(model, variantBatch(example)).dataSync()[0]!),
        ],
        expected: [...example.logits.flat(), example.loss],
        tolerance: 2e-5,
        changes: changes[example.options.name as keyof typeof changes].filter((change) =>
          allowed(example, change),
        ),
        elsewhere: [
          'item',
          'historyLength',
          'factors',
          'units',
          'dropout',
          'inputDropout',
          'innerSize',
          'contrast',
          'logQ',
          'bprReg',
        ],
      })),
    );
    // What all keys of an attention share cancels in its softmax.
    expect(blind.weights.filter((name) => !/key\.bias$/.test(name))).toEqual([]);
    expect(blind).toMatchObject({ changes: [], untried: [] });
  });
});

/** Whether the schema takes an example with a change. */
function allowed({ options }: Variant, change: Readonly<Record<string, unknown>>): boolean {
  return modelSchema.safeParse({ historyLength: length, ...options, ...change }).success;
}

/** However the same pairs are put together in a step, a model scores them and learns from them alike. */
import { expect } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { BatchAssembler } from '../../src/data/batch.js';
import type { Batch, PreparedData } from '../../src/data/index.js';
import { inference } from '../../src/engine/index.js';
import { contextScorers } from '../../src/evaluation/scorers.js';
import type { Model } from '../../src/models/index.js';
import { expectAlike, learntFrom, oneStep } from './learnt.js';
import { logitsOf } from './training.js';

/** A model's histories, each as a sequence of its own. */
const separate = ({ histories }: Model) =>
  histories.map((spec) => ({ ...spec, prefixes: 'separate' as const }));

/**
 * All train pairs in one step: kept together by user, with prefixes shared as the model allows, and shuffled with a sequence for each.
 *
 * @returns the step that keeps them together
 */
export async function expectSameByUser(model: Model, data: PreparedData): Promise<Batch> {
  const shuffled = oneStep(data, model, { batching: 'shuffled', histories: separate(model) });
  const expected = await learntFrom(model, shuffled);
  const together = oneStep(data, model, { batching: 'byUser' });
  expectAlike(await learntFrom(model, together), expected);
  return together;
}

/** Each so many-th train pair by itself, from scratch, scores as among all others. */
export function expectSameAlone(model: Model, data: PreparedData, every: number): void {
  const batch = oneStep(data, model, { batching: 'byUser' });
  const assembler = new BatchAssembler(data, { histories: separate(model) });
  logitsOf(model, batch).forEach((logit, p) => {
    if (p % every > 0) return;
    const row = Int32Array.of(batch.pairs.row[p]!);
    const item = Int32Array.of(data.store.interactions.item[row[0]!]!);
    const pair = { anchor: row, item, label: Float32Array.of(0), row };
    const alone = assembler.assemble(pair, { per: 'pair', stream: () => undefined as never });
    expect(Math.abs(logitsOf(model, alone)[0]! - logit)).toBeLessThan(1e-5);
  });
}

/** Candidates that the contexts were not encoded with score as when they were. Needs six contexts, and items 3, 8 and 14. */
export async function expectOthersRanked(model: Model, data: PreparedData): Promise<void> {
  const batch = oneStep(data, model, { batching: 'byUser' });
  const scorer = await contextScorers(model, data)(batch);
  const candidates = Int32Array.of(14, 3, 8);
  const pairs = { count: 3, context: Int32Array.of(5, 0, 5), item: Int32Array.of(0, 2, 1) };
  const none = { label: new Float32Array(3), row: new Int32Array(3).fill(-1) };
  const found = await scorer.score(candidates, { ...pairs, ...none });
  const item = pairs.item.map((at) => batch.items.indexOf(candidates[at]!));
  const expected = tf.tidy(() => {
    const encoded = model.encodeItems(batch.items, inference);
    const contexts = model.encodeContexts(batch, encoded, inference);
    return model.logits(contexts, encoded, { ...pairs, ...none, item }, inference).dataSync();
  });
  found.forEach((logit, p) => {
    expect(Math.abs(logit - expected[p]!)).toBeLessThan(1e-5);
  });
  scorer.dispose();
}

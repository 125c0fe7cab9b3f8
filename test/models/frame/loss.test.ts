import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { batchPairLoss, labelledClips, pointLoss, skippedViews } from '../../../src/models/frame/loss.js';
import { combined, videoLogits } from '../../../src/models/frame/scores.js';
import { describeEngines, useEngine } from '../../support/engines.js';
import { wave } from '../../support/gradients.js';

/** Rows 0 to 4: nothing of four clips seen, two of them, all, unknown, three. */
const watched = { clips: Int32Array.of(0, 2, 4, -1, 3), quarters: Int32Array.of(0, 2, 4, -1, 3) };
const pairs = {
  count: 5,
  context: Int32Array.of(0, 1, 1, 0, 2),
  item: Int32Array.of(0, 3, 1, 2, 0),
  label: new Float32Array(5),
  row: Int32Array.of(0, 1, 2, 3, 4),
};

describe('labels of clips', () => {
  it('go up to the clip at which the user left', () => {
    expect(labelledClips(pairs, watched, 4)).toEqual({
      context: Int32Array.of(0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2),
      clip: Int32Array.of(0, 12, 13, 14, 4, 5, 6, 7, 0, 1, 2, 3),
      label: Float32Array.of(0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0),
      weight: Float32Array.of(0, 0.5, 0.5, 0.5, 1, 1, 1, 1, 0.75, 0.75, 0.75, 0.75),
    });
  });
  it('weigh alike where nobody asks for quarters', () => {
    const { weight } = labelledClips(pairs, { ...watched, quarters: null }, 4);
    expect(weight).toEqual(new Float32Array(12).fill(1));
  });
  it('set seen clips against the skipped one, where there is both', () => {
    expect(skippedViews(pairs, watched, 4)).toEqual({
      context: Int32Array.of(1, 2),
      seen: { offsets: Int32Array.of(0, 2, 5), rows: Int32Array.of(12, 13, 0, 1, 2) },
      skipped: Int32Array.of(14, 3),
    });
  });
});

describeEngines("FRAME's losses", (engine) => {
  beforeAll(() => useEngine(engine));
  const numberOf = (loss: tf.Tensor) => loss.dataSync()[0]!;
  const labelled = (label: readonly number[]) => ({
    context: new Int32Array(),
    clip: new Int32Array(),
    label: Float32Array.from(label),
    weight: Float32Array.from(label, (y) => y * 0.5),
  });

  it('compare the first 200 of each, and divide by one less of both', () => {
    const label = Array.from({ length: 460 }, (_, i) => Number(i % 2 === 0 || i > 420));
    const scores = wave([460], 1);
    const first = (wanted: number) => [...scores].filter((_, i) => label[i] === wanted).slice(0, 200);
    let sum = 0;
    for (const i of first(1)) for (const j of first(0)) sum += Math.log(1 + Math.exp(j - i));
    const found = numberOf(batchPairLoss(tf.tensor1d(scores), labelled(label)));
    expect(first(0).length).toBe(200);
    expect(found).toBeCloseTo(sum / 199 / 199, 4);
  });
  it('divide by 1 where one less is none, and are 0 of nothing', () => {
    const [a, b, c] = [0.3, -0.2, 0.9];
    const found = numberOf(batchPairLoss(tf.tensor1d([a, b, c]), labelled([1, 0, 1])));
    expect(found).toBeCloseTo(Math.log(1 + Math.exp(b - a)) + Math.log(1 + Math.exp(b - c)), 5);
    expect(numberOf(batchPairLoss(tf.tensor1d([a, b]), labelled([1, 1])))).toBe(0);
    expect(numberOf(pointLoss({ kind: 'logit', value: tf.tensor1d([]) }, labelled([]), 'bce'))).toBe(0);
  });
  it('stay finite where heads are sure', () => {
    const sure = tf.tensor1d([200, -200, 200, -200]);
    const label = labelled([1, 1, 0, 0]);
    const options = { headWeights: [1, 1], combineOn: 'probabilities' } as const;
    const scores = combined(sure, tf.neg(sure), { ...options, headWeights: [1, 1] });
    for (const point of ['bce', 'weighted'] as const) {
      expect(Number.isFinite(numberOf(pointLoss(scores, label, point)))).toBe(true);
      expect(Number.isFinite(numberOf(pointLoss({ kind: 'logit', value: sure }, label, point)))).toBe(true);
    }
  });
  it('make of clips the logit of a mean probability, also where that is 0 or 1 to seven digits', () => {
    const of = (z: number[]) =>
      numberOf(videoLogits({ kind: 'logit', value: tf.tensor2d(z, [1, z.length]) }, 'meanProb'));
    expect(of([0, 0])).toBeCloseTo(0, 6);
    // (1 / (1 + e^-1) + 1 / (1 + e^2)) / 2 = 0.4251308
    expect(of([1, -2])).toBeCloseTo(Math.log(0.4251308 / (1 - 0.4251308)), 5);
    // Both nearly 1: one minus the mean is (e^-40 + e^-42) / 2.
    expect(of([40, 42])).toBeCloseTo(-Math.log((Math.exp(-40) + Math.exp(-42)) / 2), 4);
    expect(of([-40, -42])).toBeCloseTo(Math.log((Math.exp(-40) + Math.exp(-42)) / 2), 4);
    expect(of([100, -100])).toBeCloseTo(0, 5);
  });
});

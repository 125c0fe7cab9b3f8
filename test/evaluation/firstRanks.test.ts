import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { prepare } from '../../src/data/index.js';
import { ParameterSet } from '../../src/engine/index.js';
import { type FirstRanks, firstRanks, type OpenList } from '../../src/evaluation/firstRanks.js';
import type { Model } from '../../src/models/index.js';
import { storeOf } from '../data/fixture.js';
import { useEngine } from '../support/engines.js';

const ITEMS = 40_000;
const data = prepare(
  storeOf(
    Array.from({ length: 3 }, (_, user) => [user, user, user, 1] as const),
    ITEMS,
  ),
  { label: 'is_click', split: { kind: 'time', scope: 'global', train: 0.7, validation: 0.5 } },
);

/** An item's score is its number, whoever asks. `pairs` counts what was scored. */
function byNumber(): Model & { pairs: number } {
  const model: Model & { pairs: number } = {
    pairs: 0,
    parameters: new ParameterSet(1),
    histories: [],
    pairing: 'pointwise',
    encodeItems: (items) => ({ number: tf.tensor2d(Float32Array.from(items), [items.length, 1]) }),
    encodeContexts: () => ({}),
    logits: (_, { number }, { item, count }) => {
      model.pairs += count;
      return number!.reshape([-1]).gather(tf.tensor1d(item, 'int32')) as tf.Tensor1D;
    },
  };
  return model;
}

/** Candidates after the targets, in that order. */
function open(anchor: number, targets: readonly number[], others: readonly number[]): OpenList {
  let at = 0;
  const next = (most: number) => {
    at += most;
    return Int32Array.from(others.slice(at - most, at));
  };
  return { anchor, targets: Int32Array.from(targets), next };
}

const ranksOf = (found: Awaited<ReturnType<FirstRanks>>) =>
  found.map(({ above, tied }) => [...above].map((higher, t) => [higher, tied[t]]));

describe('ranks that matter', () => {
  beforeAll(() => useEngine('cpu'));
  const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

  it('are exact, and what would not change them is not scored', async () => {
    const model = byNumber();
    const { rank } = firstRanks(model, data, 3)!;
    const lists = [
      open(0, [39_998], [39_999, ...numbers(0, 39_997)]), // second: all have to be looked at
      open(1, [5], numbers(6, 39_000)), // the first round decides
      open(2, [7, 30_000], [30_001, 30_000, ...numbers(10, 20_000)]), // both decide: one of the two is second, tied
    ];
    const found = ranksOf(await rank(lists));
    expect(found[0]).toEqual([[1, 1]]);
    expect(found[1]![0]![0]).toBeGreaterThanOrEqual(3);
    expect(found[2]![0]![0]).toBeGreaterThanOrEqual(3);
    expect(found[2]![1]).toEqual([1, 2]);
    const lengths = [39_999, 38_995, 19_994];
    expect(model.pairs).toBeLessThan(lengths[0]! + lengths[2]! + 16_384);
    expect(model.pairs).toBeGreaterThan(lengths[0]! + lengths[2]!);
  });

  it('are for models whose candidates share a context, and for a depth', () => {
    const model = byNumber();
    expect(firstRanks(model, data, undefined)).toBeNull();
    expect(firstRanks({ score: () => new Float32Array() }, data, 3)).toBeNull();
    const history = { length: 4, sample: 'recent', prefixes: 'separate' } as const;
    expect(firstRanks({ ...model, histories: [{ ...history, target: 'exclude' }] }, data, 3)).toBeNull();
    expect(firstRanks({ ...model, histories: [{ ...history, target: 'causal' }] }, data, 3)).not.toBeNull();
  });
});

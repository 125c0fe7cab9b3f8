import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type RoutingSpec, routeItems } from '../../../src/models/mtin/routing.js';
import { routeByTensors } from '../../../src/models/mtin/routingTensors.js';
import { describeEngines, useEngine } from '../../support/engines.js';

const usual: RoutingSpec = {
  routingUpdate: 'sequential',
  routingIterations: 3,
  logBase: 2,
  epsilon: 0,
};

/** Assignments after every iteration, and the last one. */
function iterations(scores: readonly (readonly number[])[], spec: Partial<RoutingSpec> = {}): number[][] {
  const found: number[][] = [];
  const last = routeItems(scores.flat(), scores[0]!.length, { ...usual, ...spec }, (assignment) =>
    found.push([...assignment]),
  );
  expect(found.at(-1)).toEqual([...last]);
  return found;
}

/** From two references written apart from each other (appendix B.1 of the dossier). */
const known = [
  [0.9, 0.2, 0.1],
  [0.8, 0.7, 0.1],
  [0.2, 0.75, 0.3],
  [0.3, 0.1, 0.2],
  [0.05, 0.06, 0.04],
  [0.6, 0.65, 0.1],
  [-0.2, -0.1, -0.3],
  [0.1, 0.2, 0.9],
];

describe('Algorithm 1', () => {
  it('assigns as known', () => {
    expect(iterations(known).at(-1)).toEqual([0, 0, 1, 0, 1, 1, -1, 2]);
    expect(iterations(known, { epsilon: 0.15 }).at(-1)).toEqual([0, 0, 1, 0, -1, 1, -1, 2]);
    expect(iterations(known, { logBase: 1.2 })).toEqual([
      [0, 1, 1, 2, 2, 1, -1, 2],
      [0, 1, 1, 2, 1, 1, -1, 2],
      [0, 1, 1, 0, 1, 1, -1, 2],
    ]);
    expect(iterations(known, { logBase: 1.2, epsilon: 0.15 }).at(-1)).toEqual([0, 1, 1, 2, -1, 1, -1, 2]);
  });

  it('judges by the averages of the moment, or by those of the last iteration', () => {
    // Beside 0.9 an item of 0.5 is discounted by log(1.2 + 0.4) / log 1.2 = 2.58 to 0.19, less than 0.45 in a group of its own.
    const scores = [
      [0.9, 0.1],
      [0.5, 0.45],
    ];
    const spec = { logBase: 1.2, routingIterations: 2 };
    expect(iterations(scores, spec)).toEqual([
      [0, 1],
      [0, 1],
    ]);
    // Where all see the beginning of the iteration, both go to group 0 first; its average is then 0.7.
    expect(iterations(scores, { ...spec, routingUpdate: 'parallel' })).toEqual([
      [0, 0],
      [0, 1],
    ]);
  });

  it('prefers the lower group of equals, and asks for more than epsilon', () => {
    expect(iterations([[0.3, 0.3]]).at(-1)).toEqual([0]);
    expect(iterations([[0.25, 0.15]], { epsilon: 0.25 }).at(-1)).toEqual([-1]);
    expect(iterations([[0, 0]]).at(-1)).toEqual([-1]);
    expect(routeItems([], 3, usual)).toHaveLength(0);
  });
});

describeEngines('Algorithm 1 by tensors', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each([
    {},
    { routingUpdate: 'parallel' },
    { logBase: 1.2, epsilon: 0.15 },
    { epsilon: 0.1 },
    { routingIterations: 1, logBase: 1.5 },
    { routingUpdate: 'parallel', logBase: 1.1, routingIterations: 4 },
  ] as const)('assigns many histories as one after another: %j', (spec) => {
    const lists = [
      known,
      known.slice(2),
      [],
      [[0.3, 0.3, 0.1]],
      // Odd steps, so that no discounted score is near another.
      Array.from({ length: 7 }, (_, j) => [0, 1, 2].map((g) => Math.sin(3 * j + 1.7 * g * g + g) / 1.3)),
    ];
    const length = 8;
    const padded = lists.flatMap((list) =>
      Array.from({ length }, (_, j) => list[j]?.map(Math.fround) ?? [0, 0, 0]),
    );
    const valid = lists.flatMap((list) => Array.from({ length }, (_, j) => (j < list.length ? 1 : 0)));
    const found = tf.tidy(() =>
      routeByTensors(
        tf.tensor3d(padded.flat(), [lists.length, length, 3]),
        tf.tensor2d(valid, [lists.length, length]),
        { ...usual, ...spec },
      ).arraySync(),
    );
    lists.forEach((list, v) => {
      const expected = routeItems(list.flat().map(Math.fround), 3, { ...usual, ...spec });
      expect(found[v]!.map((groups) => groups.indexOf(1))).toEqual(
        Array.from({ length }, (_, j) => expected[j] ?? -1),
      );
    });
  });
});

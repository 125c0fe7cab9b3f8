import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { ParameterSet } from '../../../src/engine/index.js';
import { type Grouped, type GroupSpec, groupByLists } from '../../../src/models/mtin/groups.js';
import { groupByTensors } from '../../../src/models/mtin/groupsByTensors.js';
import { temporalMasks } from '../../../src/models/mtin/temporal.js';
import { type Views, viewsOf } from '../../../src/models/mtin/views.js';
import { batchOf, type ContextSpec } from '../../support/batches.js';
import { describeEngines, useEngine } from '../../support/engines.js';
import { fillWithWaves, wave, weigh } from '../../support/gradients.js';

const groups = 3;
const usual: GroupSpec = {
  routing: 'straightThrough',
  routingUpdate: 'sequential',
  routingIterations: 3,
  logBase: 1.3,
  epsilon: 0.1,
  includeDiagonal: false,
  masks: 2,
  size: 4,
};

const contexts: ContextSpec[] = [
  { user: 0, history: [1, 2, 3, 4, 5, 6, 2, 7], candidates: [[9, 1]] },
  { user: 0, history: [1, 2, 3, 4, 5], candidates: [[9, 1]] },
  { user: 1, history: [], candidates: [[9, 1]] },
  { user: 2, history: [6], candidates: [[9, 1]] },
  { user: 1, history: [3, 6, 8, 8, 1], candidates: [[9, 0]] },
];

function views(timed: boolean): Views {
  const batch = batchOf(contexts, 8);
  const [history] = batch.histories;
  const time = Float64Array.from(history!.sequences.item, (_, at) => 1e12 + 1000 * (at % 8) ** 1.5);
  const sequences = { ...history!.sequences, ...(timed && { time }) };
  return viewsOf({ ...batch, histories: [{ ...history!, sequences }] }, 0, 2000);
}

type Grouping = typeof groupByLists;

/** What a grouping makes of vectors, scores and masks of ordinary size, and the gradients of a sum of it. */
async function run(grouping: Grouping, example: Example) {
  const { options, timed, shared, routed } = example;
  const of = views(timed);
  const spec = { ...usual, ...options };
  const parameters = new ParameterSet(1);
  const waves =
    (phase: number) =>
    (shape: readonly number[]): Float32Array =>
      wave(shape, phase);
  const x = parameters.addDense('x', [of.items.length, spec.size], waves(1));
  const scores = parameters.addDense('scores', [of.couples.user.length, groups], waves(2));
  const masks = temporalMasks(parameters, 'masks', groups, {
    ...spec,
    temporalWeights: shared ? 'shared' : 'perGroup',
    omega: 'trainable',
  });
  fillWithWaves(parameters);
  const grouped = (): Grouped =>
    grouping(
      {
        views: of,
        x: x.value(),
        scores: routed ? scores.value() : null,
        groups: routed ? groups : 1,
        masks,
      },
      spec,
    );
  const values = tf.tidy(() => {
    const { sums, sizes, assignment } = grouped();
    return [sums, sizes, assignment].map((tensor) => [...tensor.dataSync()]);
  });
  const { dense } = await parameters.gradients(() => weigh(grouped().sums));
  return { values, gradients: dense.map((gradient) => [...gradient.dataSync()]) };
}

interface Example {
  readonly options: Partial<GroupSpec>;
  readonly timed: boolean;
  readonly shared: boolean;
  readonly routed: boolean;
}
const example = (name: string, options: Partial<GroupSpec> = {}, others: Partial<Example> = {}) =>
  [name, { options, timed: false, shared: false, routed: true, ...others }] as const;

describeEngines('groups by lists and by tensors', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each([
    example('as usual'),
    example('hard', { routing: 'hard' }),
    example('in parallel', { routingUpdate: 'parallel', epsilon: 0 }),
    example('shared weights', {}, { shared: true }),
    example('with the diagonal', { includeDiagonal: true }),
    example('by time', {}, { timed: true }),
    example('by time with the diagonal', { includeDiagonal: true, routing: 'hard' }, { timed: true }),
    example('not routed', {}, { routed: false }),
  ])('are the same, and so are their gradients: %s', async (_, of) => {
    const lists = await run(groupByLists, of);
    const tensors = await run(groupByTensors, of);
    expectNear(tensors.values, lists.values);
    expectNear(tensors.gradients, lists.gradients);
    if (of.options.routing === 'hard') expect(new Set(lists.gradients[1])).toEqual(new Set([0]));
    else if (of.routed) expect(lists.gradients[1]!.some((slope) => Math.abs(slope) > 1e-3)).toBe(true);
  });
});

function expectNear(found: readonly number[][], expected: readonly number[][]): void {
  expect(found.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  expected.forEach((values, k) => {
    values.forEach((value, i) => {
      expect(Math.abs(found[k]![i]! - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
    });
  });
}

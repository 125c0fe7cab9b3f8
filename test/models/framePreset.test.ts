/** FRAME's tables gave the methods beside it what they are given here on its simulated log. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { loadExperiment, type ModelName } from '../../src/config/index.js';
import { HeldVectors, type PreparedData, planEpoch, prepare, simulate } from '../../src/data/index.js';
import { Optimizer } from '../../src/engine/index.js';
import { vectorRows } from '../../src/models/features.js';
import { trainStep } from '../../src/training/step.js';
import { useEngine } from '../support/engines.js';
import { projectRoot } from '../support/index.js';
import { logitsOf, trainable } from '../support/training.js';

const file = join(projectRoot, 'experiments/examples/deepfm-frame.yaml');
/** As the example has it, but for AFN's many neurons and the long histories. */
const smaller: Partial<Record<ModelName, string[]>> = {
  afn: ['model.neurons=16'],
  alpine: ['model.historyLength=4', 'train.batchSize=32'],
  mtin: ['model.historyLength=8', 'model.size=16', 'model.groups=2', 'model.masks=2'],
};
const experimentOf = async (name: ModelName) => {
  const set = [`model.name=${name}`, ...(smaller[name] ?? [])];
  return (await loadExperiment({ files: [file], set })).experiment;
};

describe("the preset of FRAME's tables", () => {
  let data: PreparedData;
  beforeAll(async () => {
    await useEngine('wasm');
    const { data: asked } = await experimentOf('deepfm');
    data = prepare(await simulate({ world: 'frame', scale: 0.003, seed: 1 }), asked);
  });

  it.each([
    ['deepfm', 'fields.item.clips.weight', 16],
    ['nfm', 'fields.item.clips.weight', 16],
    ['autoint', 'fields.item.clips.weight', 16],
    ['difm', 'fields.item.clips.weight', 16],
    ['afn', 'fields.item.clips.weight', 16],
    ['alpine', 'item.clips.weight', 64],
    ['mtin', 'visual.clips.weight', 16],
  ] as const)('trains %s', async (name, map, width) => {
    const { model: options, train } = await experimentOf(name);
    const model = trainable(options, data);
    const { clips } = data.store.items.vectors;
    const shapes = new Map(model.parameters.dense.map(({ name, shape }) => [name, shape]));
    expect([clips!.clips, clips!.width]).toEqual([4, 4 * 128]);
    expect(shapes.get(map)).toEqual([128, width]);
    const plan = planEpoch(data, { ...train, ...model, pairing: 'pointwise', seed: 1, epoch: 0 });
    const optimizer = new Optimizer(model.parameters, { ...train.optimizer, clipNorm: null });
    const losses: number[] = [];
    for (let step = 0; step < 4; step++) {
      losses.push(await trainStep(model, optimizer, plan.batch(0), 1e-4, [step])); // AFN's first steps overshoot at 0.001
      await model.afterStep?.();
    }
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    expect(new Set(logitsOf(model, plan.batch(1))).size).toBeGreaterThan(1);
    optimizer.dispose();
    model.parameters.dispose();
  });
});

it('a vector of clips counts as the mean of their vectors, wherever it lies', () => {
  // Two items of three clips, two wide.
  const matrix = Float32Array.of(1, 2, 3, 4, 5, 9, 0, 0, 0, 6, 3, 0);
  const held = new HeldVectors(matrix, 6, { clips: 3 });
  const streamed = { width: 6, clips: 3, rows: (ids: Int32Array) => held.rows(ids) };
  for (const feature of [held, streamed]) {
    const { width, rows } = vectorRows('clips', feature);
    expect(width).toBe(2);
    expect([...rows(Int32Array.of(1, 0, 1))]).toEqual([1, 2, 3, 5, 1, 2]);
  }
  expect(vectorRows('clips', held).matrix).toEqual(Float32Array.of(3, 5, 1, 2));
  expect(vectorRows('clips', new HeldVectors(matrix, 6)).width).toBe(6);
});

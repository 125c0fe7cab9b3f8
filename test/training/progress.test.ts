import { describe, expect, it } from '@jest/globals';
import { experimentSchema } from '../../src/config/schema.js';
import { afterEpoch, afterStep, type Progress, startProgress } from '../../src/training/progress.js';

function config(train: Record<string, unknown>) {
  return experimentSchema.parse({
    data: { source: { world: 'quickstart' } },
    model: { name: 'random' },
    train,
  }).train;
}

/** Runs epochs of one step each with the given losses and monitors until training stops. */
function follow(train: Record<string, unknown>, losses: number[], monitors: (number | null)[]): Progress[] {
  const settings = config(train);
  const states: Progress[] = [];
  let progress = startProgress(settings);
  for (let i = 0; i < losses.length && !progress.stopped; i++) {
    progress = afterEpoch(afterStep(progress, losses[i]!, 10), monitors[i] ?? null, 'higher', settings);
    states.push(progress);
  }
  return states;
}

describe('a step', () => {
  it('weights losses by their pairs', () => {
    const start = startProgress(config({}));
    const two = afterStep(afterStep(start, 1, 30), 2, 10);
    expect(two).toMatchObject({ step: 2, updates: 2, lossSum: 50, pairs: 40 });
  });
});

describe('the best epoch', () => {
  it('is the first of the highest monitors', () => {
    const states = follow({ epochs: 4, patience: null }, [1, 1, 1, 1], [0.6, 0.7, 0.7, 0.65]);
    expect(states.map(({ best }) => best?.epoch)).toEqual([0, 1, 1, 1]);
  });

  it('is the lowest where lower is better', () => {
    const settings = config({ epochs: 3, patience: null, monitor: 'logloss' });
    let progress = startProgress(settings);
    for (const monitor of [0.6, 0.5, 0.55]) {
      progress = afterEpoch(afterStep(progress, 1, 1), monitor, 'lower', settings);
    }
    expect(progress.best).toEqual({ epoch: 1, monitor: 0.5 });
  });

  it('never prefers an undefined monitor to a defined one', () => {
    const states = follow({ epochs: 3, patience: null }, [1, 1, 1], [null, 0.5, null]);
    expect(states.map(({ best }) => best?.epoch)).toEqual([0, 1, 1]);
  });

  it('is the last one when selection says so', () => {
    const states = follow({ epochs: 3, patience: null, selectOn: 'last' }, [1, 1, 1], [0.9, 0.5, 0.7]);
    expect(states.map(({ best }) => best?.epoch)).toEqual([0, 1, 2]);
  });
});

describe('stopping', () => {
  it('waits `patience` epochs after the best', () => {
    const states = follow({ epochs: 10, patience: 2 }, Array(10).fill(1), [0.5, 0.6, 0.55, 0.59, 0.7]);
    expect(states).toHaveLength(4);
    expect(states.at(-1)?.stopped).toBe('no better monitor');
  });

  it('ends with the epochs', () => {
    const states = follow({ epochs: 2 }, [1, 0.9, 0.8], [0.5, 0.6, 0.7]);
    expect(states.map(({ stopped }) => stopped)).toEqual([null, 'all epochs done']);
  });
});

describe("THACIL's plateau schedule", () => {
  it('halves the rate on a gain below 0.005, forgives on a real one, and stops after more than maxStalls', () => {
    // By the rule in the dossier, 1a: gains .1, .004, -.1, .2, .001, .001 with maxStalls 2.
    const losses = [1, 0.9, 0.896, 0.996, 0.796, 0.795, 0.794, 0.793];
    const states = follow(
      { epochs: 20, patience: null, schedule: { kind: 'plateau', maxStalls: 2 } },
      losses,
      losses.map(() => 0.5),
    );
    expect(states.map(({ stalls }) => stalls)).toEqual([0, 0, 1, 2, 1, 2, 3]);
    expect(states.map(({ learningRate }) => learningRate * 1000)).toEqual([
      1, 1, 0.5, 0.25, 0.25, 0.125, 0.0625,
    ]);
    expect(states.at(-1)?.stopped).toBe('training loss stalled');
  });
});

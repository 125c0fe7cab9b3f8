import { describe, expect, it } from '@jest/globals';
import { experimentSchema } from '../../src/config/index.js';
import type { CellResult, Job } from '../../src/sweeps/cell.js';
import { waitingCell } from '../../src/sweeps/cellRunner.js';
import { laneEnvironment, visibleGpus } from '../../src/sweeps/devices.js';
import { estimateOf } from '../../src/sweeps/estimate.js';
import { SweepProgress } from '../../src/sweeps/sweepProgress.js';
import { floorsOf, spreadOf, tableOf } from '../../src/sweeps/table.js';

const experiment = {
  ...experimentSchema.parse({
    data: { source: { world: 'quickstart' } },
    model: { name: 'bpr' },
    train: { epochs: 4 },
    evaluate: { candidates: { kind: 'catalogue' }, metrics: ['auc'] },
  }),
  name: 'sweep',
};

const job = (label: string, seed: number): Job => ({
  label,
  coordinates: { axis: label },
  seed,
  columns: ['catalogue/ndcg@5', 'catalogue/auc'],
  experiment,
  origins: {},
});

const finished = (one: Job, ndcg: number | null, seconds = 10, fingerprint = 'f'): CellResult => ({
  ...waitingCell(one, 'i'),
  state: 'finished',
  metrics: { 'catalogue/ndcg@5': ndcg, 'catalogue/auc': 0.5 },
  floors: { popularity: { 'catalogue/ndcg@5': one.seed / 10, 'catalogue/auc': null } },
  data: { fingerprint, name: `data ${fingerprint}`, caveat: null },
  seconds,
});

describe('mean and standard deviation', () => {
  it('are those of a sample, of the seeds that define the metric', () => {
    // 2, 4, 9: mean 5, squares 9 + 1 + 16 = 26, over 2 = 13.
    const { interval, ...spread } = spreadOf([2, null, 4, 9]);
    expect(spread).toEqual({ mean: 5, sd: Math.sqrt(13), n: 3 });
    // Student's t of two degrees of freedom, 97.5 %: 4.302653 (tables).
    expect(interval!.high).toBeCloseTo(5 + (4.302653 * Math.sqrt(13)) / Math.sqrt(3), 5);
    expect(interval!.low + interval!.high).toBeCloseTo(10, 10);
    expect(spreadOf([0.25])).toEqual({ mean: 0.25, sd: null, interval: null, n: 1 });
    expect(spreadOf([null])).toEqual({ mean: null, sd: null, interval: null, n: 0 });
  });
});

describe('the table of a sweep', () => {
  const jobs = [job('a', 1), job('b', 1), job('a', 2), job('b', 2), job('a', 3)];
  const results: CellResult[] = [
    finished(jobs[0]!, 0.1),
    { ...waitingCell(jobs[1]!, 'i'), state: 'diverged', reason: 'NaN' },
    finished(jobs[2]!, 0.3),
    finished(jobs[3]!, 0.25, 10, 'g'),
    waitingCell(jobs[4]!, 'i'),
  ];

  it('has a row a label, with how many seeds came out how', () => {
    const [a, b] = tableOf(jobs, results, ['ndcg@5', 'auc']);
    expect(a).toMatchObject({
      label: 'a',
      coordinates: { axis: 'a' },
      seeds: { finished: 2, lost: 0, waiting: 1 },
    });
    expect(a!.metrics['ndcg@5']!.mean).toBeCloseTo(0.2, 12);
    expect(a!.metrics['ndcg@5']!.sd).toBeCloseTo(Math.sqrt(0.02), 12); // 2 x 0.1^2 over 1
    expect(a!.metrics.auc).toEqual({
      mean: 0.5,
      sd: 0,
      interval: { low: 0.5, high: 0.5, confidence: 0.95 },
      n: 2,
    });
    expect(b).toMatchObject({ seeds: { finished: 1, lost: 1, waiting: 0 } });
    expect(b!.metrics['ndcg@5']).toEqual({ mean: 0.25, sd: null, interval: null, n: 1 });
  });

  it('has the numbers of the paper beside ours, of the rows and columns that it has', () => {
    const [a, b] = tableOf(jobs, results, ['ndcg@5', 'auc'], { a: { 'ndcg@5': 0.25, auc: 0.5 } });
    expect(a!.published).toEqual({ 'ndcg@5': 0.25, auc: 0.5 });
    expect(a!.difference!['ndcg@5']).toBeCloseTo(-0.05, 12);
    expect(a!.difference!.auc).toBe(0);
    expect(b).not.toHaveProperty('published');
    const [none] = tableOf(jobs.slice(1, 2), [], ['auc'], { b: { auc: 0.5 } });
    expect(none!.difference).toEqual({ auc: null });
  });

  it('has the floors of each data set once', () => {
    expect(floorsOf(jobs, results, ['ndcg@5', 'auc'])).toEqual([
      { label: 'popularity', data: 'data f', metrics: { 'ndcg@5': 0.1, auc: null } },
      { label: 'popularity', data: 'data g', metrics: { 'ndcg@5': 0.2, auc: null } },
    ]);
  });
});

describe('what a cell will cost', () => {
  const probed = new Map([
    ['a', { data: 'f', secondsPerStep: 0.5, steps: 40 }],
    ['c', { data: 'f', secondsPerStep: null, steps: 3 }],
  ]);

  it('is the mean of its other seeds, else its steps by the time of one, else unknown', () => {
    const ended = [finished(job('a', 1), 0, 8), finished(job('a', 2), 0, 10), finished(job('b', 1), 0, 99)];
    expect(estimateOf(job('a', 3), ended, probed)).toEqual({ seconds: 9, by: 'finished' });
    expect(estimateOf(job('a', 3), ended.slice(2), probed)).toEqual({ seconds: 20, by: 'probed' });
    expect(estimateOf(job('c', 3), ended, probed)).toBeNull();
    expect(estimateOf(job('d', 3), ended, probed)).toBeNull();
  });

  it('makes the time left, shared by the lanes; of cells that nothing is known of it is the mean of the others', () => {
    const jobs = [job('a', 1), job('b', 1), job('c', 1), job('d', 1)];
    const costs: Record<string, number> = { b: 10, c: 30 };
    const progress = new SweepProgress(jobs, 2, ({ label }) =>
      costs[label] === undefined ? null : { seconds: costs[label], by: 'probed' },
    );
    const results = [finished(jobs[0]!, 0), ...jobs.slice(1).map((one) => waitingCell(one, 'i'))];
    // 10, 30 and their mean 20, in two lanes.
    expect(progress.view(results)).toEqual({
      total: 4,
      finished: 1,
      lost: 0,
      running: [],
      queued: 0,
      secondsLeft: 30,
    });
    progress.begin(jobs[1]!);
    progress.epoch(jobs[1]!, 2, { 'catalogue/auc': 0.75, logloss: 1 });
    expect(progress.view(results).running).toMatchObject([
      { label: 'b', seed: 1, epoch: 2, epochs: 4, metric: { name: 'catalogue/auc', value: 0.75 } },
    ]);
    progress.end(jobs[1]!);
    expect(progress.view(results).running).toEqual([]);
    expect(new SweepProgress(jobs, 2, () => null).view(results).secondsLeft).toBeNull();
  });
});

describe('GPUs', () => {
  it('are those that the environment leaves, or that the driver lists', () => {
    const listed = () => ['0', '1'];
    expect(visibleGpus({}, listed)).toEqual(['0', '1']);
    expect(visibleGpus({ CUDA_VISIBLE_DEVICES: '3, GPU-ab' }, listed)).toEqual(['3', 'GPU-ab']);
    expect(visibleGpus({ CUDA_VISIBLE_DEVICES: '' }, listed)).toEqual([]);
    expect(visibleGpus({ CUDA_VISIBLE_DEVICES: '-1' }, listed)).toEqual([]);
  });

  it('are given to lanes in turn, where there are several', () => {
    expect(laneEnvironment(2, ['4', '7'])).toEqual({ CUDA_VISIBLE_DEVICES: '4' });
    expect(laneEnvironment(1, ['4', '7'])).toEqual({ CUDA_VISIBLE_DEVICES: '7' });
    expect(laneEnvironment(1, ['4'])).toEqual({});
  });
});

import { join } from 'node:path';
import type { Entry, Material } from '../../src/reports/material.js';
import { createRun, type Provenance, type Run } from '../../src/runs/index.js';
import { type CellResult, SweepFolder } from '../../src/sweeps/cell.js';
import type { Judgement } from '../../src/sweeps/index.js';
import { experiment, provenance } from '../runs/fixture.js';

/** Names that each format would stumble over if it took them for markup. */
export const hostile = {
  html: '<script>alert("x")</script><img src=x onerror=\'alert(1)\'>',
  latex: '50% \\input{a} $x_1^2$ & #1 {~}',
  markdown: 'a|b *c* [d](http://e) `f`',
  formula: "=cmd|' /C calc'!A0",
} as const;

/** auc and logloss of three rows over three seeds. scipy 1.17.1's p values of their tests stand in significance.test.ts. */
export const values = {
  A: { auc: [0.71, 0.72, 0.74], logloss: [0.5, 0.51, 0.52] },
  B: { auc: [0.7, 0.705, 0.72], logloss: [0.6, 0.612, 0.619] },
  C: { auc: [0.6, 0.61, 0.6], logloss: [0.55, 0.6, 0.61] },
} as const;

export const entry = (label: string, seed: number, change: Partial<Entry> = {}): Entry => ({
  label,
  seed,
  state: 'finished',
  reason: null,
  run: `s-1/${label}-${seed}`,
  metrics: null,
  floors: null,
  breakdown: null,
  epochs: [],
  seconds: 2,
  cost: null,
  provenance: null,
  protocol: null,
  ...change,
});

export const entries: readonly Entry[] = Object.entries(values).flatMap(([label, { auc, logloss }]) =>
  auc.map((value, i) => entry(label, i + 1, { metrics: { auc: value, logloss: logloss[i]! } })),
);

export const material = (change: Partial<Material> = {}): Material => ({
  id: 's-1',
  kind: 'sweep',
  title: 'Three rows',
  subtitle: 'a small world',
  part: 'test',
  metrics: ['auc', 'logloss'],
  labels: ['A', 'B', 'C'],
  changes: [],
  coordinates: new Map(),
  axes: [],
  entries,
  claims: null,
  published: null,
  publishedNotes: [],
  notes: [],
  going: false,
  ...change,
});

/** An order of rows as it was judged, with the best first. */
export const judgement = (rows: readonly [string, string]): Judgement => ({
  verdict: 'holds',
  seeds: [1, 2, 3],
  looks: 1,
  results: [
    {
      id: 'first',
      type: 'order',
      statement: `${rows[0]} is better than ${rows[1]}`,
      verdict: 'holds',
      reason: null,
      moreSeeds: null,
      control: false,
      alpha: 0.05,
      needs: 'all',
      p: { raw: { holds: 0.01, fails: 0.99 }, adjusted: { holds: 0.02, fails: 1 } },
      parts: [
        {
          metric: 'auc',
          row: rows[0],
          against: rows[1],
          unit: 'points',
          kind: 'gain',
          relation: 'above',
          threshold: 0,
          seeds: 3,
          rowMean: 0.72,
          againstMean: 0.6,
          mean: 0.12,
          sd: 0.01,
          interval: { low: 0.1, high: 0.14, confidence: 0.9 },
          p: { for: 0.01, against: 0.99 },
          effect: { d: 12, g: 7 },
          problem: null,
        },
      ],
    },
  ],
});

export const simulated: Provenance = {
  ...provenance,
  data: { ...provenance.data, caveat: 'simulated (world quickstart)' },
};

/** A finished run as `mvrec train` leaves it, with curves, a breakdown and what it cost. */
export async function finishedRun(
  resultsDir: string,
  name: string,
  { seed, metrics, cell }: { seed: number; metrics: Record<string, number>; cell?: Run['record']['cell'] },
): Promise<Run> {
  const run = await createRun({
    resultsDir,
    name,
    experiment: { ...experiment, seed, evaluate: { ...experiment.evaluate, metrics: Object.keys(metrics) } },
    origins: {},
    provenance: { ...simulated, seed },
    ...(cell && { cell }),
  });
  await run.lock();
  for (const epoch of [1, 2, 3]) {
    const loss = [0.6, 0.5, 0.2][epoch - 1]!;
    run.appendMetrics({
      epoch,
      step: epoch * 10,
      metrics: { train: { loss }, validation: { auc: 0.5 + epoch / 50 } },
    });
  }
  const groups = ['warm', 'cold'].map((group, i) => ({ group, rows: 10 + i, users: 5, metrics }));
  const lengths = ['0', '1-5', '6-20'].map((group, i) => ({ group, rows: i * 10, users: i, metrics }));
  await run.saveEvaluation({
    metrics: { validation: metrics, test: metrics },
    breakdown: { test: { item: groups, history: lengths } },
    floors: { random: { auc: 0.5 } },
  });
  const cost = { parameters: 1234, examplesPerSecond: 5000, peakMemoryBytes: 2 ** 28 };
  await run.setStatus('finished', { epochs: 3, seconds: 12, cost });
  await run.unlock();
  return run;
}

/** A sweep of rows with these names: the first two done with two seeds, each with curves and several K; the third to do. */
export async function sweepFolder(
  resultsDir: string,
  sweep: string,
  labels: readonly [string, string, string],
): Promise<string> {
  const folder = new SweepFolder(join(resultsDir, sweep));
  await folder.open();
  await folder.begin({
    sweep,
    title: `A sweep of ${labels[0]}`,
    table: null,
    mvrec: '0.1.0',
    created: '2026-01-01T00:00:00.000Z',
    digest: 'd',
    on: { name: 'small', title: labels[1], control: false },
    axes: [],
    metrics: ['auc', 'ndcg@10'],
    published: { [labels[0]]: { auc: 0.75 } },
    looks: null,
  });
  for (const [i, label] of labels.entries()) {
    for (const seed of [1, 2]) {
      const cell: CellResult = {
        label,
        coordinates: {},
        seed,
        identity: null,
        state: 'waiting',
        run: null,
        reason: null,
        metrics: null,
        floors: null,
        data: null,
        epochs: 0,
        seconds: 0,
      };
      if (i === 2) {
        await folder.put(cell);
        continue;
      }
      const auc = 0.7 - i / 20 + seed / 100;
      const metrics = { auc, 'ndcg@5': auc - 0.1, 'ndcg@10': auc - 0.05 };
      const run = await finishedRun(resultsDir, sweep, { seed, metrics, cell: { sweep, label } });
      await folder.put({
        ...cell,
        state: 'finished',
        run: `${sweep}/${run.id}`,
        metrics,
        floors: { random: { auc: 0.5 } },
      });
    }
  }
  await folder.judged(judgement([labels[0], labels[1]]));
  await folder.close();
  return folder.directory;
}

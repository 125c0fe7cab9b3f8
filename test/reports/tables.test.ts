import { describe, expect, it } from '@jest/globals';
import { ablationSection } from '../../src/reports/ablation.js';
import { breakdownSection } from '../../src/reports/breakdowns.js';
import { costSection } from '../../src/reports/costs.js';
import { curveSection } from '../../src/reports/curves.js';
import type { BarChart, LineChart, Table } from '../../src/reports/document.js';
import { metricValue } from '../../src/reports/material.js';
import { missingSection } from '../../src/reports/missing.js';
import { depthSection, familiesOf } from '../../src/reports/overDepth.js';
import { reportOf } from '../../src/reports/report.js';
import { resultSection } from '../../src/reports/resultTable.js';
import { entries, entry, judgement, material, simulated } from './fixture.js';

const texts = ({ rows }: Table): string[][] => rows.map((row) => row.map(({ text }) => text));
const only = (tables: readonly Table[] | undefined): Table => tables![0]!;

describe('the table of results', () => {
  it('has mean and deviation, the best and the second', () => {
    const table = only(resultSection(material())?.tables);
    expect(table.columns.map(({ title }) => title)).toEqual(['row', 'auc ↑', 'logloss ↓', 'seeds']);
    expect(texts(table)).toEqual([
      ['A', '0.7233 ± 0.0153', '0.5100 ± 0.0100', '3'],
      ['B', '0.7083 ± 0.0104', '0.6103 ± 0.0096', '3'],
      ['C', '0.6033 ± 0.0058', '0.5867 ± 0.0321', '3'],
    ]);
    expect(table.rows.map((row) => [row[1]!.rank, row[2]!.rank])).toEqual([
      ['best', 'best'],
      ['second', undefined],
      [undefined, 'second'],
    ]);
  });

  it("has the paper's numbers and how far ours are from them, in columns of which there are some", () => {
    const published = { A: { auc: 0.7 }, C: { auc: 0.61 } };
    const table = only(resultSection(material({ published, publishedNotes: ['rounded'] }))?.tables);
    expect(table.legend.slice(-2)).toEqual([
      'Paper: as published; difference: ours less the paper’s.',
      'Of the published numbers: rounded.',
    ]);
    expect(table.columns.map(({ title }) => title)).toEqual([
      'row',
      'auc ↑',
      'auc, paper',
      'difference',
      'logloss ↓',
      'seeds',
    ]);
    expect(texts(table).map((row) => row.slice(2, 4))).toEqual([
      ['0.7', '+0.0233'],
      ['', ''],
      ['0.61', '−0.0067'],
    ]);
  });

  it('shares ranks where means are equal, and ranks nothing alone', () => {
    const equal = ['A', 'B', 'C'].map((label, i) => entry(label, 1, { metrics: { auc: i < 2 ? 0.5 : 0.4 } }));
    const ranks = (labels: string[]) =>
      only(resultSection(material({ entries: equal, labels, metrics: ['auc'] }))?.tables).rows.map(
        (row) => row[1]!.rank,
      );
    expect(ranks(['A', 'B', 'C'])).toEqual(['best', 'best', 'second']);
    expect(ranks(['A'])).toEqual([undefined]);
  });

  it('has floors once, beneath, and what lacks a result as a dash', () => {
    const floors = { random: { auc: 0.5 }, oracle: { auc: 0.8 } };
    const own = [
      entry('A', 1, { metrics: { auc: 0.7 }, floors, provenance: simulated }),
      entry('A', 2, { metrics: { auc: 0.7 }, floors, provenance: simulated }),
      entry('B', 1, { state: 'diverged' }),
    ];
    expect(
      texts(only(resultSection(material({ entries: own, labels: ['A', 'B'], metrics: ['auc'] }))?.tables)),
    ).toEqual([
      ['A', '0.7000 ± 0.0000', '2'],
      ['B', '-', '0 of 1'],
      ['random', '0.5000', ''],
      ["simulator's oracle", '0.8000', ''],
    ]);
  });

  it('marks no row as the best where they are of different data', () => {
    const on = (label: string, name: string, fingerprint: string) => {
      const provenance = { ...simulated, data: { ...simulated.data, name, fingerprint } };
      return entry(label, 1, {
        metrics: { auc: label === 'A' ? 0.7 : 0.6 },
        floors: { random: { auc: 0.5 } },
        provenance,
      });
    };
    const tableOf = (own: readonly ReturnType<typeof on>[]) =>
      only(resultSection(material({ entries: own, labels: ['A', 'B'], metrics: ['auc'] }))?.tables);
    const other = tableOf([on('A', 'clicks', 'a'.repeat(64)), on('B', 'likes', 'b'.repeat(64))]);
    expect(other.rows.map((row) => row[1]!.rank)).toEqual([undefined, undefined, undefined, undefined]);
    expect(texts(other).slice(2)).toEqual([
      ['random (clicks)', '0.5000', ''],
      ['random (likes)', '0.5000', ''],
    ]);
    expect(other.legend.at(-1)).toMatch(/different data[\s\S]*none is marked/);
    const namesakes = tableOf([on('A', 'clicks', 'a'.repeat(64)), on('B', 'clicks', 'b'.repeat(64))]);
    expect(
      texts(namesakes)
        .slice(2)
        .map(([name]) => name),
    ).toEqual(['random (clicks aaaaaaaa)', 'random (clicks bbbbbbbb)']);
    expect(tableOf([on('A', 'clicks', 'a'), on('B', 'clicks', 'a')]).rows[0]![1]!.rank).toBe('best');
  });

  it('is left out where nothing has a result', () => {
    expect(resultSection(material({ entries: [entry('A', 1, { state: 'waiting' })] }))).toBeNull();
  });
});

it('finds metrics of whatever was ranked', () => {
  expect(metricValue({ 'catalogue/ndcg@10': 0.3 }, 'ndcg@10')).toBe(0.3);
  expect(metricValue({ auc: null }, 'auc')).toBeNull();
  expect(metricValue({ gauc: 0.3 }, 'auc')).toBeNull();
});

it('compares rows seed by seed with the best of them, or the claimed one', () => {
  const bars = (change: Parameters<typeof material>[0]) =>
    ablationSection(material({ metrics: ['auc'], ...change }))?.charts[0] as BarChart;
  const chart = bars({});
  expect(chart.title).toBe('auc: difference from A');
  // scipy's t.interval(0.95, 2, ...) of the differences.
  expect(chart.bars.map(({ name }) => name)).toEqual(['B', 'C']);
  expect(chart.bars[0]!.value).toBeCloseTo(-0.015, 12);
  expect(chart.bars[0]!.low).toBeCloseTo(-0.027420688558751675, 12);
  expect(chart.bars[0]!.high).toBeCloseTo(-0.002579311441248351, 12);
  expect(chart.bars[1]!.low).toBeCloseTo(-0.16302652729749467, 12);
  expect(bars({ claims: judgement(['B', 'C']) }).title).toBe('auc: difference from B');
  expect(ablationSection(material({ labels: ['A'] }))).toBeNull();
});

it('draws a metric along an axis of numbers', () => {
  const labels = ['1 a', '2 a', '1 b', '2 b'];
  const change = {
    labels,
    metrics: ['auc'],
    axes: [
      { name: 'model.layers', values: [1, 2] },
      { name: 'kind', values: ['a', 'b'] },
    ],
    coordinates: new Map(
      labels.map((label) => [label, { 'model.layers': Number(label[0]), kind: label[2] }]),
    ),
    entries: labels.map((label, i) => entry(label, 1, { metrics: { auc: 0.5 + i / 10 } })),
  };
  const charts = ablationSection(material(change))!.charts.filter(
    ({ kind }) => kind === 'lines',
  ) as LineChart[];
  expect(charts.map(({ title }) => title)).toEqual(['auc by layers']);
  expect(charts[0]!.series).toEqual([
    {
      name: 'a',
      style: 0,
      points: [
        { x: 1, y: 0.5 },
        { x: 2, y: 0.6 },
      ],
    },
    {
      name: 'b',
      style: 1,
      points: [
        { x: 1, y: 0.7 },
        { x: 2, y: 0.8 },
      ],
    },
  ]);
});

it('draws what was measured at several K', () => {
  const metrics = {
    'ndcg@10': 0.4,
    'ndcg@5': 0.3,
    'ndcg@5:thacil': 0.2,
    auc: 0.5,
    'catalogue/hr@1': 0.1,
    'catalogue/hr@50': 0.9,
  };
  expect(familiesOf([metrics]).map(({ name, depths }) => [name, depths.map(({ k }) => k)])).toEqual([
    ['ndcg@K', [5, 10]],
    ['catalogue/hr@K', [1, 50]],
  ]);
  const section = depthSection(material({ entries: [entry('A', 1, { metrics })] }))!;
  expect((section.charts[0] as LineChart).series).toEqual([
    {
      name: 'A',
      style: 0,
      points: [
        { x: 5, y: 0.3 },
        { x: 10, y: 0.4 },
      ],
    },
  ]);
  expect(texts(section.tables[0]!)).toEqual([
    ['A', '0.3000', '0.4000'],
    ['B', '-', '-'],
    ['C', '-', '-'],
  ]);
  expect(depthSection(material())).toBeNull();
});

it('draws means of curves over the seeds that are there, of runs under way too', () => {
  const epochs = (...losses: number[]) =>
    losses.map((loss, i) => ({
      epoch: i + 1,
      step: i,
      metrics: { train: { loss }, validation: { auc: 0.5 } },
    }));
  const own = [
    entry('A', 1, { epochs: epochs(0.6, 0.4) }),
    entry('A', 2, { epochs: epochs(0.8), state: 'running' }),
    entry('B', 1, { state: 'waiting' }),
  ];
  const charts = curveSection(material({ entries: own }))!.charts as LineChart[];
  expect(charts.map(({ title }) => title)).toEqual(['loss of train', 'auc on validation']);
  const [{ name, points }] = charts[0]!.series as [LineChart['series'][number]];
  expect(name).toBe('A');
  // sd of 0.6 and 0.8: 0.1 x sqrt(2).
  expect(points[0]!.y).toBeCloseTo(0.7, 12);
  expect(points[0]!.low).toBeCloseTo(0.7 - 0.1 * Math.SQRT2, 12);
  expect(points[1]).toEqual({ x: 2, y: 0.4 });
  expect(curveSection(material())).toBeNull();
});

it('draws no curve of a single epoch, and says so', () => {
  const epochs = [{ epoch: 1, step: 1, metrics: { train: { loss: 0.6 }, validation: { auc: 0.5 } } }];
  const own = [entry('A', 1, { epochs }), entry('A', 2, { epochs })];
  expect(curveSection(material({ entries: own }))).toMatchObject({
    charts: [],
    text: ['One epoch makes no curve.'],
  });
});

it('breaks down by items and histories that have rows', () => {
  const metrics = (auc: number | null) => ({ auc });
  const breakdown = {
    item: [
      { group: 'warm', rows: 10, users: 3, metrics: metrics(0.7) },
      { group: 'cold', rows: 0, users: 0, metrics: metrics(null) },
    ],
    history: [
      { group: '0', rows: 0, users: 0, metrics: metrics(null) },
      { group: '1-5', rows: 4, users: 2, metrics: metrics(0.6) },
      { group: '6-20', rows: 6, users: 2, metrics: metrics(0.8) },
    ],
  };
  const section = breakdownSection(material({ entries: [entry('A', 1, { breakdown })], labels: ['A'] }))!;
  expect(section.tables.map((table) => [table.columns.map(({ title }) => title), texts(table)])).toEqual([
    [['row', 'warm (10 rows)'], [['A', '0.7000']]],
    [['row', '1-5 (4 rows)', '6-20 (6 rows)'], [['A', '0.6000', '0.8000']]],
  ]);
  expect(section.charts).toHaveLength(1);
  expect(breakdownSection(material())).toBeNull();
});

it('says what rows cost, in columns of which something is known', () => {
  const cost = { parameters: 1500, examplesPerSecond: 1000, peakMemoryBytes: 2 ** 20 * 300 };
  const table = (own: typeof cost | null) =>
    only(
      costSection(material({ entries: [entry('A', 1, { cost: own }), entry('B', 1, { run: null })] }))
        ?.tables,
    );
  expect(table(cost).columns.map(({ title }) => title)).toEqual([
    'row',
    'seconds',
    'epochs',
    'pairs a second',
    'parameters',
    'peak memory, MiB',
  ]);
  expect(texts(table(cost))).toEqual([['A', '2', '0', '1,000', '1,500', '300']]);
  expect(texts(table(null))).toEqual([['A', '2', '0']]);
});

it('says what is missing and why', () => {
  const own = [
    ...entries,
    entry('C', 4, { state: 'diverged', reason: 'NaN in step 3' }),
    entry('C', 5, { state: 'waiting', run: null }),
  ];
  const section = missingSection(material({ entries: own }))!;
  expect(section.text).toEqual(['2 of 11 runs have no result: 1 diverged, 1 waiting.']);
  expect(texts(only(section.tables))).toEqual([
    ['C', '4', 'diverged', '0', 'NaN in step 3'],
    ['C', '5', 'waiting', '0', ''],
  ]);
  expect(missingSection(material())).toBeNull();
});

it('has only parts for which there are data, and begins with what to bear in mind', () => {
  expect(reportOf(material({ entries: [], labels: [] })).sections).toEqual([]);
  expect(reportOf(material({ entries: [] })).notes).toEqual(['There is no run.']);
  const leaky = {
    ...simulated,
    audit: {
      leaks: 1,
      warnings: 0,
      notes: 0,
      findings: [{ code: 'rows-in-two-parts', severity: 'leak' as const, count: 7, unit: 'rows' }],
    },
  };
  const other = { ...simulated, data: { ...simulated.data, fingerprint: 'other' } };
  const own = [
    entry('A', 1, { metrics: { auc: 0.7 }, provenance: leaky, protocol: 'split time' }),
    entry('B', 1, { metrics: { 'catalogue/auc': 0.7 }, provenance: other }),
    entry('B', 2, { state: 'running' }),
  ];
  const report = reportOf(material({ entries: own, labels: ['A', 'B'] }));
  expect(report.notes).toEqual([
    'simulated (world quickstart)',
    'The audit found leaks: rows-in-two-parts.',
    'The rows were computed on different data: their numbers cannot be compared.',
    'The rows rank positives among different candidates: their numbers cannot be compared.',
    '1 of 3 runs have no result: 1 running.',
  ]);
  expect(report.sections.map(({ id }) => id)).toEqual([
    'results',
    'ablation',
    'cost',
    'missing',
    'provenance',
  ]);
  const provenance = texts(report.sections.at(-1)!.tables[0]!);
  expect(provenance).toContainEqual([
    'audit',
    '1 leak, 0 warnings, 0 notes: leak rows-in-two-parts, 7 rows (A)',
  ]);
  expect(provenance).toContainEqual(['seeds', '1']);
});

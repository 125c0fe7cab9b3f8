import { metricDirection } from '../metrics/index.js';
import { meanInterval, summarize } from '../statistics/index.js';
import { goTogether } from '../sweeps/index.js';
import type { BarChart, LineChart, Section } from './document.js';
import { type Material, seedValues } from './material.js';
import { signed } from './numbers.js';
import { meanAndSpread } from './overDepth.js';
import { claimedRow } from './significance.js';

/** What each row loses or gains beside one of them, and how a metric goes along an axis of numbers. */
export function ablationSection(material: Material): Section | null {
  const { metrics } = material;
  const charts = [
    ...metrics.flatMap((metric) => differences(material, metric) ?? []),
    ...material.axes.flatMap((axis) => metrics.flatMap((metric) => along(material, axis, metric) ?? [])),
  ];
  if (charts.length === 0) return null;
  const text = [
    'Bars: the mean difference from one row, seed by seed, where both have a result, with its 95 % interval (t). Right of 0 is more, be that better or worse.',
  ];
  const lines = charts.some(({ kind }) => kind === 'lines')
    ? ['Lines: mean over seeds, with the standard deviation as a band.']
    : [];
  const bars = charts.some(({ kind }) => kind === 'bars') ? text : [];
  return { id: 'ablation', title: 'Rows compared', text: [...bars, ...lines], tables: [], charts };
}

function differences(material: Material, metric: string): BarChart | null {
  const { labels, claims } = material;
  const direction = metricDirection(metric);
  const columns = new Map(labels.map((label) => [label, seedValues(material, label, metric)]));
  const mean = (label: string): number => summarize([...columns.get(label)!.values()]).mean;
  const there = labels.filter((label) => columns.get(label)!.size > 0);
  if (there.length < 2) return null;
  const sign = direction === 'lower' ? -1 : 1;
  const named = claimedRow(claims?.results ?? [])?.row;
  const base =
    there.find((label) => label === named) ?? [...there].sort((a, b) => sign * (mean(b) - mean(a)))[0]!;
  const against = columns.get(base)!;
  const bars = there.flatMap((label) => {
    if (label === base) return [];
    const own = columns.get(label)!;
    const pairs = [...own].flatMap(([seed, value]) =>
      against.has(seed) ? [value - against.get(seed)!] : [],
    );
    if (pairs.length === 0) return [];
    const { low, high } = meanInterval(pairs) ?? {};
    return [{ name: label, value: summarize(pairs).mean, low, high }];
  });
  if (bars.length === 0) return null;
  return {
    kind: 'bars',
    title: `${metric}: difference from ${base}`,
    description: `${metric}, of which ${direction === 'lower' ? 'less' : 'more'} is better, less that of ${base}: ${bars.map(({ name, value }) => `${name} ${signed(value)}`).join('; ')}.`,
    x: `${metric} less that of ${base}`,
    bars,
  };
}

/** A line for each combination of the other axes' values. Null where the axis is not one of numbers. */
function along(material: Material, axis: Material['axes'][number], metric: string): LineChart | null {
  const { labels, coordinates, axes } = material;
  if (axis.values.length < 2 || !axis.values.every((value) => typeof value === 'number')) return null;
  const points = labels.map((label) => ({ coordinates: coordinates.get(label) ?? {} }));
  const together = new Set(
    axes.map(({ name }) => name).filter((name) => goTogether(points, axis.name, name)),
  );
  const lines = new Map<string, { x: number; y: number; low?: number; high?: number }[]>();
  for (const label of labels) {
    const own = coordinates.get(label) ?? {};
    const values = [...seedValues(material, label, metric).values()];
    const x = own[axis.name];
    if (typeof x !== 'number' || values.length === 0) continue;
    const others = axes.filter(({ name }) => !together.has(name)).map(({ name }) => own[name]);
    const name = others
      .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
      .join(', ');
    lines.set(name, [...(lines.get(name) ?? []), { x, ...meanAndSpread(values) }]);
  }
  const series = [...lines].map(([name, points], style) => ({
    name: name || metric,
    style,
    points: points.sort((a, b) => a.x - b.x),
  }));
  if (!series.some(({ points }) => points.length > 1)) return null;
  const short = axis.name.slice(axis.name.lastIndexOf('.') + 1);
  const ends = series.map(({ name, points }) => {
    const best = [...points].sort((a, b) =>
      metricDirection(metric) === 'lower' ? a.y - b.y : b.y - a.y,
    )[0]!;
    return `${name}: best ${best.y.toFixed(4)} at ${best.x}`;
  });
  return {
    kind: 'lines',
    title: `${metric} by ${short}`,
    description: `${metric} by ${axis.name}, a line a combination of the other axes: ${ends.join('; ')}.`,
    x: short,
    y: metric,
    series,
  };
}

import type { MetricValues } from '../metrics/index.js';
import { summarize } from '../statistics/index.js';
import { type LineChart, left, plain, right, type Section, type Table } from './document.js';
import { type Material, seedValues } from './material.js';
import { spreadText } from './numbers.js';

/** A metric measured at several K. */
interface Family {
  /** With K in place of the number: `ndcg@K:thacil`. */
  readonly name: string;
  readonly depths: readonly { readonly k: number; readonly metric: string }[];
}

/** Metrics over K: a chart and a table a metric that was measured at two depths or more. */
export function depthSection(material: Material): Section | null {
  const { entries, labels, part } = material;
  const families = familiesOf(entries.flatMap(({ metrics }) => (metrics ? [metrics] : [])));
  if (families.length === 0) return null;
  const charts = families.map(({ name, depths }): LineChart => {
    const series = labels.flatMap((label, style) => {
      const points = depths.flatMap(({ k, metric }) => {
        const values = [...seedValues(material, label, metric).values()];
        return values.length > 0 ? [{ x: k, ...meanAndSpread(values) }] : [];
      });
      return points.length > 0 ? [{ name: label, style, points }] : [];
    });
    const ks = depths.map(({ k }) => k).join(', ');
    return {
      kind: 'lines',
      title: `${name} on ${part}`,
      description: `${name} at K = ${ks}, a line a row: mean over seeds, with the standard deviation as a band. The table below has the numbers.`,
      x: 'K',
      y: name,
      series,
    };
  });
  const tables = families.map(
    ({ name, depths }): Table => ({
      caption: `${name} on ${part}, over K`,
      columns: [left('row'), ...depths.map(({ k }) => right(`K = ${k}`))],
      rows: labels.map((label) => [
        plain(label),
        ...depths.map(({ metric }) => plain(spreadText([...seedValues(material, label, metric).values()]))),
      ]),
      legend: [],
    }),
  );
  return { id: 'depth', title: 'Over K', text: [], tables, charts };
}

export function familiesOf(all: readonly MetricValues[]): Family[] {
  const families = new Map<string, Map<number, string>>();
  for (const metric of new Set(all.flatMap((metrics) => Object.keys(metrics)))) {
    const k = /@([1-9]\d*)(?=:|$)/.exec(metric)?.[1];
    if (k === undefined) continue;
    const name = metric.replace(`@${k}`, '@K');
    families.set(name, (families.get(name) ?? new Map()).set(Number(k), metric));
  }
  return [...families]
    .filter(([, depths]) => depths.size > 1)
    .map(([name, depths]) => ({
      name,
      depths: [...depths].map(([k, metric]) => ({ k, metric })).sort((a, b) => a.k - b.k),
    }));
}

/** Mean, and the standard deviation below and above it where there is one. */
export function meanAndSpread(values: readonly number[]): { y: number; low?: number; high?: number } {
  const { mean, sd } = summarize(values);
  return sd === null ? { y: mean } : { y: mean, low: mean - sd, high: mean + sd };
}

import type { MetricsRecord } from '../runs/index.js';
import type { LineChart, Section, Series } from './document.js';
import type { Material } from './material.js';
import { meanAndSpread } from './overDepth.js';

/** Most metrics of validation that are drawn. */
const mostCharts = 6;

/** Loss of train and metrics of validation over epochs; of runs that are still going, too. */
export function curveSection(material: Material): Section | null {
  const { metrics, entries } = material;
  const recorded = entries.flatMap(({ epochs }) => epochs);
  const parts = ['validation', 'test'].flatMap((part) => {
    const names = [...new Set(recorded.flatMap((record) => Object.keys(record.metrics[part] ?? {})))];
    // Columns of the table first; where many were measured, only those.
    const columns = names.filter((name) => metrics.some((column) => sameMetric(name, column)));
    const shown = columns.length > 0 ? columns : names;
    return shown.slice(0, mostCharts).map((name) => [part, name] as const);
  });
  const all = [['train', 'loss'] as const, ...parts].flatMap(([part, name]): LineChart[] => {
    const series = seriesOf(material, (record) => record.metrics[part]?.[name] ?? null);
    if (series.length === 0) return [];
    return [
      {
        kind: 'lines',
        title: part === 'train' ? 'loss of train' : `${name} on ${part}`,
        description: describe(part === 'train' ? 'Loss of train' : `${name} on ${part}`, series),
        x: 'epoch',
        y: name,
        series,
      },
    ];
  });
  if (all.length === 0) return null;
  const shared = { id: 'curves', title: 'Learning curves', tables: [] };
  const charts = all.filter(({ series }) => series.some(({ points }) => points.length > 1));
  if (charts.length === 0) return { ...shared, text: ['One epoch makes no curve.'], charts };
  const text = ['Mean over the seeds that came so far, with the standard deviation as a band.'];
  return { ...shared, text, charts };
}

/** Whether a name of `evaluation.json` is that of a column. */
export const sameMetric = (name: string, column: string): boolean =>
  name === column || name.endsWith(`/${column}`);

function seriesOf(
  { labels, entries }: Material,
  valueIn: (record: MetricsRecord) => number | null,
): Series[] {
  return labels.flatMap((label, style) => {
    const byEpoch = new Map<number, number[]>();
    for (const { epochs } of entries.filter((entry) => entry.label === label)) {
      for (const record of epochs) {
        const value = valueIn(record);
        if (value === null) continue;
        byEpoch.set(record.epoch, [...(byEpoch.get(record.epoch) ?? []), value]);
      }
    }
    const points = [...byEpoch]
      .sort(([a], [b]) => a - b)
      .map(([epoch, values]) => ({ x: epoch, ...meanAndSpread(values) }));
    return points.length > 0 ? [{ name: label, style, points }] : [];
  });
}

function describe(what: string, series: readonly Series[]): string {
  const ends = series.map(({ name, points }) => {
    const [first, last] = [points[0]!, points.at(-1)!];
    return `${name} from ${first.y.toFixed(4)} in epoch ${first.x} to ${last.y.toFixed(4)} in epoch ${last.x}`;
  });
  return `${what} by epoch, a line a row: ${ends.join('; ')}.`;
}

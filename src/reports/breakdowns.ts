import type { BreakdownGroup } from '../evaluation/index.js';
import { sameMetric } from './curves.js';
import { type LineChart, left, plain, right, type Section, type Table } from './document.js';
import { hasOneDataSet, type Material } from './material.js';
import { numberText, spreadText } from './numbers.js';
import { meanAndSpread } from './overDepth.js';

const kinds = { item: 'warm and cold items', history: 'length of the history' } as const;
type Kind = keyof typeof kinds;

/** Metrics of warm and cold items, and by how many positive events a user has before the row. */
export function breakdownSection(material: Material): Section | null {
  const kindsThere = (Object.keys(kinds) as Kind[]).filter((kind) =>
    material.entries.some(({ breakdown }) => breakdown?.[kind]?.some(({ rows }) => rows > 0)),
  );
  const parts = kindsThere.flatMap((kind) =>
    material.metrics.flatMap((metric) => of(material, kind, metric) ?? []),
  );
  if (parts.length === 0) return null;
  return {
    id: 'breakdown',
    title: 'New videos, short histories',
    text: [
      'Warm items have a row in train, cold ones have none. History: positive events of the user before the row, however many of them a model reads. Rows are those of the first run.',
    ],
    tables: parts.map(({ table }) => table),
    charts: parts.flatMap(({ chart }) => chart ?? []),
  };
}

function of(
  material: Material,
  kind: Kind,
  metric: string,
): { table: Table; chart: LineChart | null } | null {
  const { labels, entries, part } = material;
  const groupsIn = entries.map((entry) => entry.breakdown?.[kind] ?? []);
  const first = groupsIn.find((groups) => groups.some(({ rows }) => rows > 0)) ?? [];
  const groups = first.filter(({ rows }) => rows > 0);
  const values = (label: string, group: string): number[] =>
    entries.flatMap((entry, i) => {
      const found = entry.label === label ? groupsIn[i]!.find((one) => one.group === group) : undefined;
      const value = found ? valueIn(found, metric) : null;
      return value === null ? [] : [value];
    });
  const known = groups.filter(({ group }) => labels.some((label) => values(label, group).length > 0));
  if (known.length === 0) return null;
  const isOne = hasOneDataSet(material);
  const table: Table = {
    caption: `${metric} on ${part} by ${kinds[kind]}`,
    columns: [
      left('row'),
      ...known.map(({ group, rows }) =>
        right(isOne ? `${group} (${rows.toLocaleString('en')} rows)` : group),
      ),
    ],
    rows: labels.map((label) => [
      plain(label),
      ...known.map(({ group }) => plain(spreadText(values(label, group)))),
    ]),
    legend: [],
  };
  return { table, chart: kind === 'history' && known.length > 1 ? chartOf() : null };

  function chartOf(): LineChart {
    const series = labels.flatMap((label, style) => {
      const points = known.flatMap(({ group }, x) => {
        const own = values(label, group);
        return own.length > 0 ? [{ x, ...meanAndSpread(own) }] : [];
      });
      return points.length > 0 ? [{ name: label, style, points }] : [];
    });
    const names = known.map(({ group }) => group);
    const ends = series.map(
      ({ name, points }) => `${name} ${points.map(({ y }) => numberText(y)).join(', ')}`,
    );
    return {
      kind: 'lines',
      title: `${metric} by length of the history`,
      description: `${metric} on ${part} by positive events before the row (${names.join(', ')}): ${ends.join('; ')}.`,
      x: 'positive events before the row',
      y: metric,
      groups: names,
      series,
    };
  }
}

function valueIn({ metrics }: BreakdownGroup, column: string): number | null {
  const name = Object.keys(metrics).find((key) => sameMetric(key, column));
  return name === undefined ? null : (metrics[name] ?? null);
}

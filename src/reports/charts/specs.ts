import type { TopLevelSpec } from 'vega-lite';
import type { BarChart, Chart, HeatMap, LineChart } from '../document.js';
import { seriesStyle } from './style.js';

/** Pixels of a chart's plot: with its axes it fits a phone at full size, so that its text stays readable. */
const width = 250;
const height = 170;

const text = 'var(--text)';
const muted = 'var(--muted)';

/** No colour stands in a chart: the page says what the names mean, in light and in dark. */
const config = {
  background: 'none',
  aria: false, // the whole chart has a title and a description
  font: 'system-ui, sans-serif',
  view: { stroke: null },
  axis: {
    labelColor: text,
    titleColor: text,
    titleFontWeight: 'normal',
    labelFontSize: 11,
    titleFontSize: 11,
    gridColor: 'var(--line)',
    domainColor: muted,
    tickColor: muted,
    labelLimit: 110,
    titleLimit: 320,
    labelOverlap: true,
  },
} as const;

/** The chart in the terms of vega-lite. */
export function specOf(chart: Chart): TopLevelSpec {
  switch (chart.kind) {
    case 'lines':
      return linesOf(chart);
    case 'bars':
      return barsOf(chart);
    case 'heat':
      return heatOf(chart);
  }
}

function linesOf({ x, y, groups, series }: LineChart): TopLevelSpec {
  const values = series.flatMap(({ style, points }) =>
    points.map((point) => ({ ...point, x: groups ? groups[point.x]! : point.x, series: String(style) })),
  );
  const domain = [...new Set(series.map(({ style }) => String(style)))];
  const styles = domain.map((style) => seriesStyle(Number(style)));
  const scale = { domain, range: styles.map(({ color }) => color) };
  const shared = {
    x: groups ? groupAxis(x, groups) : numberAxis(x, series),
    color: { field: 'series', type: 'nominal', scale, legend: null },
  } as const;
  const yAxis = { field: 'y', type: 'quantitative', title: y, scale: { zero: false } } as const;
  const dash = { domain, range: styles.map(({ dash }) => dash.split(' ').filter(Boolean).map(Number)) };
  const shape = { domain, range: styles.map(({ symbol }) => symbol) };
  return {
    width,
    height,
    config,
    data: { values },
    layer: [
      {
        transform: [{ filter: 'isValid(datum.low)' }],
        mark: { type: 'area', opacity: 0.15, line: false },
        encoding: { ...shared, y: { ...yAxis, field: 'low' }, y2: { field: 'high' } },
      },
      {
        mark: { type: 'line', strokeWidth: 1.8 },
        encoding: {
          ...shared,
          y: yAxis,
          strokeDash: { field: 'series', type: 'nominal', scale: dash, legend: null },
        },
      },
      {
        mark: { type: 'point', filled: true, size: 28, opacity: 1 },
        encoding: {
          ...shared,
          y: yAxis,
          shape: { field: 'series', type: 'nominal', scale: shape, legend: null },
        },
      },
    ],
  };
}

function groupAxis(title: string, groups: readonly string[]) {
  return {
    field: 'x',
    type: 'ordinal',
    sort: [...groups],
    title,
    axis: { labelAngle: 0, grid: false },
  } as const;
}

function numberAxis(title: string, series: LineChart['series']) {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const few = xs.length <= 8 && { values: xs };
  const whole = xs.every(Number.isInteger) && { format: 'd', tickMinStep: 1 };
  return {
    field: 'x',
    type: 'quantitative',
    title,
    scale: { zero: false, nice: false, padding: 6 },
    axis: { ...whole, ...few, tickCount: 6 },
  } as const;
}

/** Characters of a line of a name beside a bar, and of the title below: vega takes them for wider than they are. */
const lineOfName = 19;
const lineOfTitle = 28;
/** Pixels from a line of a name to the next. */
const lineHeight = 13;

/** Names of rows may be long, and are never cut: they stand in several lines, which the labels of an axis would not centre. */
function barsOf({ x, bars }: BarChart): TopLevelSpec {
  const names = bars.map(({ name }) => {
    const lines = wrapped(name, lineOfName);
    return {
      name,
      lines: lines.join('\n'),
      rise: (-(lines.length - 1) * lineHeight) / 2,
      count: lines.length,
    };
  });
  const step = Math.max(24, ...names.map(({ count }) => count * lineHeight + 8));
  const y = {
    field: 'name',
    type: 'nominal',
    sort: bars.map(({ name }) => name),
    title: null,
    axis: { labels: false, domain: false, ticks: false },
  } as const;
  const title = wrapped(x, lineOfTitle);
  const whisker = { transform: [{ filter: 'isValid(datum.low)' as const }] };
  return {
    width: width - 80,
    height: { step },
    config,
    data: { values: [...bars] },
    layer: [
      {
        mark: { type: 'bar', color: seriesStyle(0).color, height: 14 },
        encoding: { y, x: { field: 'value', type: 'quantitative', title, axis: { tickCount: 4 } } },
      },
      {
        ...whisker,
        mark: { type: 'rule', color: text, strokeWidth: 1.5 },
        encoding: { y, x: { field: 'low', type: 'quantitative', title }, x2: { field: 'high' } },
      },
      { data: { values: [{}] }, mark: { type: 'rule', color: muted }, encoding: { x: { datum: 0 } } },
      {
        data: { values: names },
        mark: {
          type: 'text',
          align: 'right',
          baseline: 'middle',
          fontSize: 11,
          lineHeight,
          lineBreak: '\n',
          color: text,
          dy: { expr: 'datum.rise' },
        },
        encoding: { y, x: { value: -6 }, text: { field: 'lines', type: 'nominal' } },
      },
    ],
  };
}

/** Lines of at most so many characters, broken between words where that goes. */
export function wrapped(text: string, most: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length <= most) line += ` ${word}`;
    else {
      if (line !== '') lines.push(line);
      line = word;
      for (; line.length > most; line = line.slice(most)) lines.push(line.slice(0, most));
    }
  }
  return [...lines, line];
}

function heatOf({ x, y, values }: HeatMap): TopLevelSpec {
  const cells = values.flatMap((row, r) =>
    row.flatMap((value, c) => (value === null ? [] : [{ r, c, value }])),
  );
  const columns = values[0]?.length ?? 0;
  const side = Math.max(2, Math.min(28, Math.floor(width / Math.max(columns, values.length))));
  const axis = { grid: false, labelAngle: 0, domain: false, ticks: false, labelOverlap: true } as const;
  return {
    width: { step: side },
    height: { step: side },
    config,
    data: { values: cells },
    mark: { type: 'rect', color: 'var(--heat)', stroke: 'var(--line)', strokeWidth: 0.5 },
    encoding: {
      x: { field: 'c', type: 'ordinal', title: x, axis },
      y: { field: 'r', type: 'ordinal', title: y, axis },
      fillOpacity: {
        field: 'value',
        type: 'quantitative',
        scale: { zero: false, nice: false, range: [0.05, 1] },
        legend: null,
      },
    },
  };
}

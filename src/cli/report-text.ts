import { withoutControls } from '../base/index.js';
import { type Chart, type Report, type Section, sparkline, type Table } from '../reports/index.js';
import { formatTable } from './output.js';

/** Widest column that is not wrapped. */
const widest = 60;

/** Reports for a terminal: tables, and curves as sparklines. */
export function reportText(reports: readonly Report[]): string {
  return withoutControls(reports.map(oneText).join('\n\n'));
}

function oneText({ title, subtitle, going, notes, sections }: Report): string {
  return [
    [title, subtitle].filter(Boolean).join('; '),
    ...(going ? ['Runs are going on.'] : []),
    ...notes.map((note) => `Note: ${note}`),
    ...sections.flatMap(sectionText),
  ].join('\n');
}

function sectionText({ title, text, tables, charts }: Section): string[] {
  const curves = charts.flatMap(curveText);
  // Charts need a page, and words about them as well.
  if (tables.length === 0 && curves.length === 0 && charts.length > 0) return [];
  const words = tables.length > 0 || charts.length === 0 ? text : [];
  return ['', title, ...words, ...tables.flatMap(tableText), ...curves];
}

function tableText({ caption, columns, rows, legend }: Table): string[] {
  const cells = rows.map((row) =>
    row.map(({ text, rank, mark }, i) => {
      const ranks = rows.some((other) => other[i]?.rank !== undefined || other[i]?.mark !== undefined);
      return ranks ? `${text}${rank === 'best' ? '¹' : rank === 'second' ? '²' : ' '}${mark ?? ' '}` : text;
    }),
  );
  const shown = columns.map(({ title, align }, i) => {
    const long = cells.some((row) => row[i]!.length > widest);
    return { title, align, ...(long && { width: widest }) };
  });
  const ranked = rows.flat().some(({ rank }) => rank !== undefined);
  return ['', caption, formatTable(shown, cells), ...(ranked ? ['¹ best, ² second best.'] : []), ...legend];
}

/** A line a row: how it went, from where to where. */
function curveText(chart: Chart): string[] {
  if (chart.kind !== 'lines' || chart.x !== 'epoch') return [];
  const rows = chart.series.map(({ name, points }) => {
    const values = points.map(({ y }) => y);
    return [
      name,
      sparkline(values),
      values[0]!.toFixed(4),
      values.at(-1)!.toFixed(4),
      String(points.at(-1)!.x),
    ];
  });
  const right = (title: string) => ({ title, align: 'right' as const });
  return [
    '',
    formatTable(
      [{ title: chart.title }, { title: '' }, right('first'), right('last'), right('epochs')],
      rows,
    ),
  ];
}

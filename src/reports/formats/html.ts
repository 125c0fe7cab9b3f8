import { createHash } from 'node:crypto';
import { drawChart } from '../charts/draw.js';
import { seriesStyle } from '../charts/style.js';
import {
  type Cell,
  type Chart,
  type Column,
  legendOf,
  type Report,
  type Section,
  type Table,
} from '../document.js';
import { css } from './css.js';
import { escapeHtml } from './escape.js';

/** What a page may do: show itself. No script, nothing from anywhere, no style but its own. */
export const contentPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'; base-uri 'none'; form-action 'none'`;

/** A page of its own, whole in one file: charts are drawn already, so that it needs neither network nor scripts. */
export async function htmlOf(reports: readonly Report[]): Promise<string> {
  const bodies: string[] = [];
  for (const [i, report] of reports.entries()) bodies.push(await reportBody(report, `r${i}`));
  const contents =
    reports.length > 1
      ? `<nav class="page" aria-label="Reports"><ul>${reports.map(({ title }, i) => `<li><a href="#r${i}">${escapeHtml(title)}</a></li>`).join('')}</ul></nav>`
      : '';
  const title = reports.map((report) => report.title).join(', ') || 'Report';
  return page(title, `${contents}<main>${bodies.join('\n')}</main>`);
}

export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(contentPolicy)}">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<style>${css}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

async function reportBody({ title, subtitle, going, notes, sections }: Report, id: string): Promise<string> {
  const parts: string[] = [];
  for (const section of sections) parts.push(await sectionOf(section, `${id}-${section.id}`));
  return `<article id="${id}">
<h1>${escapeHtml(title)}</h1>
${subtitle ? `<p class="muted">${escapeHtml(subtitle)}</p>` : ''}
${going ? '<p class="going">Runs are going on.</p>' : ''}
${notes.length > 0 ? `<ul class="notes">${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('')}</ul>` : ''}
${parts.join('\n')}
</article>`;
}

async function sectionOf({ title, text, tables, charts }: Section, id: string): Promise<string> {
  const shared = sharedKeys(charts);
  const figures: string[] = [];
  for (const [i, chart] of charts.entries()) {
    const svg = await drawChart(chart, `${id}-${i}`);
    const keys = shared ? '' : keysOf(seriesOf(chart));
    figures.push(`<figure><figcaption>${escapeHtml(chart.title)}</figcaption>${svg}${keys}</figure>`);
  }
  return `<section aria-labelledby="${id}">
<h2 id="${id}">${escapeHtml(title)}</h2>
${text.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n')}
${shared ? keysOf(shared) : ''}
${figures.length > 0 ? `<div class="charts">${figures.join('\n')}</div>` : ''}
${tables.map(tableOf).join('\n')}
</section>`;
}

type Key = { readonly name: string; readonly style: number };

const seriesOf = (chart: Chart): readonly Key[] => (chart.kind === 'lines' ? chart.series : []);

/** The key to all charts of a section; null where one style stands for different things. */
function sharedKeys(charts: readonly Chart[]): readonly Key[] | null {
  const names = new Map<number, string>();
  for (const { name, style } of charts.flatMap(seriesOf)) {
    if ((names.get(style) ?? name) !== name) return null;
    names.set(style, name);
  }
  return [...names].sort(([a], [b]) => a - b).map(([style, name]) => ({ name, style }));
}

const shapes: Readonly<Record<ReturnType<typeof seriesStyle>['symbol'], string>> = {
  circle: '<circle cx="14" cy="6" r="3.5"/>',
  square: '<rect x="11" y="3" width="6" height="6"/>',
  'triangle-up': '<path d="M10 10L14 2L18 10Z"/>',
  diamond: '<path d="M14 1L18 6L14 11L10 6Z"/>',
  cross: '<path d="M12.7 2h2.6v2.7H18v2.6h-2.7V10h-2.6V7.3H10V4.7h2.7Z"/>',
  'triangle-down': '<path d="M10 2L18 2L14 10Z"/>',
};

function keysOf(keys: readonly Key[]): string {
  if (keys.length === 0) return '';
  const items = keys.map(({ name, style }) => {
    const { color, dash, symbol } = seriesStyle(style);
    const line = `<path d="M0 6H28" fill="none" stroke="${color}" stroke-width="2"${dash ? ` stroke-dasharray="${dash}"` : ''}/>`;
    const svg = `<svg width="28" height="12" viewBox="0 0 28 12" aria-hidden="true">${line}<g fill="${color}">${shapes[symbol]}</g></svg>`;
    return `<li>${svg}<span>${escapeHtml(name)}</span></li>`;
  });
  return `<ul class="keys" aria-label="Key">${items.join('')}</ul>`;
}

function tableOf(table: Table): string {
  const { caption, columns, rows } = table;
  const head = columns.map(
    ({ title, align }) =>
      `<th scope="col"${align === 'right' ? ' class="number"' : ''}>${escapeHtml(title)}</th>`,
  );
  const body = rows.map((row) => `<tr>${row.map((cell, i) => cellOf(cell, i, columns[i]!)).join('')}</tr>`);
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escapeHtml(caption)}">
<table>
<caption>${escapeHtml(caption)}</caption>
<thead><tr>${head.join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody>
</table>
</div>
${legendOf(table)
  .map((line) => `<p class="legend">${escapeHtml(line)}</p>`)
  .join('\n')}`;
}

function cellOf({ text, rank, mark }: Cell, place: number, { title, align }: Column): string {
  const escaped = escapeHtml(text);
  const ranked =
    rank === 'best'
      ? `<strong>${escaped}</strong>`
      : rank === 'second'
        ? `<span class="second">${escaped}</span>`
        : escaped;
  const inside = mark ? `${ranked}<sup>${mark}</sup>` : ranked;
  if (place === 0) return `<th scope="row">${inside}</th>`;
  const verdict = /^(holds|fails)$/.exec(text)?.[0];
  const names = [
    ...(align === 'right' ? ['number'] : []),
    ...(text.length > 60 ? ['long'] : []),
    ...(verdict ? [verdict] : []),
  ];
  const classes = names.length > 0 ? ` class="${names.join(' ')}"` : '';
  return `<td data-title="${escapeHtml(title)}"${classes}>${inside}</td>`; // shown where tables are stacked
}

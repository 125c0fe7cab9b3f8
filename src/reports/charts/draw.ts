import type { Chart } from '../document.js';
import { escapeHtml } from '../formats/escape.js';
import { specOf } from './specs.js';

/**
 * The chart as an SVG element, drawn here: a page needs no script for it. Colours are variables of the page's style.
 *
 * @param id unique in the page, for the title and the description
 */
export async function drawChart(chart: Chart, id: string): Promise<string> {
  // Loaded by the formats that draw only.
  const { parse, View } = await import('vega');
  const { compile } = await import('vega-lite');
  const view = new View(parse(compile(specOf(chart)).spec), { renderer: 'none' });
  try {
    const svg = await view.toSVG();
    const size = /width="([\d.]+)" height="([\d.]+)"/.exec(svg)!;
    const inside = svg.slice(svg.indexOf('>') + 1);
    return [
      `<svg role="img" aria-labelledby="${id}-title ${id}-text" width="${size[1]}" height="${size[2]}" viewBox="0 0 ${size[1]} ${size[2]}">`,
      `<title id="${id}-title">${escapeHtml(chart.title)}</title>`,
      `<desc id="${id}-text">${escapeHtml(chart.description)}</desc>`,
      inside,
    ].join('');
  } finally {
    view.finalize();
  }
}

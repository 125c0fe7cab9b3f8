import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { drawChart } from '../../src/reports/charts/draw.js';
import { palettes, seriesStyle } from '../../src/reports/charts/style.js';
import type { Chart } from '../../src/reports/document.js';
import { csvField, escapeLatex, escapeMarkdown } from '../../src/reports/formats/escape.js';
import { csvOf, htmlOf, latexOf, markdownOf, reportOf } from '../../src/reports/index.js';
import { itIf } from '../support/index.js';
import { entry, hostile, judgement, material, simulated } from './fixture.js';

const names = Object.values(hostile);
const breakdown = { item: [{ group: names[0], rows: 5, users: 2, metrics: { auc: 0.5 } }] };
/** Every text that can come from data is one that some format would take for its own. */
const nasty = material({
  id: hostile.formula,
  title: names.join(' '),
  subtitle: names.join(' '),
  notes: names,
  labels: names,
  metrics: ['auc'],
  claims: judgement([names[0], names[1]]),
  entries: names.flatMap((label, i) =>
    [1, 2, 3].map((seed) =>
      entry(label, seed, {
        metrics: { auc: 0.5 + i / 10 + seed / 100, 'ndcg@1': 0.1, 'ndcg@2': 0.2 },
        epochs: [1, 2].map((epoch) => ({ epoch, step: epoch, metrics: { train: { loss: 1 / epoch } } })),
        reason: label,
        breakdown,
        provenance: { ...simulated, data: { ...simulated.data, name: label, caveat: label } },
        protocol: label,
        run: `${label}/${seed}`,
      }),
    ),
  ),
});
const report = reportOf(nasty);

describe('a page', () => {
  it('has nothing of what names would make of it, no script and no address', async () => {
    const html = await htmlOf([report, report]);
    expect(html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;');
    // In the text of a chart quotation marks stand as they are.
    expect(html).not.toMatch(/<script|<img|onerror=(?!&#39;|'[^<>]*<\/tspan>)|<link|<iframe|@import|url\(/i);
    expect(html.replaceAll('http://www.w3.org/', '').match(/(src|href)=[^#]*?https?:/g)).toBeNull();
    // Every element is one that we write.
    const elements = new Set(
      [...html.matchAll(/<([a-zA-Z!/][\w-]*)/g)].map(([, name]) => name!.replace('/', '')),
    );
    expect([...elements].sort()).toEqual(
      'a article body caption circle desc div doctype figcaption figure g h1 h2 head html li line main meta nav p path rect section span strong style sup svg table tbody td text th thead title tr tspan ul'
        .split(' ')
        .map((name) => (name === 'doctype' ? '!doctype' : name))
        .sort(),
    );
  });

  it('says in its head that it may load nothing', async () => {
    expect(await htmlOf([report])).toMatch(
      /<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-/,
    );
  });

  it('has heads, captions and text for those who do not see', async () => {
    const html = await htmlOf([report]);
    expect(html.match(/<table>/g)!.length).toBe(html.match(/<caption>[^<]/g)!.length);
    expect(html.match(/<tbody>\n?<tr><th scope="row">/g)!.length).toBe(html.match(/<table>/g)!.length);
    const figures = html.match(/<figure>/g)!.length;
    expect(html.match(/<svg role="img" aria-labelledby="[\w-]+ [\w-]+"/g)!.length).toBe(figures);
    expect(html.match(/<desc id="[\w-]+">[^<]{20}/g)!.length).toBe(figures);
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('charts', () => {
  const lines: Chart = {
    kind: 'lines',
    title: hostile.html,
    description: 'how it goes',
    x: 'epoch',
    y: 'loss',
    series: [
      {
        name: 'a',
        style: 0,
        points: [
          { x: 1, y: 0.5, low: 0.4, high: 0.6 },
          { x: 2, y: 0.4 },
        ],
      },
      {
        name: 'b',
        style: 1,
        points: [
          { x: 1, y: 0.3 },
          { x: 2, y: 0.2 },
        ],
      },
    ],
  };
  const bars: Chart = {
    kind: 'bars',
    title: 'b',
    description: 'd',
    x: 'x',
    bars: [
      { name: hostile.html, value: -1, low: -2, high: 0 },
      { name: 'b', value: 2 },
    ],
  };
  const heat: Chart = {
    kind: 'heat',
    title: 'h',
    description: 'd',
    x: 'x',
    y: 'y',
    values: [
      [0, 1],
      [null, 0.5],
    ],
  };

  it('draw lines with a point each, in the variables of the page', async () => {
    const svg = await drawChart(lines, 'c');
    expect(svg.match(/class="mark-symbol role-mark/g)).toHaveLength(1);
    expect(svg.match(/fill="var\(--series-[01]\)"/g)!.length).toBeGreaterThanOrEqual(4);
    expect(svg.match(/d="M[\d.]+,[\d.]+L[\d.]+,[\d.]+" stroke="var\(--series-[01]\)"/g)).toHaveLength(2);
    expect(svg).not.toMatch(/#[0-9a-f]{3,6}"|<script/);
  });

  it('draw a bar a row, and whiskers where there are intervals', async () => {
    const svg = await drawChart(bars, 'c');
    expect(svg.match(/<path[^>]*fill="var\(--series-0\)"/g)).toHaveLength(2);
    expect(svg).not.toContain('<script');
  });

  it('have the whole of long names, in lines that are centred on their bar', async () => {
    const name = 'concatenation + pooling, AL-2, a row whose name has all of eighty characters, 80';
    const bars = [
      { name, value: 1 },
      { name: 'short', value: 2 },
    ];
    const x = `auc less that of ${name}`;
    const svg = await drawChart({ kind: 'bars', title: 'b', description: 'd', x, bars }, 'c');
    expect(svg).not.toContain('…');
    const texts = [...svg.matchAll(/<text[^>]*translate\(([-\d.]+),([-\d.]+)\)[^>]*>(.*?)<\/text>/g)].map(
      ([, , y, inside]) => ({
        y: Number(y),
        lines: inside!
          .replace(/<\/?tspan[^>]*>/g, '|')
          .split('|')
          .filter(Boolean),
      }),
    );
    const whole = (start: string) => texts.find(({ lines }) => lines[0]!.startsWith(start))!;
    const long = whole('concatenation');
    expect(long.lines.join(' ')).toBe(name);
    expect(Math.max(...long.lines.map(({ length }) => length))).toBeLessThanOrEqual(19);
    expect(whole('auc less').lines.join(' ')).toBe(x);
    // The middle of the lines lies as far from that of the one as bars do from one another.
    const middle = ({ y, lines }: { y: number; lines: string[] }): number =>
      y + ((lines.length - 1) * 13) / 2;
    const tops = [...svg.matchAll(/<path[^>]*d="M[-\d.]+,([\d.]+)h[^>]*fill="var\(--series-0\)"/g)].map(
      ([, top]) => Number(top),
    );
    expect(tops).toHaveLength(2);
    expect(middle(whole('short')) - middle(long)).toBeCloseTo(tops[1]! - tops[0]!, 6);
  });

  it('draw a cell a value, the larger the fuller', async () => {
    const svg = await drawChart(heat, 'c');
    const opacities = [...svg.matchAll(/fill="var\(--heat\)" fill-opacity="([\d.]+)"/g)].map(([, value]) =>
      Number(value),
    );
    expect(opacities.length).toBe(3);
    expect(opacities.toSorted()).toEqual([0.05, 0.525, 1]);
  });
});

/** Contrast of two colours as WCAG 2 defines it. */
function contrast(a: string, b: string): number {
  const luminance = (color: string): number => {
    const [r, g, b] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

describe.each(['light', 'dark'] as const)('colours, %s', (mode) => {
  const colors = palettes[mode];
  it('of text stand out from page and panel by 4.5 to 1', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 9);
    for (const name of ['text', 'muted', 'link', 'good', 'bad'] as const) {
      expect({ name, enough: contrast(colors[name], colors.page) >= 4.5 }).toEqual({ name, enough: true });
      expect({ name, enough: contrast(colors[name], colors.panel) >= 4.5 }).toEqual({ name, enough: true });
    }
  });

  it('of series stand out by 3 to 1', () => {
    for (const color of [...colors.series, colors.heat]) {
      expect({ color, enough: contrast(color, colors.page) >= 3 }).toEqual({ color, enough: true });
    }
  });
});

it('tells series by more than colour', () => {
  const styles = Array.from({ length: 48 }, (_, i) => seriesStyle(i));
  expect(new Set(styles.map((style) => JSON.stringify(style))).size).toBe(48);
  const plain = styles.slice(0, 8).map(({ dash, symbol }) => dash + symbol);
  expect(new Set(plain).size).toBe(8);
});

describe('Markdown', () => {
  it('escapes what would be markup', () => {
    expect(escapeMarkdown(hostile.markdown)).toBe('a\\|b \\*c\\* \\[d\\](http&#8203;://e) \\`f\\`');
    expect(escapeMarkdown('<b>&\n1. x')).toBe('&lt;b&gt;&amp; 1. x');
    expect(escapeMarkdown('1. x')).toBe('1\\. x');
    expect(escapeMarkdown('- 0.5 ± 1')).toBe('\\- 0.5 ± 1');
    expect(escapeMarkdown('0.5')).toBe('0.5');
  });

  it('has every row of a table with as many cells as its head', () => {
    const cells = (line: string): number => line.replace(/\\[\\|]/g, '').split('|').length;
    const lines = markdownOf([report]).split('\n');
    const heads = lines.flatMap((line, i) => (/^\| :--/.test(line) ? [i] : []));
    expect(heads.length).toBeGreaterThan(5);
    for (const head of heads) {
      for (let i = head - 1; lines[i]!.startsWith('|'); i++)
        expect(cells(lines[i]!)).toBe(cells(lines[head]!));
    }
  });

  it('shows ranks and marks', () => {
    expect(markdownOf([reportOf(material())])).toContain(
      '| A | **0.7233 ± 0.0153** | **0.5100 ± 0.0100** | 3 |',
    );
    expect(markdownOf([reportOf(material())])).toContain(
      '| B | <u>0.7083 ± 0.0104</u> | 0.6103 ± 0.0096<sup>†</sup> | 3 |',
    );
  });
});

describe('LaTeX', () => {
  it('escapes what would be commands', () => {
    expect(escapeLatex(hostile.latex)).toBe(
      '50\\% \\textbackslash{}input\\{a\\} \\$x\\_1\\textasciicircum{}2\\$ \\& \\#1 \\{\\textasciitilde{}\\}',
    );
    expect(escapeLatex('a\n%b')).toBe('a \\%b');
  });

  it('shows ranks and marks between the rules of booktabs', () => {
    const text = latexOf([reportOf(material())]);
    expect(text).toContain('{\\footnotesize 18 seconds of work in all, in 9 runs.}');
    expect(text).toContain('A & \\textbf{0.7233 $\\pm$ 0.0153} & \\textbf{0.5100 $\\pm$ 0.0100} & 3 \\\\');
    expect(text).toContain(
      'B & \\underline{0.7083 $\\pm$ 0.0104} & 0.6103 $\\pm$ 0.0096\\textsuperscript{\\textdagger{}} & 3 \\\\',
    );
    expect(text.match(/\\toprule/g)!.length).toBe(text.match(/\\bottomrule/g)!.length);
  });

  itIf(hasLatex(), 'there is no pdflatex with booktabs (texlive-latex-recommended)')('compiles', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mvrec-latex-'));
    writeFileSync(join(folder, 'tables.tex'), latexOf([report, reportOf(material())]));
    writeFileSync(
      join(folder, 'main.tex'),
      '\\documentclass{article}\\usepackage{booktabs}\\begin{document}\\input{tables}\\end{document}',
    );
    execFileSync('pdflatex', ['-interaction=nonstopmode', '-halt-on-error', 'main.tex'], {
      cwd: folder,
      stdio: 'pipe',
    });
    expect(readFileSync(join(folder, 'main.log'), 'utf8')).toContain('Output written on main.pdf');
  });
});

function hasLatex(): boolean {
  try {
    return execFileSync('kpsewhich', ['booktabs.sty'], { encoding: 'utf8', stdio: 'pipe' }).trim() !== '';
  } catch {
    return false;
  }
}

describe('CSV', () => {
  it('gives a spreadsheet no formula', () => {
    expect(csvField(hostile.formula)).toBe(`"'${hostile.formula}"`);
    for (const start of ['+', '-', '@', '\t=', ' =', '\uff1d']) expect(csvField(`${start}1`)).toMatch(/^"'/);
    expect(csvField(-0.5)).toBe('-0.5');
    expect(csvField('a,"b"\nc')).toBe('"a,""b""\nc"');
    expect(csvField(null)).toBe('');
  });

  it('has a line a value, in the same columns', () => {
    const own = material({
      labels: ['A', 'B'],
      changes: ['--set train.epochs=1', '--engine cpu'],
      entries: [
        entry('A', 1, {
          metrics: { auc: 0.7 },
          floors: { random: { auc: 0.5 } },
          provenance: simulated,
          breakdown: { item: [{ group: 'cold', rows: 5, users: 2, metrics: { auc: null } }] },
          epochs: [{ epoch: 1, step: 9, metrics: { train: { loss: 0.6 } } }],
        }),
        entry('B', 1, { state: 'waiting', run: null }),
      ],
      published: { A: { auc: 0.71 } },
    });
    expect(csvOf([own]).split('\r\n')).toEqual([
      'report,source,row,seed,state,part,metric,group,epoch,value,run,changes',
      's-1,run,A,1,finished,test,auc,,,0.7,s-1/A-1,with --set train.epochs=1 --engine cpu',
      's-1,run,A,1,finished,test,auc,item cold,,,s-1/A-1,with --set train.epochs=1 --engine cpu',
      's-1,curve,A,1,finished,train,loss,,1,0.6,s-1/A-1,with --set train.epochs=1 --engine cpu',
      's-1,cost,A,1,finished,,seconds,,,2,s-1/A-1,with --set train.epochs=1 --engine cpu',
      's-1,run,B,1,waiting,,,,,,,with --set train.epochs=1 --engine cpu',
      's-1,floor,random,,,test,auc,,,0.5,,with --set train.epochs=1 --engine cpu',
      's-1,paper,A,,,test,auc,,,0.71,,with --set train.epochs=1 --engine cpu',
      '',
    ]);
  });

  it('gives none of the hostile names free', () => {
    for (const line of csvOf([nasty]).split('\r\n')) expect(line).not.toMatch(/(^|,)"?[=+@]/);
  });
});

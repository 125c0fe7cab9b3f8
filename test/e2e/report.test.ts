import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import { hostile, sweepFolder } from '../reports/fixture.js';
import { chromiumMissing, findChromium, openInChromium } from '../support/chromium.js';
import { describeIf, runBin, temporaryFolder } from '../support/index.js';

const folder = temporaryFolder();
const results = join(folder, 'results');
const page = join(folder, 'report.html');
const env = { MVREC_RESULTS_DIR: results, MVREC_DATA_DIR: join(folder, 'data') };
const mvrec = (...args: string[]) => runBin(args, { cwd: folder, env });

beforeAll(async () => {
  await sweepFolder(results, 'nasty-0123abcd', [hostile.html, hostile.latex, hostile.markdown]);
  const attention = Array.from({ length: 2 * 64 }, (_, i) => ((i * 7) % 13) / 13);
  writeFileSync(
    join(folder, 'taps.json'),
    JSON.stringify({ 'click.attention': { shape: [2, 8, 8], values: attention } }),
  );
});

it('writes a page whole, and over another with --force only', async () => {
  const words = ['report', 'nasty', '--taps', 'taps.json', '--out', 'report.html'];
  expect(await mvrec(...words)).toMatchObject({
    code: 0,
    stdout: 'Report written to report.html\n',
    stderr: '',
  });
  const { mtimeMs } = statSync(page);
  const again = await mvrec(...words);
  expect(again).toMatchObject({ code: 2, stdout: '' });
  expect(again.stderr).toBe(
    'report.html is there already\n  --force writes it anew, --out names another file.\n',
  );
  expect(statSync(page).mtimeMs).toBe(mtimeMs);
  expect(await mvrec(...words, '--force')).toMatchObject({ code: 0 });
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

it('serves until Ctrl-C', async () => {
  let asked: Promise<Response> | null = null;
  const { code, stderr } = await runBin(['report', '--serve', '--port', '0'], {
    cwd: folder,
    env,
    onOutput: (text, kill) => {
      const url = /Reports at (http:\S+)/.exec(text)?.[1];
      if (!url) return;
      asked = fetch(url);
      asked.finally(() => kill('SIGINT')).catch(() => {});
    },
  });
  expect({ code, stopped: stderr.includes('stopping') }).toEqual({ code: 0, stopped: true });
  expect((await asked!).status).toBe(200);
});

const chromium = findChromium();

interface Look {
  readonly width: number;
  readonly inner: number;
  readonly scripts: number;
  readonly background: string;
  readonly label: string;
  readonly text: string;
  readonly charts: readonly {
    readonly title: string;
    readonly width: number;
    readonly height: number;
    readonly marks: number;
  }[];
}

/** A page that holds the report at some widths and puts down what it measures of each. */
const frames = (
  widths: readonly number[],
): string => `<!doctype html><meta charset="utf-8"><body style="margin:0">
${widths.map((width) => `<iframe src="report.html" style="border:0" width="${width}" height="800"></iframe>`).join('')}
<pre id="looks"></pre><script>
addEventListener('load', () => {
  const looks = [...document.querySelectorAll('iframe')].map((frame) => {
    const page = frame.contentDocument;
    const style = (element, name) => frame.contentWindow.getComputedStyle(element)[name];
    const size = (element) => element.getBoundingClientRect();
    const look = {
      width: frame.width * 1,
      inner: page.documentElement.scrollWidth,
      scripts: page.scripts.length,
      background: style(page.body, 'backgroundColor'),
      text: style(page.body, 'color'),
      label: style(page.querySelector('figure svg text'), 'fill'),
      charts: [...page.querySelectorAll('figure')].map((figure) => {
        const svg = figure.querySelector('svg');
        const marks = [...svg.querySelectorAll('[class*="role-mark"] path, [class*="role-mark"] line')];
        const shown = marks.filter((mark) => size(mark).width + size(mark).height > 0 &&
          ![style(mark, 'fill'), style(mark, 'stroke')].every((paint) => paint === 'none'));
        return { title: figure.textContent.slice(0, 40), width: size(svg).width, height: size(svg).height, marks: shown.length };
      }),
    };
    frame.height = page.documentElement.scrollHeight;
    return look;
  });
  document.getElementById('looks').textContent = JSON.stringify(looks);
});
</script>`;

describeIf(chromium !== null, chromiumMissing)('in Chromium', () => {
  const artefacts = process.env.MVREC_TEST_ARTEFACTS ?? folder;
  const look = (scheme: 'light' | 'dark'): { looks: Look[]; console: readonly string[] } => {
    const seen = openInChromium(chromium!, join(folder, 'frames.html'), [
      '--dump-dom',
      `--blink-settings=preferredColorScheme=${scheme === 'dark' ? 0 : 1}`,
    ]);
    const text = /<pre id="looks">([^<]*)<\/pre>/.exec(seen.dom)![1]!;
    const plain = text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
    return { looks: JSON.parse(plain) as Look[], console: seen.console };
  };

  beforeAll(async () => {
    if (!existsSync(page)) await mvrec('report', 'nasty', '--taps', 'taps.json', '--out', 'report.html');
    writeFileSync(join(folder, 'frames.html'), frames([360, 1200]));
    mkdirSync(artefacts, { recursive: true });
  });

  it.each(['light', 'dark'] as const)('draws every chart and fits a phone, %s', (scheme) => {
    const { looks, console: said } = look(scheme);
    expect(said).toEqual([]);
    expect(looks.map(({ width }) => width)).toEqual([360, 1200]);
    for (const { width, inner, scripts, background, text, label, charts } of looks) {
      expect({ width, fits: inner <= width }).toEqual({ width, fits: true });
      expect(scripts).toBe(0);
      expect(background).toBe(scheme === 'dark' ? 'rgb(20, 23, 26)' : 'rgb(255, 255, 255)');
      expect(label).toBe(text); // the charts follow the page
      expect(charts.length).toBe(readFileSync(page, 'utf8').match(/<figure>/g)!.length);
      expect(charts.length).toBeGreaterThan(5);
      for (const chart of charts) {
        const { title, marks } = chart;
        expect({ title, drawn: chart.width > 100 && chart.height > 50 && marks > 0 }).toEqual({
          title,
          drawn: true,
        });
      }
    }
  });

  it('leaves a picture', () => {
    const picture = join(artefacts, 'report.png');
    openInChromium(chromium!, page, [`--screenshot=${picture}`, '--window-size=1200,4000']);
    const png = readFileSync(picture);
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1200, 4000]);
  });

  it('would notice what a page may not do', () => {
    const bad = join(folder, 'bad.html');
    const forbidden =
      '<main><img src="http://127.0.0.1:9/x.png"><p style="color:red">x</p><script>1</script>';
    writeFileSync(bad, readFileSync(page, 'utf8').replace('<main>', forbidden));
    const said = openInChromium(chromium!, bad, ['--dump-dom']).console.join('\n');
    for (const what of ['x.png', 'inline style', 'inline script']) expect(said).toContain(what);
  });
});

/** A line chart as SVG text: worlds in colours, real logs dashed in grey. */

const size = { width: 760, height: 340, left: 64, right: 200, top: 40, bottom: 46 };
const colours = {
  quickstart: '#0072b2',
  microvideo: '#d55e00',
  kuaishou: '#009e73',
  toffee: '#cc79a7',
  frame: '#e69f00',
};
const dashes = {
  'KuaiRand (selected)': '7 3',
  SegMM: '1 5',
  'MicroLens-50k': '9 3 2 3',
  Kwai: '2 3',
  TikTok: '12 4',
};

/**
 * @param {{ title: string, x: Axis, y: Axis }} about
 * @param {Record<string, Point[]>} simulated by name of the world
 * @param {Record<string, Point[]>} real by name of the log
 * @typedef {[x: number, y: number]} Point
 * @typedef {{ title: string, log: boolean }} Axis
 */
export function lineChart({ title, x, y }, simulated, real) {
  const points = [...Object.values(simulated), ...Object.values(real)].flat();
  const across = scaleOf(
    points.map(([value]) => value),
    x.log,
    size.left,
    size.width - size.right,
  );
  const up = scaleOf(
    points.map(([, value]) => value),
    y.log,
    size.height - size.bottom,
    size.top,
  );
  const lines = [
    ...Object.entries(simulated).map(([name, curve]) => ({
      name: `simulated: ${name}`,
      curve,
      stroke: `stroke="${colours[name]}" stroke-width="2"`,
    })),
    ...Object.entries(real).map(([name, curve]) => ({
      name: `real: ${name}`,
      curve,
      stroke: `stroke="#444" stroke-width="1.5" stroke-dasharray="${dashes[name]}"`,
    })),
  ];
  const right = size.width - size.right;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${title}</title>`,
    `<rect width="${size.width}" height="${size.height}" fill="#fff"/>`,
    `<text x="${size.left}" y="22" font-size="14" fill="#222">${title}</text>`,
    ...across.ticks.flatMap((value) => [
      `<line x1="${across.at(value)}" x2="${across.at(value)}" y1="${size.top}" y2="${size.height - size.bottom}" stroke="#e6e6e6"/>`,
      `<text x="${across.at(value)}" y="${size.height - size.bottom + 16}" text-anchor="middle" fill="#444">${label(value)}</text>`,
    ]),
    ...up.ticks.flatMap((value) => [
      `<line x1="${size.left}" x2="${right}" y1="${up.at(value)}" y2="${up.at(value)}" stroke="#e6e6e6"/>`,
      `<text x="${size.left - 6}" y="${up.at(value) + 4}" text-anchor="end" fill="#444">${label(value)}</text>`,
    ]),
    `<text x="${(size.left + right) / 2}" y="${size.height - 10}" text-anchor="middle" fill="#222">${x.title}</text>`,
    `<text transform="translate(16 ${(size.top + size.height - size.bottom) / 2}) rotate(-90)" text-anchor="middle" fill="#222">${y.title}</text>`,
    ...lines.map(
      ({ curve, stroke }) =>
        `<polyline fill="none" ${stroke} points="${curve.map(([a, b]) => `${across.at(a)},${up.at(b)}`).join(' ')}"/>`,
    ),
    ...lines.flatMap(({ name, stroke }, i) => [
      `<line x1="${right + 14}" x2="${right + 40}" y1="${size.top + 10 + 20 * i}" y2="${size.top + 10 + 20 * i}" ${stroke}/>`,
      `<text x="${right + 46}" y="${size.top + 14 + 20 * i}" fill="#222">${name}</text>`,
    ]),
    '</svg>',
  ].join('\n')}\n`;
}

/** From values to places on the paper, to a tenth of a point, and the values at which to draw lines. */
function scaleOf(values, log, from, to) {
  const most = Math.max(...values);
  const least = log ? Math.min(...values) : Math.min(0, ...values);
  const ticks = log ? powersOfTen(least, most) : steps(least, most);
  const [low, high] = log ? [Math.log(least), Math.log(most)] : [least, Math.max(most, ticks.at(-1))];
  const at = (value) =>
    Math.round(10 * (from + ((to - from) * ((log ? Math.log(value) : value) - low)) / (high - low))) / 10;
  return { at, ticks };
}

function powersOfTen(least, most) {
  const first = Math.ceil(Math.log10(least) - 1e-9);
  const last = Math.floor(Math.log10(most) + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
}

function steps(least, most) {
  const rough = (most - least) / 5;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * unit).find((size) => size >= rough);
  return Array.from({ length: Math.floor((most - least) / step + 1e-9) + 1 }, (_, i) => least + i * step);
}

const label = (value) => (value >= 1000 ? value.toLocaleString('en') : String(Number(value.toPrecision(3))));

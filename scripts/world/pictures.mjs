/**
 * Draws what the simulated worlds make beside the same statistics of real logs, for docs/simulator.md:
 *
 *   npm run build && node scripts/world/pictures.mjs [FOLDER OF THE REAL LOGS]
 *
 * The curves of the real logs are kept in docs/figures/real.json, so that the pictures can be drawn anew without them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lineChart } from './chart.mjs';
import { realCurves } from './real.mjs';
import { simulatedCurves } from './simulated.mjs';

const place = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const kept = place('docs/figures/real.json');

const pictures = {
  rowsPerUser: {
    title: 'Users with at least n rows',
    x: { title: 'n', log: true },
    y: { title: 'share of users', log: true },
  },
  rowsPerVideo: {
    title: 'Videos with at least n rows',
    x: { title: 'n', log: true },
    y: { title: 'share of videos', log: true },
  },
  historyLength: {
    title: 'Users with at least n clicks: lengths of histories',
    x: { title: 'n', log: true },
    y: { title: 'share of users', log: true },
  },
  clicksByPlace: {
    title: 'Click rate by place in the session',
    x: { title: 'place', log: false },
    y: { title: 'click rate', log: false },
  },
  watchRatio: {
    title: 'Time watched over duration, of what was played (last point: 1.9 and above)',
    x: { title: 'watch ratio', log: false },
    y: { title: 'share of rows', log: false },
  },
};

const simulated = await simulatedCurves();
const measured = await realCurves(process.argv[2] ?? place('../shared/data'));
if (measured) writeFileSync(kept, `${JSON.stringify(measured)}\n`);
else process.stdout.write(`no real logs there; their curves are those of ${kept}\n`);
const real = measured ?? JSON.parse(readFileSync(kept, 'utf8'));
for (const [name, about] of Object.entries(pictures)) {
  const file = place(`docs/figures/simulator-${name}.svg`);
  writeFileSync(file, lineChart(about, simulated[name], real[name]));
  process.stdout.write(`wrote ${file}\n`);
}

import { readFileSync } from 'node:fs';
import { alpine } from './alpine.mjs';
import { importing } from './import.mjs';
import { recurrent, table } from './layers.mjs';
import { metrics } from './metrics.mjs';
import { ctr, labelled, pairwise, retrieval, wmf } from './models.mjs';
import { bpr, neumf, ranking } from './positives.mjs';
import { thacil } from './thacil.mjs';

/** In the order in which they run. */
export const comparisons = [
  ...thacil,
  alpine,
  recurrent,
  bpr,
  neumf,
  ranking,
  metrics,
  table,
  importing,
  ctr,
  labelled,
  retrieval,
  pairwise,
  wmf,
];

/** What the project means to reach: rows by `comparison/row`, all of which must. */
export const targets = JSON.parse(readFileSync(new URL('../targets.json', import.meta.url), 'utf8'));

import { readFileSync } from 'node:fs';
import { metrics } from './metrics.mjs';
import { bpr, neumf, ranking } from './positives.mjs';
import { thacil } from './thacil.mjs';

/** In the order in which they run. */
export const comparisons = [...thacil, bpr, neumf, ranking, metrics];

/** What the project means to reach: rows by `comparison/row`, all of which must. */
export const targets = JSON.parse(readFileSync(new URL('../targets.json', import.meta.url), 'utf8'));

import { metricDirection } from '../metrics/index.js';
import { holm, pairedTTest, summarize } from '../statistics/index.js';
import type { ClaimResult } from '../sweeps/index.js';
import type { Mark } from './document.js';
import { type Material, seedValues } from './material.js';

const alpha = 0.05;

/** What rows of a table are held against, and what came of it. */
export interface Significance {
  /** By row and column. */
  readonly marks: ReadonlyMap<string, ReadonlyMap<string, Mark>>;
  /** What the marks mean; null where nothing could be tested. */
  readonly legend: string | null;
}

/**
 * The row that the sweep is about: the first that a claim names as better than others. Null where no claim says so of one row.
 */
export function claimedRow(results: readonly ClaimResult[]): { row: string; claim: string } | null {
  for (const { id, type, parts } of results) {
    if (!['best', 'order', 'atLeast'].includes(type) || parts.length === 0) continue;
    const row = parts[0]!.row;
    if (type === 'best' && parts.some((part) => part.row !== row)) continue; // best along several lines
    return { row, claim: id };
  }
  return null;
}

/**
 * Two-sided paired t tests over the seeds that two rows share, column by column: each row against the one that a claim names, or
 * else against the best other row. p is adjusted by Holm over all tests of the table.
 */
export function significanceOf(material: Material): Significance {
  const { labels, metrics } = material;
  const named = claimedRow(material.claims?.results ?? []);
  const reference = named && labels.includes(named.row) ? named : null;
  // The best two are each held against the other: one test.
  const tests = new Map<string, { readonly p: number | null; readonly n: number }>();
  const held: { row: string; metric: string; better: boolean; key: string }[] = [];
  for (const metric of metrics) {
    const sign = metricDirection(metric) === 'lower' ? -1 : 1;
    const columns = new Map(labels.map((label) => [label, seedValues(material, label, metric)]));
    const goodness = (label: string): number => {
      const values = [...columns.get(label)!.values()];
      return values.length === 0 ? Number.NEGATIVE_INFINITY : sign * summarize(values).mean;
    };
    const inOrder = labels.filter((label) => columns.get(label)!.size > 0);
    inOrder.sort((a, b) => goodness(b) - goodness(a));
    for (const row of inOrder) {
      const other = reference?.row ?? inOrder.find((label) => label !== row);
      if (other === undefined || other === row) continue;
      const [a, b] = [columns.get(row)!, columns.get(other)!];
      const seeds = [...a.keys()].filter((seed) => b.has(seed));
      const test = pairedTTest(
        seeds.map((seed) => a.get(seed)!),
        seeds.map((seed) => b.get(seed)!),
      );
      const key = JSON.stringify([metric, ...[row, other].sort()]);
      tests.set(key, { p: test?.p ?? null, n: seeds.length });
      held.push({ row, metric, better: sign * (test?.mean ?? 0) > 0, key });
    }
  }
  const made = [...tests].filter(([, { p }]) => p !== null);
  if (made.length === 0) return { marks: new Map(), legend: null };
  const adjusted = holm([...tests.values()].map(({ p }) => p));
  const isSignificant = new Map([...tests.keys()].map((key, i) => [key, (adjusted[i] ?? 1) < alpha]));
  const marks = new Map<string, Map<string, Mark>>();
  for (const { row, metric, better, key } of held) {
    if (!isSignificant.get(key)) continue;
    const own = marks.get(row) ?? new Map<string, Mark>();
    marks.set(row, own.set(metric, better ? '*' : '†'));
  }
  const seeds = [...new Set(made.map(([, { n }]) => n))].sort((a, b) => a - b);
  const range = seeds.length > 1 ? `${seeds[0]} to ${seeds.at(-1)}` : `${seeds[0]}`;
  const against = reference
    ? `${reference.row}, the row that the claim ${reference.claim} names`
    : 'the best other row';
  const legend = `* significantly better, † significantly worse than ${against}: two-sided paired t test over ${range} seeds, p adjusted by Holm over the ${tests.size === 1 ? 'one test' : `${tests.size} tests`} of this table, p < ${alpha}.`;
  return { marks, legend };
}

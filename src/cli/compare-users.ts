import { UserError } from '../base/index.js';
import type { Comparison, Run } from '../runs/index.js';
import { holm, pairedBootstrap } from '../statistics/index.js';
import { formatTable } from './output.js';

/** How a metric of test differs between two runs, users drawn with replacement. */
export interface UserComparison {
  readonly metric: string;
  readonly run: string;
  readonly over: string;
  readonly users: number;
  /** The metric of `run` less that of `over`. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** Two-sided. */
  readonly p: number;
  /** The same, adjusted over all comparisons by Holm. */
  readonly pHolm: number;
}

/**
 * Compares each run with the first one, on every metric that is a mean over users in both.
 *
 * @param comparison of the same runs
 * @throws UserError for a single run, other data, another split or other candidates, and for a run without values of users
 */
export async function compareUsers(runs: readonly Run[], comparison: Comparison): Promise<UserComparison[]> {
  const [first, ...others] = runs;
  if (!first || others.length === 0)
    throw new UserError(
      '--users compares runs with the first one, and there is one run',
      'Name two or more.',
    );
  const twice = runs.find((run, i) => runs.findIndex(({ id }) => id === run.id) < i);
  if (twice) throw new UserError(`${twice.id} is named twice`, 'Name each run once.');
  requireSameTest(comparison);
  const base = await valuesOf(first);
  const rows: Omit<UserComparison, 'pHolm'>[] = [];
  for (const run of others) {
    for (const [metric, values] of await valuesOf(run)) {
      const over = base.get(metric);
      if (!over) continue;
      const { users, difference, interval, p } = pairedBootstrap(values, over);
      const { low, high } = interval;
      rows.push({ metric, run: run.id, over: first.id, users, difference, low, high, p });
    }
  }
  if (rows.length === 0) {
    throw new UserError(
      'the runs have no metric of users in common',
      'Evaluate both by one, for example gauc.',
    );
  }
  const adjusted = holm(rows.map(({ p }) => p));
  return rows.map((row, i) => ({ ...row, pHolm: adjusted[i]! }));
}

export function userComparisonText(rows: readonly UserComparison[], runs: readonly string[]): string {
  const number = (run: string): string => String(runs.indexOf(run) + 1);
  const signed = (value: number): string => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(4)}`;
  const right = (title: string) => ({ title, align: 'right' as const });
  return formatTable(
    [{ title: 'test, users drawn again' }, ...['runs', 'gain', '95 %', 'p', 'p (Holm)', 'users'].map(right)],
    rows.map(({ metric, run, over, users, difference, low, high, p, pHolm }) => [
      metric,
      `${number(run)} over ${number(over)}`,
      signed(difference),
      `${signed(low)} to ${signed(high)}`,
      p.toFixed(4),
      pHolm.toFixed(4),
      String(users),
    ]),
  );
}

function requireSameTest({ config, provenance }: Comparison): void {
  // What a source is called is no matter, nor where lists of candidates lie: what is in them is.
  const named = /^data\.source\.|^evaluate\.candidates\.path$/;
  const same = /^data\.|^evaluate\.candidates/;
  const differing = [
    ...Object.keys(config).filter((key) => same.test(key) && !named.test(key)),
    ...Object.keys(provenance).filter((key) => key === 'data.fingerprint' || key.startsWith('candidates')),
  ];
  if (differing.length === 0) return;
  throw new UserError(
    `the runs are not tested on the same: ${differing[0]} differs`,
    'User by user, only runs on the same data, split, label and candidates can be compared: leave --users out.',
  );
}

async function valuesOf(run: Run) {
  const values = await run.readUsers();
  if (values && values.size > 0) return values;
  throw new UserError(
    `${run.id} has no values of users`,
    'They are written when a training that evaluates test ends; metrics of all rows together, such as auc, have none.',
  );
}

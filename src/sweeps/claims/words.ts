import type { ClaimResult, Part } from './types.js';

/** `holds`, `undecided (needs 4 more seeds)`, `not applicable (it is made for kuaishou, not for simulated)`. */
export function verdictText({ verdict, reason, moreSeeds }: ClaimResult): string {
  if (verdict === 'undecided' && moreSeeds !== null) {
    return `undecided (needs ${moreSeeds} more ${moreSeeds === 1 ? 'seed' : 'seeds'})`;
  }
  return reason === null || verdict === 'qualitative' ? verdict : `${verdict} (${reason})`;
}

/** `gauc: the gain of SCAA over SCAA_s is above 0.002`. */
export function partText({ metric, row, against, less, unit, kind, relation, threshold }: Part): string {
  const amount = unit === 'relative' ? `${Number((100 * threshold).toPrecision(12))} %` : String(threshold);
  const pair = kind === 'gain' ? `the gain of ${row} over ${against}` : `${row} less ${against}`;
  const off = less ? `, less that of ${less[0]} over ${less[1]},` : '';
  return `${metric}: ${pair}${off} is ${relation} ${amount}`;
}

/** What a sweep's claims come to together: those that do not apply and qualitative ones do not count. */
export function overallVerdict(results: readonly ClaimResult[]): 'hold' | 'fail' | 'undecided' {
  const has = (verdict: ClaimResult['verdict']) => results.some((result) => result.verdict === verdict);
  if (has('fails')) return 'fail';
  return has('undecided') ? 'undecided' : 'hold';
}

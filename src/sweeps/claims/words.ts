import type { ClaimResult, Evidence, OverallVerdict, Part } from './types.js';

/** `holds`, `undecided (needs 4 more seeds)`, `not applicable (it is made for kuaishou, not for simulated)`. */
export function verdictText({ verdict, reason, moreSeeds }: ClaimResult): string {
  if (verdict === 'undecided' && moreSeeds !== null) {
    return `undecided (needs ${moreSeeds} more ${moreSeeds === 1 ? 'seed' : 'seeds'})`;
  }
  return reason === null || verdict === 'qualitative' ? verdict : `${verdict} (${reason})`;
}

/** `gauc: the gain of SCAA over SCAA_s is above 0.002`. */
export function partText(part: Part): string {
  const { metric, row, against, less, unit, kind, relation, threshold, smallest } = part;
  const amount = (value: number): string =>
    unit === 'relative' ? `${Number((100 * value).toPrecision(12))} %` : String(value);
  const pair = kind === 'gain' ? `the gain of ${row} over ${against}` : `${row} less ${against}`;
  const off = less ? `, less that of ${less[0]} over ${less[1]},` : '';
  const least = smallest === undefined ? '' : ` (below ${amount(smallest)} it is none)`;
  return `${metric}: ${pair}${off} is ${relation} ${amount(threshold)}${least}`;
}

/** `auc: the gain of A over B is above 0: 0.0123 (0.7100 and 0.6977; sd ..., 90 % interval ... to ..., n 3, g 2.10), p 0.004`. */
export function evidenceText(part: Evidence): string {
  const { mean, sd, interval, p, effect, seeds, rowMean, againstMean, problem } = part;
  if (mean === null || rowMean === null || againstMean === null) return `${partText(part)}: ${problem}`;
  const text = (value: number) =>
    part.unit === 'relative' ? `${(100 * value).toFixed(2)} %` : value.toFixed(4);
  const spread = [
    ...(sd === null ? [] : [`sd ${text(sd)}`]),
    ...(interval
      ? [
          `${Math.round(100 * interval.confidence)} % interval ${text(interval.low)} to ${text(interval.high)}`,
        ]
      : []),
    `n ${seeds}`,
    ...(effect ? [effect.g === null ? `d_z ${effect.d.toFixed(2)}` : `g ${effect.g.toFixed(2)}`] : []),
  ];
  const means = `${rowMean.toFixed(4)} and ${againstMean.toFixed(4)}`;
  return `${partText(part)}: ${text(mean)} (${means}; ${spread.join(', ')})${p ? `, p ${pText(p.for)}` : ''}`;
}

export const pText = (p: number): string => (p < 0.0001 ? p.toExponential(0) : p.toFixed(4));

/** What a sweep's claims come to together: those that do not apply and qualitative ones do not count. */
export function overallVerdict(results: readonly ClaimResult[]): OverallVerdict {
  const has = (verdict: ClaimResult['verdict']) => results.some((result) => result.verdict === verdict);
  if (has('fails')) return 'fails';
  return has('undecided') ? 'undecided' : 'holds';
}

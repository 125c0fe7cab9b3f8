import { type ClaimResult, type Evidence, type Judgement, partText, verdictText } from '../sweeps/index.js';
import { counted } from './output.js';

/** What a sweep claims, each with its verdict and what supports it. */
export function claimsText({ verdict, seeds, looks, results }: Judgement): string {
  const control = results.some((claim) => claim.control);
  const times = looks > 1 ? `, and for ${looks} looks at most` : '';
  return [
    `Claims, by one-sided t tests of ${counted(seeds.length, 'seed')}; p adjusted by Holm over the claims${times}`,
    ...(control ? ['A control: a claim holds if its effect is absent.'] : []),
    ...results.map(claimText),
    summaryText(verdict, results),
  ].join('\n');
}

/** What would be judged, before it is. */
export function claimsPlanText({ results }: Judgement): string {
  return [
    'Claims',
    ...results.map(({ id, statement, place, control, verdict, reason }) => {
      const notes = {
        'not applicable': ` (not applicable: ${reason})`,
        qualitative: ` (seen in ${reason})`,
      } as Partial<Record<typeof verdict, string>>;
      const note = notes[verdict] ?? (control ? ' (control: the effect must be absent)' : '');
      return `  ${id}: ${statement}${place ? `, ${place}` : ''}${note}`;
    }),
  ].join('\n');
}

function claimText(claim: ClaimResult): string {
  const { id, statement, place, contradiction, parts, p, verdict, reason } = claim;
  const side = verdict === 'fails' ? 'fails' : 'holds';
  const values = p && `; p ${pText(p.raw[side])}, adjusted ${pText(p.adjusted[side])}`;
  return [
    `  ${id}: ${statement}${place ? `, ${place}` : ''}`,
    `    ${verdictText(claim)}${verdict === 'qualitative' ? `: ${reason}` : ''}${values ?? ''}`,
    ...(contradiction ? [`    the paper contradicts itself: ${contradiction}`] : []),
    ...parts.map((part) => `      ${evidenceText(part)}`),
  ].join('\n');
}

/** `auc: the gain of A over B is above 0: 0.0123 (0.7100 and 0.6977; sd ..., 90 % interval ... to ..., n 3, g 2.10), p 0.004`. */
function evidenceText(part: Evidence): string {
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

function summaryText(verdict: Judgement['verdict'], results: readonly ClaimResult[]): string {
  if (verdict === 'hold') return 'All claims hold.';
  const count = (one: ClaimResult['verdict']) => results.filter((claim) => claim.verdict === one).length;
  const [fails, undecided] = [count('fails'), count('undecided')];
  return [
    `Of ${counted(results.length, 'claim')}`,
    [...(fails > 0 ? [`${fails} fails`] : []), ...(undecided > 0 ? [`${undecided} undecided`] : [])].join(
      ', ',
    ),
  ].join(' ');
}

const pText = (p: number): string => (p < 0.0001 ? p.toExponential(0) : p.toFixed(4));

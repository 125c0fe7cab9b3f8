import {
  type ClaimResult,
  evidenceText,
  type Judgement,
  lookedBefore,
  pText,
  restatedText,
  verdictText,
} from '../sweeps/index.js';
import { counted } from './output.js';

/** What a sweep claims, each with its verdict and what supports it. */
export function claimsText({ verdict, seeds, looks, before, restated, results }: Judgement): string {
  const control = results.some((claim) => claim.control);
  const times = looks > 1 ? `, and for ${looks} looks${before?.length ? '' : ' at most'}` : '';
  return [
    `Claims, by one-sided t tests of ${counted(seeds.length, 'seed')}; p adjusted by Holm over the claims${times}`,
    ...(before?.length ? [`${lookedBefore(before)}.`] : []),
    ...(restated ? [`${restatedText(restated)}.`] : []),
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

function summaryText(verdict: Judgement['verdict'], results: readonly ClaimResult[]): string {
  const tested = results.some(({ verdict: one }) => one !== 'not applicable' && one !== 'qualitative');
  if (!tested) return 'No claim was tested.';
  if (verdict === 'holds') return 'All claims hold.';
  const count = (one: ClaimResult['verdict']) => results.filter((claim) => claim.verdict === one).length;
  const [fails, undecided] = [count('fails'), count('undecided')];
  return [
    `Of ${counted(results.length, 'claim')}`,
    [
      ...(fails > 0 ? [`${fails} ${fails === 1 ? 'fails' : 'fail'}`] : []),
      ...(undecided > 0 ? [`${undecided} undecided`] : []),
    ].join(', '),
  ].join(' ');
}

import {
  type ClaimResult,
  evidenceText,
  lookedBefore,
  pText,
  restatedText,
  verdictText,
} from '../sweeps/index.js';
import { left, plain, type Section } from './document.js';
import type { Material } from './material.js';
import { counted } from './numbers.js';

/** Every claim with its verdict and what supports it. */
export function claimSection({ claims }: Material): Section | null {
  if (!claims || claims.results.length === 0) return null;
  const { seeds, looks, before, restated, results, verdict } = claims;
  const control = results.some((claim) => claim.control);
  const overall = {
    holds: 'All claims that apply hold.',
    fails: 'A claim fails.',
    undecided: 'A claim is undecided.',
  };
  const times = looks > 1 ? `, and multiplied by ${looks} looks` : '';
  return {
    id: 'claims',
    title: 'Claims',
    text: [
      `${overall[verdict]} One-sided t tests over ${counted(seeds.length, 'seed')}; p adjusted by Holm over the claims${times}.`,
      ...(before?.length ? [`${lookedBefore(before)}.`] : []),
      ...(restated ? [`${restatedText(restated)}.`] : []),
      ...(control ? ['These data are a control: a claim holds if its effect is absent.'] : []),
    ],
    tables: [
      {
        caption: 'Claims, verdicts and what they rest on',
        columns: ['claim', 'what is claimed', 'verdict', 'p, adjusted', 'evidence'].map(left),
        rows: results.map((claim) => [
          plain(claim.id),
          plain([claim.statement, claim.place].filter(Boolean).join(', ')),
          plain(claim.verdict === 'qualitative' ? 'qualitative' : verdictText(claim)),
          plain(claim.p ? pText(claim.p.adjusted[claim.verdict === 'fails' ? 'fails' : 'holds']) : '-'),
          plain(evidenceOf(claim)),
        ]),
        legend: [],
      },
    ],
    charts: [],
  };
}

function evidenceOf({ verdict, reason, contradiction, parts }: ClaimResult): string {
  return [
    ...(verdict === 'qualitative' && reason ? [`seen in ${reason}`] : []),
    ...(contradiction ? [`the paper contradicts itself: ${contradiction}`] : []),
    ...parts.map(evidenceText),
  ].join('; ');
}

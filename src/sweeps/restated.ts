import { createHash } from 'node:crypto';
import type { Claim } from '../config/index.js';
import type { Judgement } from './judge.js';

const words = ['statement', 'place', 'contradiction', 'seenIn'];

/** Of what claims ask, without their words: with the same, results are judged alike. */
export function digestOf(claims: readonly Claim[]): string {
  const asked = JSON.stringify(claims, (key, value) => (words.includes(key) ? undefined : value));
  return createHash('sha256').update(asked).digest('hex').slice(0, 16);
}

/**
 * How often the claims were changed after results had been seen, by what the sweep kept of them last. Of a claim that was written to
 * fit what is there, no p tells.
 */
export function timesRestated(last: Judgement | null, asked: string): number {
  if (!last) return 0;
  const before = last.restated ?? 0;
  const seen = last.results.some(({ parts }) => parts.some(({ problem }) => problem === null));
  return seen && last.asked !== undefined && last.asked !== asked ? before + 1 : before;
}

export const restatedText = (times: number): string =>
  `The claims were changed ${times === 1 ? 'once' : `${times} times`} after results had been seen, of which no p knows`;

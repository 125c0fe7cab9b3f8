import { closest, distance } from 'fastest-levenshtein';

/** The candidate that `word` was probably meant to be, or null when none is near enough to be a slip of the keys. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  if (candidates.length === 0) return null;
  const sameLetters = candidates.find((candidate) => candidate.toLowerCase() === word.toLowerCase());
  if (sameLetters !== undefined) return sameLetters;
  const best = closest(word, [...candidates]);
  const slips = distance(word.toLowerCase(), best.toLowerCase());
  return slips <= Math.max(1, Math.floor(Math.max(word.length, best.length) / 3)) ? best : null;
}

/** `Did you mean thacil? Models: thacil, bpr.` The question is left out when nothing is near. */
export function didYouMean(word: string, candidates: readonly string[], what: string): string {
  const best = nearest(word, candidates);
  const list = candidates.length > 0 ? `${what}: ${candidates.join(', ')}.` : `${what}: none.`;
  return best === null ? list : `Did you mean ${best}? ${list}`;
}

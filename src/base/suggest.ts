import { closest, distance } from 'fastest-levenshtein';

/**
 * The known name that `word` was probably meant to be: the only one that begins with it, or the nearest. Null when none is
 * near enough to be a slip of the keys.
 */
export function nearest(word: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const lower = known.map((name) => name.toLowerCase());
  const longer = beginningWith(word, known);
  if (longer.length === 1) return longer[0]!;
  const best = lower.indexOf(closest(word.toLowerCase(), lower));
  const near = distance(word.toLowerCase(), lower[best]!) <= Math.max(2, word.length / 3);
  // Two slips in a word of two or three letters leave nothing of it.
  return near && word.length > 2 ? known[best]! : null;
}

/** Two letters begin too many words to mean one of them. */
function beginningWith(word: string, known: readonly string[]): readonly string[] {
  if (word.length < 3) return [];
  return known.filter((name) => name.toLowerCase().startsWith(word.toLowerCase()));
}

/**
 * A hint for a name that does not exist: the known ones that begin with it when there are several of different beginnings,
 * or else the nearest when it is near, then all of them.
 */
export function didYouMean(word: string, known: readonly string[], label = 'Known'): string {
  if (known.length === 0) return 'There are none.';
  const longer = beginningWith(word, known);
  const first = longer.find((name) => longer.every((other) => other.startsWith(name)));
  if (longer.length > 1 && first === undefined) return `Did you mean one of these? ${listed(longer)}.`;
  const best = first ?? nearest(word, known);
  const list = `${label}: ${listed(known)}.`;
  return best === null ? list : `Did you mean ${best}? ${list}`;
}

/** The same for several names at once. */
export function hintFor(words: readonly string[], known: readonly string[], label = 'Known'): string {
  if (words.length === 1 || known.length === 0) return didYouMean(words[0]!, known, label);
  const near = words.map((word) => nearest(word, known)).filter((name) => name !== null);
  const list = `${label}: ${listed(known)}.`;
  return near.length > 0 ? `Did you mean ${[...new Set(near)].join(', ')}? ${list}` : list;
}

/** Names as people can read them: a file that is no text gives long ones, a wide file many. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 40).map((name) => (name.length > 40 ? `${name.slice(0, 40)}…` : name));
  return names.length > shown.length
    ? `${shown.join(', ')} and ${names.length - shown.length} more`
    : shown.join(', ');
}

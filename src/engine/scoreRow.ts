/** Ranks and best items of one row of scores: twins of the kernels `rankTargets` and `topItems`. */

/** Items `seen` are no candidates: their scores become -Infinity. */
export function hideSeen(scores: Float32Array, seen: Int32Array): void {
  for (const item of seen) scores[item] = Number.NEGATIVE_INFINITY;
}

/** How many scores are higher than that of an item, and how many the same, itself included. */
export function rankOf(
  scores: Float32Array,
  item: number,
): { readonly above: number; readonly tied: number } {
  const score = scores[item]!;
  let above = 0;
  let tied = 0;
  for (let i = 0; i < scores.length; i++) {
    const other = scores[i]!;
    if (other > score) above++;
    else if (other === score) tied++;
  }
  return { above, tied };
}

/**
 * Writes the best items, best first and equal ones by their number, and their scores. Both arrays have the length that
 * is wanted; where there are fewer candidates the rest is -1 and -Infinity.
 */
export function topOf(scores: Float32Array, items: Int32Array, best: Float32Array): void {
  items.fill(-1);
  best.fill(Number.NEGATIVE_INFINITY);
  const last = best.length - 1;
  let least = best[last]!;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if (!(score > least)) continue;
    let at = last;
    for (; at > 0 && best[at - 1]! < score; at--) {
      best[at] = best[at - 1]!;
      items[at] = items[at - 1]!;
    }
    best[at] = score;
    items[at] = i;
    least = best[last]!;
  }
}

import { findOfPair, Tally, TEST, TRAIN, VALIDATION } from './context.js';
import { partsOfLabel } from './pairs.js';
import type { AuditContext, AuditedLists, Detection } from './types.js';

/**
 * Candidates that count as negatives although the user has a positive row with them (`candidates-hold-positives`), and lists
 * that lack the positive which they are there to rank (`candidates-lack-positive`).
 */
export function candidateLists(context: AuditContext): Detection[] {
  const { candidates } = context.settings;
  if (!candidates) return [];
  const tallies = { held: new Tally(), lacking: new Tally() };
  const { length } = candidates.anchor;
  let size = 0;
  for (let list = 0; list < length; list++) size += judgeList(context, candidates, list, tallies);
  const rest = { severity: 'warning' } as const;
  return [
    ...tallies.held.found({ code: 'candidates-hold-positives', ...rest, of: size, unit: 'candidates' }),
    ...tallies.lacking.found({ code: 'candidates-lack-positive', ...rest, of: length, unit: 'lists' }),
  ];
}

/** Returns how many candidates the list has. */
function judgeList(
  { data, parts }: AuditContext,
  { anchor, relevant, candidates }: AuditedLists,
  list: number,
  { held, lacking }: { readonly held: Tally; readonly lacking: Tally },
): number {
  const { user, item, userOffsets } = data.store.interactions;
  const row = anchor[list]!;
  const own = new Map<number, number>(); // positive items of the user -> a row of each
  const end = userOffsets[user[row]! + 1]!;
  for (let r = userOffsets[user[row]!]!; r < end; r++) if (data.label[r] === 1) own.set(item[r]!, r);
  const items = candidates(list);
  for (const one of items.subarray(relevant[list]!)) {
    if (own.has(one) && one !== item[row]) held.add(parts[row]!, row, own.get(one));
  }
  if (!items.includes(item[row]!)) lacking.add(parts[row]!, row);
  return items.length;
}

/**
 * Pairs of a user and an item that are positive in validation or test only, and whose item can be drawn as a negative
 * of the user in training (`negatives-hold-positives`).
 */
export function drawnNegatives({ data, settings, parts, previous, bitsOfPair }: AuditContext): Detection[] {
  if (!settings.drawsNegatives) return [];
  const { label, store, warmItems } = data;
  const { item, user } = store.interactions;
  const users = store.userIds.length;
  const later = new Int32Array(users); // items of such pairs
  const known = new Int32Array(users); // items that are not drawn
  const draws = new Int32Array(users); // positive train rows
  const pool = warmItems.reduce((sum, warm) => sum + warm, 0);
  let pairs = 0;
  let example = -1;
  for (let row = 0; row < parts.length; row++) {
    const u = user[row]!;
    if (label[row] === 1 && parts[row]! & TRAIN) draws[u]!++;
    if (previous[row]! >= 0) continue; // once a pair
    const positive = partsOfLabel(bitsOfPair[row]!, 1);
    if (positive > 0) pairs++;
    if (positive & TRAIN) known[u]!++;
    else if (positive & (VALIDATION | TEST) && warmItems[item[row]!] === 1) {
      later[u]!++;
      if (example < 0) example = row;
    }
  }
  if (example < 0) return [];
  return [
    {
      code: 'negatives-hold-positives',
      severity: 'note',
      count: later.reduce((sum, n) => sum + n, 0),
      of: pairs,
      unit: 'pairs',
      example: findOfPair(data, example, (r) => label[r] === 1 && parts[r]! >= VALIDATION),
      value: shareOfDraws(later, known, draws, pool),
    },
  ];
}

/** Expected share of the drawn negatives that are such a pair. */
function shareOfDraws(later: Int32Array, known: Int32Array, draws: Int32Array, pool: number): number {
  let wrong = 0;
  let all = 0;
  for (let u = 0; u < draws.length; u++) {
    if (pool === known[u]) continue;
    wrong += (draws[u]! * later[u]!) / (pool - known[u]!);
    all += draws[u]!;
  }
  return all > 0 ? wrong / all : 0;
}

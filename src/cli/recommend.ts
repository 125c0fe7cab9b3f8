import { UserError } from '../base/index.js';
import type { RecommendRequest, RecommendResult } from '../training/index.js';
import { counted, requireFree } from './output.js';

/**
 * What `recommend` was asked for.
 *
 * @throws UserError for what is missing or out of range, and for a file that is there already
 */
export function recommendRequest(args: Readonly<Record<string, unknown>>): RecommendRequest {
  const { run, users, candidates, out, checkpoint, engine, at } = args as Record<string, string | undefined>;
  const { top, force, seen } = args as { top: number; force?: boolean; seen?: boolean };
  if (out === undefined) {
    throw new UserError('mvrec recommend needs --out', 'For example: --out top.parquet');
  }
  if (!(Number.isSafeInteger(top) && top > 0)) {
    throw new UserError(`--top is ${top}`, 'Expected a whole number of at least 1.');
  }
  requireFree(out, force === true, '--out');
  return {
    run: run!,
    checkpoint: checkpoint as 'best',
    engine: (engine as 'auto' | undefined) ?? null,
    users: users === undefined || users === 'all' ? null : users,
    candidates: candidates ?? null,
    top,
    at: at as 'end',
    keepSeen: seen === true,
    out,
  };
}

/** What was written, for people. */
export function recommendText(result: RecommendResult): string {
  const { rows, users, candidates, coldRows, notes, caveat, out, run, checkpoint } = result;
  return [
    `${counted(users, 'user')}, ${counted(candidates.items, 'candidate')} (${candidates.cold.toLocaleString('en')} without a train row)`,
    `${counted(rows, 'row')} written to ${out}, ${coldRows.toLocaleString('en')} of them with an item without a train row`,
    ...notes.map((note) => `Note: ${note}`),
    ...(caveat ? [`Note: ${caveat}`] : []),
    `Run ${run}, checkpoint ${checkpoint}`,
  ].join('\n');
}

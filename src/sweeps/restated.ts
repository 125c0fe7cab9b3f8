import { sha256 } from '../base/index.js';
import type { Claim, LoadedSweep } from '../config/index.js';
import type { CellResult } from './cell.js';

/** What the claims of a sweep ask, as its record keeps it. */
export interface Stated {
  /** Digest of that, whatever their words, names and order: with the same, results are judged alike. */
  readonly asked: string;
  /** How often it was changed after results had been seen. */
  readonly restated: number;
}

/** Grows with what the schema of claims knows: digests of different versions say nothing of each other. */
const VERSION = 1;

/**
 * What is claimed now, and how often something else was. Of a claim that was written to fit what is there, no p tells.
 *
 * @param before as the sweep's record has it; undefined: there is none, or it is older than this
 * @param cells as they are by now
 */
export function statedNow(
  { sweep, on }: LoadedSweep,
  before: Stated | undefined,
  cells: readonly CellResult[],
): Stated {
  const seen = cells.some(({ state }) => state === 'finished');
  const asked = `${VERSION}-${digestOf(sweep.claims ?? [], on?.control ?? false)}`;
  const comparable = before?.asked.startsWith(`${VERSION}-`) && before.asked !== asked;
  return { asked, restated: (before?.restated ?? 0) + (seen && comparable ? 1 : 0) };
}

/** Lists whose order says nothing. */
const sets = ['metrics', 'among', 'above', 'below'];

/** @param control whether the data are one, on which a claim is turned round */
function digestOf(claims: readonly Claim[], control: boolean): string {
  const asked = claims.map(({ id: _, statement, place, contradiction, ...rest }) =>
    JSON.stringify({ ...rest, seenIn: undefined }, (key, value) =>
      sets.includes(key) && Array.isArray(value) ? [...value].sort() : value,
    ),
  );
  return sha256(JSON.stringify([control, asked.sort()])).slice(0, 16);
}

export const restatedText = (times: number): string =>
  `The claims were changed or added to ${times === 1 ? 'once' : `${times} times`} after results had been seen, of which no p knows`;

import { type Claim, claimSchema } from '../../../src/config/index.js';
import type { Cell, ClaimPlan } from '../../../src/sweeps/claims/index.js';

/** Claims with an identifier and words, of gauc. */
export const claimsOf = (claims: Readonly<Record<string, object>>): Claim[] =>
  Object.entries(claims).map(([id, claim]) =>
    claimSchema.parse({ id, statement: `about ${id}`, metrics: ['gauc'], ...claim }),
  );

export type Values = Readonly<Record<string, Readonly<Record<string, readonly (number | null)[]>>>>;

/** @param values by metric and row, for seeds from 1 */
export function cellsOf(
  values: Values,
  missing: Readonly<Record<string, Record<number, string>>> = {},
): Cell[] {
  const labels = [...new Set(Object.values(values).flatMap(Object.keys))];
  return labels.map((label) => ({
    label,
    values: new Map(
      Object.entries(values).map(([metric, rows]) => [
        metric,
        new Map(
          (rows[label] ?? []).flatMap((value, i) =>
            missing[label]?.[i + 1] ? [] : [[i + 1, value] as const],
          ),
        ),
      ]),
    ),
    missing: new Map(Object.entries(missing[label] ?? {}).map(([seed, why]) => [Number(seed), why])),
  }));
}

export const seedsTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

/** A table of these rows, on no axis. */
export const planOf = (cells: readonly Cell[]): ClaimPlan => ({
  axes: [],
  cells: cells.map(({ label }) => ({ label, coordinates: {} })),
});

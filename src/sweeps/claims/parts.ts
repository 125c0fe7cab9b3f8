import type { TestedClaim } from '../../config/index.js';
import { same, slicesAlong } from './slices.js';
import type { ClaimPlan, Part } from './types.js';

/** What has to be shown for a claim to hold. */
export interface Question {
  readonly needs: 'all' | 'one';
  readonly parts: readonly Part[];
}

type Statement = Omit<Part, 'metric'>;

/**
 * @param claim of names that `checkClaims` has found in the plan
 * @param simulated whether a gain has to be as large as the margin of the claim's control
 */
export function questionOf(claim: TestedClaim, plan: ClaimPlan, simulated = false): Question {
  const statements = statementsOf(claim, plan);
  const parts = claim.metrics.flatMap((metric) => statements.map((statement) => ({ metric, ...statement })));
  const control = simulated && 'control' in claim ? claim.control : undefined;
  if (!control || claim.type === 'atLeast') return { needs: 'all', parts };
  const { margin: smallest, unit } = control; // above 0 is above 0 in any unit
  return { needs: 'all', parts: parts.map((part) => ({ ...part, unit, smallest })) };
}

/**
 * The claim's control: that the effect is absent, which is that one of its parts is smaller than the margin. Null where a
 * claim has none: it states no effect, or says nothing of a margin.
 */
export function controlOf(claim: TestedClaim, plan: ClaimPlan): Question | null {
  if (claim.type === 'near' || claim.type === 'insignificant') return null;
  const fallback = claim.type === 'atLeast' ? { margin: claim.by, unit: claim.unit } : null;
  const control = claim.control ?? fallback;
  if (!control) return null;
  const { margin: threshold, unit } = control;
  const { parts } = questionOf(claim, plan);
  return { needs: 'one', parts: parts.map((part) => ({ ...part, unit, relation: 'below', threshold })) };
}

function statementsOf(claim: TestedClaim, plan: ClaimPlan): Statement[] {
  switch (claim.type) {
    case 'order':
      return claim.rows
        ? steps(claim.rows).map(([better, worse]) => gain(better, worse))
        : claim.above!.flatMap((better) => claim.below!.map((worse) => gain(better, worse)));
    case 'atLeast':
      return [{ ...gain(claim.row, claim.over), unit: claim.unit, threshold: claim.by }];
    case 'near': {
      const { row, unit, tolerance } = claim;
      const shared = { row, against: claim.reference ?? claim.value!, unit, kind: 'difference' } as const;
      return [
        { ...shared, relation: 'above', threshold: -tolerance },
        { ...shared, relation: 'below', threshold: tolerance },
      ];
    }
    case 'best':
      return claim.axis !== undefined
        ? slicesAlong(plan, claim.axis, claim.where).flatMap((slice) => {
            const labels = slice.map(({ label }) => label);
            return bestOf(slice.find(({ point }) => same(point, claim.point))!.label, labels);
          })
        : bestOf(claim.row!, claim.among ?? plan.cells.map(({ label }) => label));
    case 'monotone': {
      const { direction, over } = claim;
      const rows = claim.axis
        ? slicesAlong(plan, claim.axis, claim.where).map((slice) => slice.map(({ label }) => label))
        : [claim.rows!];
      const pairs = over ? steps(over) : [];
      return rows.flatMap((inOrder) =>
        steps(inOrder).map(([earlier, later], i) => {
          const pair = pairs[i];
          const [better, worse] = direction === 'better' ? [later, earlier] : [earlier, later];
          if (!pair) return gain(better, worse);
          const [more, less] = direction === 'better' ? [pair[1], pair[0]] : pair;
          return { ...gain(better, more), less: [worse, less] as const };
        }),
      );
    }
    case 'insignificant': {
      const { row, over, unit, margin: threshold } = claim;
      return over.map((other) => ({ ...gain(row, other), unit, relation: 'below', threshold }));
    }
  }
}

const bestOf = (row: string, labels: readonly string[]): Statement[] =>
  labels.filter((other) => other !== row).map((other) => gain(row, other));

const gain = (row: string, against: string): Statement => ({
  row,
  against,
  unit: 'points',
  kind: 'gain',
  relation: 'above',
  threshold: 0,
});

/** Each item with the next. */
function steps<T>(items: readonly T[]): (readonly [T, T])[] {
  return items.slice(1).map((item, i) => [items[i]!, item] as const);
}

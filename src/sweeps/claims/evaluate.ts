import type { Claim, TestedClaim } from '../../config/index.js';
import { holm, valuesToReject } from '../../statistics/index.js';
import { evidenceOf } from './evidence.js';
import { controlOf, type Question, questionOf } from './parts.js';
import type { Cell, ClaimPlan, ClaimResult, ClaimSetting, Evidence, TwoSides } from './types.js';
import { partText } from './words.js';

/**
 * What the results of a sweep say of its claims, in their order.
 *
 * A part of a claim is a one-sided t test over seeds, paired where two rows are held against one another. A claim that needs
 * all of its parts holds with the largest of their p (an intersection-union test), and fails with the smallest p of their
 * opposites times their number (Bonferroni); one that needs a single part the other way round. Both p are then adjusted by
 * Holm over all claims that are tested, apart from each other, so that the chance of even one false `holds`, and that of one
 * false `fails`, is at most alpha.
 *
 * @param claims that `checkClaims` found nothing wrong with
 * @param cells of all rows of the plan
 */
export function evaluateClaims(
  claims: readonly Claim[],
  plan: ClaimPlan,
  cells: readonly Cell[],
  setting: ClaimSetting,
): ClaimResult[] {
  const drafts = claims.map((claim) => draftOf(claim, plan, cells, setting));
  const tested = drafts.filter((draft): draft is TestedDraft => 'question' in draft);
  const raw = tested.map(({ question, parts }) => combined(question.needs, parts));
  const adjust = (side: keyof TwoSides): (number | null)[] =>
    holm(raw.map((p) => p?.[side] ?? null)).map((p) => p && Math.min(1, setting.looks * p));
  const adjusted = { holds: adjust('holds'), fails: adjust('fails') };
  const left = (side: keyof TwoSides, alpha: number): number =>
    adjusted[side].filter((p) => p === null || p > alpha).length;
  return drafts.map((draft): ClaimResult => {
    if (!('question' in draft)) return draft;
    const { claim, question, parts } = draft;
    const i = tested.indexOf(draft);
    const shared = {
      ...named(claim),
      control: setting.control,
      alpha: claim.alpha,
      needs: question.needs,
      parts,
    };
    const undecided = { ...shared, verdict: 'undecided' } as const;
    const own = raw[i];
    if (!own) return { ...undecided, p: null, ...untested(parts, setting) };
    const p = { raw: own, adjusted: { holds: adjusted.holds[i]!, fails: adjusted.fails[i]! } };
    const decided = { ...shared, p, reason: null, moreSeeds: null };
    if (p.adjusted.holds <= claim.alpha) return { ...decided, verdict: 'holds' };
    if (p.adjusted.fails <= claim.alpha) return { ...decided, verdict: 'fails' };
    const alphas = {
      holds: claim.alpha / setting.nextLooks / left('holds', claim.alpha),
      fails: claim.alpha / setting.nextLooks / left('fails', claim.alpha),
    };
    const moreSeeds = seedsToDecide(question.needs, parts, alphas, setting.mostSeeds);
    return { ...undecided, p, reason: moreSeeds === null ? whyNever(parts, setting) : null, moreSeeds };
  });
}

interface TestedDraft {
  readonly claim: TestedClaim;
  readonly question: Question;
  readonly parts: readonly Evidence[];
}

const named = ({ id, type, statement, place, contradiction }: Claim) => ({
  id,
  type,
  statement,
  ...(place !== undefined && { place }),
  ...(contradiction !== undefined && { contradiction }),
});

function draftOf(
  claim: Claim,
  plan: ClaimPlan,
  cells: readonly Cell[],
  { seeds, data, control, simulated }: ClaimSetting,
): TestedDraft | ClaimResult {
  const nothing = { moreSeeds: null, control, alpha: null, p: null, needs: null, parts: [] };
  const apart = (verdict: 'not applicable' | 'qualitative', reason: string): ClaimResult => ({
    ...named(claim),
    verdict,
    reason,
    ...nothing,
  });
  if (claim.type === 'qualitative') return apart('qualitative', claim.seenIn);
  const wanted = claim.requires && [claim.requires.data].flat();
  if (wanted && !(data !== null && wanted.includes(data))) {
    return apart('not applicable', `it is made for ${wanted.join(', ')}, not for ${data ?? 'these data'}`);
  }
  const question = control ? controlOf(claim, plan) : questionOf(claim, plan, simulated);
  if (!question) {
    const effect = claim.type !== 'near' && claim.type !== 'insignificant';
    const reason = effect ? 'it names no margin for its control' : 'it states no effect that could be absent';
    return apart('not applicable', reason);
  }
  const parts = question.parts.map((part) => evidenceOf(part, cells, seeds, claim.alpha));
  return { claim, question, parts };
}

/** p that a claim holds and that it fails; null where a part could not be tested. */
function combined(needs: 'all' | 'one', parts: readonly Evidence[]): TwoSides | null {
  const p = parts.flatMap((part) => part.p ?? []);
  if (p.length < parts.length) return null;
  const every = (side: 'for' | 'against'): number => Math.max(...p.map((one) => one[side]));
  const some = (side: 'for' | 'against'): number =>
    Math.min(1, p.length * Math.min(...p.map((one) => one[side])));
  return needs === 'all'
    ? { holds: every('for'), fails: some('against') }
    : { holds: some('for'), fails: every('against') };
}

function untested(
  parts: readonly Evidence[],
  { seeds }: ClaimSetting,
): Pick<ClaimResult, 'reason' | 'moreSeeds'> {
  const problem = parts.find((part) => part.problem !== null)?.problem;
  if (problem) return { reason: problem, moreSeeds: null };
  return { reason: 'one seed shows no spread', moreSeeds: 2 - seeds.length };
}

/** Whether the difference is the threshold itself with every seed. */
const isEven = ({ p }: Evidence): boolean => p?.for === 1 && p.against === 1;

/** Why no number of seeds is named. */
function whyNever(parts: readonly Evidence[], { mostSeeds }: ClaimSetting): string {
  const even = parts.find(isEven);
  if (!even) return `more than ${mostSeeds} seeds would be needed`;
  const { row, against, less, metric, threshold } = even;
  return threshold === 0 && !less
    ? `${row} and ${against} have the same ${metric} with every seed`
    : `with every seed the difference is the threshold itself: ${partText(even)}`;
}

/** How many seeds more would decide a claim, at the means and deviations that its parts have now; null: more than the most. */
function seedsToDecide(
  needs: 'all' | 'one',
  parts: readonly Evidence[],
  alpha: TwoSides,
  most: number,
): number | null {
  const now = parts[0]!.seeds;
  const enough = (side: 'for' | 'against', ofAlpha: number): number[] =>
    parts.map((part) => {
      const { mean, sd, threshold, smallest = threshold, relation } = part;
      const limit = side === 'for' ? threshold : smallest;
      const beyond = relation === 'above' ? mean! - limit : limit - mean!;
      const isOther = side === 'for' ? beyond <= 0 : beyond >= 0;
      if (isOther || isEven(part)) return Number.POSITIVE_INFINITY;
      const needed =
        sd === 0
          ? Math.max(now + 1, Math.ceil(-Math.log2(ofAlpha))) // by the sign test
          : valuesToReject({ mean: beyond, sd: sd!, alpha: ofAlpha, least: now + 1, most });
      return needed !== null && needed <= most ? needed : Number.POSITIVE_INFINITY;
    });
  const every = (side: 'for' | 'against', ofAlpha: number) => Math.max(...enough(side, ofAlpha));
  const some = (side: 'for' | 'against', ofAlpha: number) =>
    Math.min(...enough(side, ofAlpha / parts.length));
  const seeds =
    needs === 'all'
      ? Math.min(every('for', alpha.holds), some('against', alpha.fails))
      : Math.min(some('for', alpha.holds), every('against', alpha.fails));
  return Number.isFinite(seeds) ? seeds - now : null;
}

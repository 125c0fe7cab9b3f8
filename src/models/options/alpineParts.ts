/**
 * Which parts of ALPINE and SCAA a variant has, told by its options alone.
 */

/** Variants under their papers' names. */
export const alpineVariants = [
  'ALPINE',
  'ALPINE_Base',
  'ALPINE_u',
  'ALPINE_m',
  'ALPINE_um',
  'ALPINE_umg',
] as const;
export const scaaVariants = ['SCAA', 'SCAA_s', 'SCAA_cs'] as const;
export type AlpineVariant = (typeof alpineVariants)[number];
export type ScaaVariant = (typeof scaaVariants)[number];

/** What the third head is fed with beside the candidate. */
export type Interest = 'matrix' | 'selfOverCo' | 'co' | 'mean';

export interface AlpineParts {
  /** Shares of the three logits; 0: the variant lacks the part. */
  readonly shares: { readonly positive: number; readonly negative: number; readonly user: number };
  /** Whether the encoders have the starred cell. */
  readonly graph: boolean;
  /** Null without a third head. */
  readonly interest: Interest | null;
}

interface Choice {
  readonly variant: AlpineVariant | ScaaVariant;
  readonly alphas: readonly number[];
  readonly renormalise: boolean;
  readonly cs?: 'mean' | 'none';
}

/** A part whose share is 0 is left out as if the variant lacked it. */
export function partsOf({ variant, alphas, renormalise, cs }: Choice): AlpineParts {
  const [positive, negative, user] = alphas as readonly [number, number, number];
  const single = variant === 'ALPINE_u' || variant === 'ALPINE_um' || variant === 'ALPINE_umg';
  const wanted = interestOf(variant, cs);
  const shares = { positive, negative: single ? 0 : negative, user: wanted ? user : 0 };
  const sum = shares.positive + shares.negative + shares.user;
  const by = renormalise ? 1 / sum : 1;
  return {
    shares: { positive: shares.positive * by, negative: shares.negative * by, user: shares.user * by },
    graph: variant !== 'ALPINE_umg',
    interest: user > 0 ? wanted : null,
  };
}

function interestOf(variant: Choice['variant'], cs: Choice['cs']): Interest | null {
  switch (variant) {
    case 'ALPINE':
    case 'ALPINE_u':
      return 'matrix';
    case 'ALPINE_Base':
    case 'ALPINE_m':
    case 'ALPINE_um':
    case 'ALPINE_umg':
      return null;
    case 'SCAA':
      return 'selfOverCo';
    case 'SCAA_s':
      return 'co';
    case 'SCAA_cs':
      return cs === 'none' ? null : 'mean';
  }
}

import type { Claim } from '../../config/index.js';
import type { EffectSize, Interval } from '../../statistics/index.js';

/** What is known of a sweep's table before anything is trained. */
export interface ClaimPlan {
  /** In the order of the file, as are the values of each. */
  readonly axes: readonly { readonly name: string; readonly values: readonly unknown[] }[];
  /** `coordinates`: the value on each axis; none for a listed cell. */
  readonly cells: readonly {
    readonly label: string;
    readonly coordinates: Readonly<Record<string, unknown>>;
  }[];
}

/** The results of a row. */
export interface Cell {
  readonly label: string;
  /** Of each metric by seed; null where it is not defined. A seed that is not there has no finished run. */
  readonly values: ReadonlyMap<string, ReadonlyMap<number, number | null>>;
  /** Why a seed has none, for example `diverged in epoch 2 at step 13`. */
  readonly missing: ReadonlyMap<number, string>;
}

/** Where a sweep ran. */
export interface ClaimSetting {
  /** Every one of these seeds has to be there of every cell: what is left of those that broke off would flatter it. */
  readonly seeds: readonly number[];
  /** Name of the data in `on`; null where the file names none. */
  readonly data: string | null;
  /** These data are without the mechanism: the claimed effects must not show. */
  readonly control: boolean;
  /** These data were simulated, with the mechanism: a gain that a control would call absent is against a claim. */
  readonly simulated: boolean;
  /** Most seeds that are ever asked for. */
  readonly mostSeeds: number;
  /**
   * How often at most the claims are looked at while seeds are added until they are decided; 1 where the seeds are settled. All
   * p are multiplied by it (Bonferroni), since each look is another chance of a false verdict.
   */
  readonly looks: number;
  /** How often they will have been looked at with other seeds than these. */
  readonly nextLooks: number;
}

/**
 * A statement about one difference: that it lies above or below a threshold. Claims are made of these. The difference is
 * taken seed by seed.
 */
export interface Part {
  readonly metric: string;
  readonly row: string;
  /** The row or the number that it is held against. */
  readonly against: string | number;
  /** A pair of rows whose own difference is taken off: the difference is a gain of gains. */
  readonly less?: readonly [row: string, against: string];
  readonly unit: 'points' | 'relative';
  /** gain: more is better, whatever the metric's direction; difference: as the numbers are. */
  readonly kind: 'gain' | 'difference';
  readonly relation: 'above' | 'below';
  readonly threshold: number;
  /** What counts against a gain is that it is below this. Default: the threshold. */
  readonly smallest?: number;
}

/** What the seeds say of a part. */
export interface Evidence extends Part {
  readonly seeds: number;
  /** Over the seeds; of a gain of gains too. Null where a seed is missing. */
  readonly rowMean: number | null;
  readonly againstMean: number | null;
  /** Mean and standard deviation of the difference. */
  readonly mean: number | null;
  readonly sd: number | null;
  /** Two-sided with confidence 1 - 2 alpha: it lies on one side of the threshold just when a one-sided p is below alpha. */
  readonly interval: Interval | null;
  /** One-sided p of the statement, and of its opposite; not adjusted. */
  readonly p: { readonly for: number; readonly against: number } | null;
  /** Of the difference from 0. */
  readonly effect: EffectSize | null;
  /** Why there is nothing to test. */
  readonly problem: string | null;
}

export type Verdict = OverallVerdict | 'not applicable' | 'qualitative';

/** Of all claims together: `holds` where all that count do, `fails` where one does. */
export type OverallVerdict = 'holds' | 'fails' | 'undecided';

/** One-sided p that a claim holds and that it fails; adjusted: by Holm and for looks. */
export interface TwoSides {
  readonly holds: number;
  readonly fails: number;
}

export interface ClaimResult extends Pick<Claim, 'id' | 'type' | 'statement' | 'place' | 'contradiction'> {
  /** Of a control: that the effect is absent. */
  readonly verdict: Verdict;
  /** Why it is undecided or does not apply; of a qualitative claim, how one would see it. */
  readonly reason: string | null;
  /** How many seeds more would decide it, as far as can be told; null where it is decided, or no number is known. */
  readonly moreSeeds: number | null;
  readonly control: boolean;
  readonly alpha: number | null;
  /** Null where nothing could be tested. */
  readonly p: { readonly raw: TwoSides; readonly adjusted: TwoSides } | null;
  /** Whether all parts have to be true, or one is enough, as of a control. */
  readonly needs: 'all' | 'one' | null;
  readonly parts: readonly Evidence[];
}

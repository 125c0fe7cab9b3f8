import type { SplitName } from '../types.js';

/** How the rows of a log are cut into train, validation and test; validation always comes out of train. */
export type SplitSpec =
  | (Shares & {
      readonly kind: 'time';
      /** Cut each user at the user's own time, or everyone at one time. */
      readonly scope: 'user' | 'global';
    })
  | (Shares & {
      /** Shares are of the items. */
      readonly kind: 'itemColdStart';
      readonly seed: number;
    })
  | (Shares & {
      /** UVCAN (WWW 2019): a random part of the rows of each user, or of all. */
      readonly kind: 'random';
      readonly scope: 'user' | 'global';
      readonly seed: number;
    })
  | {
      /** The protocol of NCF (He et al., WWW 2017) and of RecBole's `LS`. */
      readonly kind: 'leaveOneOut';
    }
  | {
      /** Where the source puts its rows (`Interactions.part`). */
      readonly kind: 'published';
      /** Share of the train part that becomes validation where the source has none. In (0, 1). */
      readonly validation: number;
      /** Which rows those are: the latest of each user or of all, or all rows of randomly drawn items. */
      readonly cut: 'user' | 'global' | 'items';
      /** Of the draw of items. */
      readonly seed: number;
    };

export interface Shares {
  /** Share of the train part, validation included. In (0, 1); 1: nothing is cut off for the test. */
  readonly train: number;
  /** Share of the train part that is kept for validation. In (0, 1). */
  readonly validation: number;
}

/** Row numbers of each part, ascending. Each row lies in exactly one part. */
export type Split = Readonly<Record<SplitName, Int32Array>>;

/** Numbers of the parts, as in `partNames`. */
export const TRAIN = 0;
export const VALIDATION = 1;
export const TEST = 2;

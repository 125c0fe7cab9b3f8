import type * as tf from '@tensorflow/tfjs';
import type { Tap } from '../../engine/index.js';
import { paddedLists, type RowLists, softmaxWeights } from '../../layers/index.js';
import type { Places } from './levels.js';

/** Names of the intermediate results, and what they are. m blocks a context, the oldest first; zero where there is none. */
export const thacilTaps: Readonly<Record<string, string>> = {
  item: 'x = [f ; c] of each item, visual side first (Eqs. 1 and 2).',
  'itemLevel.attention': 'Weights of Eq. 5: of each context, block and item in it, one a channel of f.',
  'categoryLevel.attention':
    'Weights of Eqs. 3 and 4: of each context, block and item in it, one a channel of c.',
  local: 'l = [l_f ; l_c], what each block of a context holds.',
  'blocks.attention': 'Weights of Eqs. 6 to 8: of each context, receiving block and contributing block.',
  global: 'g, what each block of a context receives from others.',
  profile: 'u = LayerNorm(l + g), the blocks of the profile. An empty history keeps one.',
  'candidate.attention': 'Weights of Eq. 9: of each pair and block.',
  user: 'The profile as the candidate of each pair sees it: the sum after Eq. 9.',
};

/** Hands out what blocks hold, context by context: blocks that contexts share are repeated. */
export class BlockTaps {
  /**
   * @param blocks of each context, oldest first. U lists
   * @param m most blocks of a context
   */
  constructor(
    private readonly tap: Tap,
    private readonly blocks: RowLists,
    private readonly m: number,
  ) {}

  /** [R, ..] -> [U, m, ..] */
  give(name: string, ofBlocks: tf.Tensor): void {
    this.tap(name, paddedLists(ofBlocks, this.blocks, this.m));
  }

  /**
   * The weights within blocks, of up to `size` items each. [U, m, size, d_f] and [U, m, size, d_c]
   *
   * @param scores of the places, item level first
   * @param widths d_f and d_c; null for a level that is off
   */
  giveLevels(
    scores: tf.Tensor2D,
    { lists }: Places,
    size: number,
    widths: readonly [item: number | null, category: number | null],
  ): void {
    const weights = softmaxWeights(scores, lists, size);
    const [item, category] = widths;
    if (item !== null) this.give('itemLevel.attention', weights.slice([0, 0, 0], [-1, -1, item]));
    if (category !== null) {
      this.give(
        'categoryLevel.attention',
        weights.slice([0, 0, scores.shape[1] - category], [-1, -1, category]),
      );
    }
  }
}

import * as tf from '@tensorflow/tfjs';
import { gatherRows, type ParameterSet, type Tap } from '../engine/index.js';
import { prefixMask } from './candidateAttention.js';
import { type Linear, linear } from './linear.js';
import { lengthOf, type RowLists } from './rowLists.js';

/** What users liked and whom they followed: rows of items for each of V users. V lists each, which may be empty */
export interface LevelSets {
  readonly liked: RowLists;
  readonly followed: RowLists;
}

export interface SelfOverCoOptions {
  /** d, of items and of every map. */
  readonly width: number;
  /** Whether self-attention within each level follows; if not, the enhanced sets are pooled (SCAA_s). */
  readonly self: boolean;
  /** Whether self-attention adds its input to its output, as co-attention does. */
  readonly selfResidual: boolean;
  /** Whether scores are divided by sqrt(d). */
  readonly scale: boolean;
  /** Whether the maps have biases. Those of keys cancel in the softmax. */
  readonly bias: boolean;
}

export interface SelfOverCo {
  /**
   * v, the mean over both enhanced sets; 0 where both are empty. [N, d] -> [V, d]
   *
   * @param x items. [N, d]
   * @param tap receives `selfOverCoTaps`
   */
  apply(x: tf.Tensor2D, sets: LevelSets, tap?: Tap): tf.Tensor2D;
}

const levels = ['liked', 'followed'] as const;
type Level = (typeof levels)[number];
type Maps = Readonly<Record<'query' | 'key' | 'value', Linear>>;
type OfLevels<T> = Readonly<Record<Level, T>>;

/** Rows of lists side by side, 0 where a list is shorter. */
interface Padded {
  /** [V, m, d] */
  readonly rows: tf.Tensor3D;
  /** 1 for the rows of the lists. [V, m] */
  readonly mask: tf.Tensor2D;
}

/** What `SelfOverCo.apply` hands to a tap, under the layer's name. m and n are the sizes of the largest sets. */
export const selfOverCoTaps = (name: string, self: boolean): Readonly<Record<string, string>> => ({
  [`${name}.co.liked`]: 'Weights of the co-attention, of each liked item over the followed ones. [V, m, n]',
  [`${name}.co.followed`]:
    'Weights of the co-attention, of each followed item over the liked ones. [V, n, m]',
  [`${name}.enhanced.liked`]: 'U_l^e, liked items after the co-attention. [V, m, d]',
  [`${name}.enhanced.followed`]: 'U_f^e, followed items after the co-attention. [V, n, d]',
  ...(self && {
    [`${name}.self.liked`]: 'Weights of the self-attention among liked items. [V, m, m]',
    [`${name}.self.followed`]: 'Weights of the self-attention among followed items. [V, n, n]',
    [`${name}.interest.liked`]: 'L, liked items after the self-attention. [V, m, d]',
    [`${name}.interest.followed`]: 'F, followed items after the self-attention. [V, n, d]',
  }),
});

/**
 * SCAA's Self-over-Co attention (Yao et al. 2021) over two sets of items. With maps Q, K, V of their own for each set,
 *
 *     U_l^e = softmax(Q_l K_f') V_f + U_l        and the same with l and f exchanged,
 *     L = softmax(Q_l^e K_l^e') V_l^e            of U_l^e, and F of U_f^e,
 *     v = (sum of L + sum of F) / (m + n).
 *
 * A set without items gives nothing and receives nothing, so that beside it the other stays as it is. Weights
 * `name.co.liked.query.weight` and so on, `name.self...` where there is self-attention.
 */
export function selfOverCo(parameters: ParameterSet, name: string, options: SelfOverCoOptions): SelfOverCo {
  const { width, self, selfResidual, bias } = options;
  const maps = (stage: string): OfLevels<Maps> =>
    ofLevels((level) => {
      const map = (role: string) =>
        linear(parameters, `${name}.${stage}.${level}.${role}`, { inputs: width, outputs: width, bias });
      return { query: map('query'), key: map('key'), value: map('value') };
    });
  const coMaps = maps('co');
  const selfMaps = self ? maps('self') : null;
  const scale = options.scale ? 1 / Math.sqrt(width) : 1;
  return {
    apply: (x, sets, tap) => {
      const given = ofLevels((level) => padded(x, sets[level]));
      const enhanced = ofLevels((level): Padded => {
        const other = level === 'liked' ? 'followed' : 'liked';
        const from = { ...given[other], maps: coMaps[other] };
        const { weights, sums } = attend(coMaps[level].query.apply(given[level].rows), from, scale);
        tap?.(`${name}.co.${level}`, weights);
        return { rows: sums.add(given[level].rows), mask: given[level].mask };
      });
      for (const level of levels) tap?.(`${name}.enhanced.${level}`, enhanced[level].rows);
      if (!selfMaps) return pooled(enhanced);
      const interest = ofLevels((level): Padded => {
        const { rows, mask } = enhanced[level];
        const own = { rows, mask, maps: selfMaps[level] };
        const { weights, sums } = attend(own.maps.query.apply(rows), own, scale);
        tap?.(`${name}.self.${level}`, weights);
        return { rows: selfResidual ? sums.add(rows) : sums, mask };
      });
      for (const level of levels) tap?.(`${name}.interest.${level}`, interest[level].rows);
      return pooled(interest);
    },
  };
}

const ofLevels = <T>(make: (level: Level) => T): OfLevels<T> => ({
  liked: make('liked'),
  followed: make('followed'),
});

/** softmax(q K') V over the rows that count, 0 over none. [V, m, d] and n rows -> [V, m, n] and [V, m, d] */
function attend(
  queries: tf.Tensor3D,
  { rows, mask, maps }: Padded & { readonly maps: Maps },
  scale: number,
): { weights: tf.Tensor3D; sums: tf.Tensor3D } {
  const products: tf.Tensor3D = tf.matMul(queries, maps.key.apply(rows), false, true);
  const inside = mask.expandDims<tf.Tensor3D>(1);
  // Of no row the softmax is uniform, and then nothing.
  const masked = products.mul(scale).add(inside.sub(1).mul(2 ** 32));
  const weights = tf.softmax(masked).mul<tf.Tensor3D>(inside);
  return { weights, sums: tf.matMul(weights, maps.value.apply(rows)) };
}

/** Mean of the rows of both levels that count, 0 of none. [V, d] */
function pooled({ liked, followed }: OfLevels<Padded>): tf.Tensor2D {
  const sum = ({ rows, mask }: Padded): tf.Tensor2D => rows.mul(mask.expandDims(2)).sum(1);
  const count = liked.mask.sum(1, true).add(followed.mask.sum(1, true));
  return sum(liked).add(sum(followed)).div(count.maximum(1));
}

/** Lists as a tensor, at least one row wide, since not every engine has products of nothing. */
function padded(x: tf.Tensor2D, lists: RowLists): Padded {
  const count = lists.offsets.length - 1;
  const lengths = Int32Array.from({ length: count }, (_, list) => lengthOf(lists, list));
  const width = lengths.reduce((most, length) => Math.max(most, length), 1);
  const positions = new Int32Array(count * width);
  for (let list = 0; list < count; list++) {
    positions.set(lists.rows.subarray(lists.offsets[list], lists.offsets[list + 1]), list * width);
  }
  const mask = prefixMask(lengths, width);
  const rows = gatherRows(x, positions).reshape<tf.Tensor3D>([count, width, x.shape[1]]);
  return { rows: rows.mul(mask.expandDims(2)), mask };
}

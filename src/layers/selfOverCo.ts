import * as tf from '@tensorflow/tfjs';
import { distinct } from '../base/index.js';
import { gatherRows, type ParameterSet, type Tap } from '../engine/index.js';
import { prefixMask } from './candidateAttention.js';
import { type Linear, linear } from './linear.js';
import { sumOfLists } from './pooling.js';
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

/** Where the rows of lists stand: one after another (packed, R), or side by side, m for each list (padded). */
interface Layout {
  /** V */
  readonly count: number;
  /** m, the size of the largest list, at least 1: not every engine has products of nothing. */
  readonly width: number;
  /** Packed row of each padded place, any past the end of a list. [V m] */
  readonly packed: Int32Array;
  /** Padded place of each packed row. [R] */
  readonly place: Int32Array;
  /** 1 for the rows of the lists. [V, m] */
  readonly mask: tf.Tensor2D;
}

/** Of one level [.., d]: what its queries, keys and values are, padded. */
type Projected = Readonly<Record<keyof Maps, tf.Tensor3D>> & { readonly mask: tf.Tensor2D };

/** What `SelfOverCo.apply` hands to a tap, under the layer's name. m and n are the sizes of the largest sets. */
export const selfOverCoTaps = (name: string, self: boolean): Readonly<Record<string, string>> => ({
  [`${name}.co.liked`]:
    'Weights of the co-attention, of each liked item over the followed ones, 0 past the end. [V, m, n]',
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
      const layouts = ofLevels((level) => layoutOf(sets[level]));
      const tell = (what: string, rows: OfLevels<tf.Tensor2D>): void => {
        for (const level of levels) tap?.(`${name}.${what}.${level}`, shown(rows[level], layouts[level]));
      };
      const attention = (
        stage: string,
        own: Level,
        from: Level,
        projected: OfLevels<Projected>,
      ): tf.Tensor2D => {
        const { weights, sums } = attend(projected[own].query, projected[from], scale);
        tap?.(`${name}.${stage}.${own}`, weights.mul(layouts[own].mask.expandDims(2)));
        return gatherRows(sums.reshape([-1, width]), layouts[own].place);
      };

      // An item's maps are the same in every set that has it.
      const given = ofLevels((level) => distinctOf(x, sets[level]));
      const co = ofLevels((level) => project(coMaps[level], given[level], layouts[level]));
      const enhanced = ofLevels((level) => {
        const other = level === 'liked' ? 'followed' : 'liked';
        const { items, index } = given[level];
        return attention('co', level, other, co).add<tf.Tensor2D>(gatherRows(items, index));
      });
      tell('enhanced', enhanced);
      if (!selfMaps) return meanOfLevels(enhanced, sets);
      const own = ofLevels((level) => {
        const items = enhanced[level];
        const index = Int32Array.from({ length: items.shape[0] }, (_, row) => row);
        return project(selfMaps[level], { items, index }, layouts[level]);
      });
      const interest = ofLevels((level) => {
        const sums = attention('self', level, level, own);
        return selfResidual ? sums.add<tf.Tensor2D>(enhanced[level]) : sums;
      });
      tell('interest', interest);
      return meanOfLevels(interest, sets);
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
  { key, value, mask }: Projected,
  scale: number,
): { weights: tf.Tensor3D; sums: tf.Tensor3D } {
  const products: tf.Tensor3D = tf.matMul(queries, key, false, true);
  const inside = mask.expandDims<tf.Tensor3D>(1);
  // Of no row the softmax is uniform, and then nothing.
  const masked = products.mul(scale).add(inside.sub(1).mul(2 ** 32));
  const weights = tf.softmax(masked).mul<tf.Tensor3D>(inside);
  return { weights, sums: tf.matMul(weights, value) };
}

/** Distinct items [M, d], and which of them each packed row is. [R] */
interface Distinct {
  readonly items: tf.Tensor2D;
  readonly index: Int32Array;
}

function distinctOf(x: tf.Tensor2D, { rows }: RowLists): Distinct {
  const { values, at: index } = distinct(atLeastOne(rows));
  return { items: gatherRows(x, values), index };
}

function project(maps: Maps, { items, index }: Distinct, { packed, count, width, mask }: Layout): Projected {
  const places = packed.map((row) => index[row]!);
  const of = ({ apply }: Linear): tf.Tensor3D => gatherRows(apply(items), places).reshape([count, width, -1]);
  return { query: of(maps.query), key: of(maps.key), value: of(maps.value), mask };
}

function layoutOf({ offsets }: RowLists): Layout {
  const count = offsets.length - 1;
  const lengths = Int32Array.from({ length: count }, (_, list) => offsets[list + 1]! - offsets[list]!);
  const width = lengths.reduce((most, length) => Math.max(most, length), 1);
  const packed = new Int32Array(count * width);
  const place = new Int32Array(Math.max(1, offsets[count]!));
  for (let list = 0; list < count; list++) {
    for (let i = 0; i < lengths[list]!; i++) {
      packed[list * width + i] = offsets[list]! + i;
      place[offsets[list]! + i] = list * width + i;
    }
  }
  return { count, width, packed, place, mask: prefixMask(lengths, width) };
}

/** Mean of the packed rows of both levels, 0 of none. [V, d] */
function meanOfLevels(rows: OfLevels<tf.Tensor2D>, sets: LevelSets): tf.Tensor2D {
  const count = sets.liked.offsets.length - 1;
  const sums = ofLevels((level) => {
    const { offsets } = sets[level];
    return sumOfLists(rows[level], {
      offsets,
      rows: Int32Array.from({ length: offsets[count]! }, (_, row) => row),
    });
  });
  const shares = Float32Array.from(
    { length: count },
    (_, v) => 1 / Math.max(1, lengthOf(sets.liked, v) + lengthOf(sets.followed, v)),
  );
  return sums.liked.add(sums.followed).mul(tf.tensor2d(shares, [count, 1]));
}

/** Packed rows as a tap gets them: [V, m, d], 0 past the end of a list. */
const shown = (rows: tf.Tensor2D, { packed, count, width, mask }: Layout): tf.Tensor3D =>
  gatherRows(rows, packed).reshape<tf.Tensor3D>([count, width, -1]).mul(mask.expandDims(2));

/** Of no rows some row, which nothing looks at. */
const atLeastOne = (rows: Int32Array): Int32Array => (rows.length > 0 ? rows : new Int32Array(1));

import * as tf from '@tensorflow/tfjs';
import { gatherRows, type ParameterSet, relu } from '../../engine/index.js';
import { cutIntoSlices, type Linear, linear, sliceElements } from '../../layers/index.js';
import type { MtinOptions } from '../options.js';
import type { Couples, Views } from './views.js';

/** The item-group co-attention of Eqs. 2 to 4. */
export interface Matching {
  readonly linears: readonly Linear[];
  /**
   * Scores p of each couple of a user and an item with the user's groups.
   *
   * @param x vectors of `views.items`. [H, d]
   * @param memory of `views.users`. [M, s, d]
   * @returns [R, s]
   */
  scores(x: tf.Tensor2D, memory: tf.Tensor3D, views: Pick<Views, 'couples'>): tf.Tensor2D;
}

/** Weights `name.item`, `name.group`, `name.scale` (W_s), `name.hidden` (W_l) and `name.out` (w_h), each with a bias. */
export function matching(
  parameters: ParameterSet,
  name: string,
  { size: d, activation, scoreSquash }: Pick<MtinOptions, 'size' | 'activation' | 'scoreSquash'>,
): Matching {
  const map = (part: string, inputs: number, outputs: number) =>
    linear(parameters, `${name}.${part}`, { inputs, outputs, bias: true });
  const ofItem = map('item', d, d);
  const ofGroup = map('group', d, d);
  const scale = map('scale', d, d);
  const hidden = map('hidden', 2 * d, d);
  const out = map('out', d, 1);
  const act = activation === 'relu' ? relu : <T extends tf.Tensor>(z: T): T => z.tanh() as T;
  /** Of some couples, whose items and users are rows of what is given. [R, s] */
  const scored = (
    [x, fromX, memory, fromMemory]: readonly tf.Tensor2D[],
    { user, item }: Couples,
    groups: number,
  ): tf.Tensor2D => {
    const rows = user.length;
    const byItem = (values: tf.Tensor2D) => gatherRows(values, item).reshape([rows, 1, d]);
    const byUser = (values: tf.Tensor2D) => gatherRows(values, user).reshape([rows, groups, d]);
    const s = scale.apply(act(byItem(fromX!).add(byUser(fromMemory!))));
    // Eqs. 3 and 4. s is a vector, another for each item and group, so W_l cannot be applied to x and c beforehand.
    const [toX, toC] = tf.split(hidden.weight.value<tf.Rank.R2>(), 2, 0) as [tf.Tensor2D, tf.Tensor2D];
    const flat = (values: tf.Tensor) => values.reshape<tf.Tensor2D>([rows * groups, d]);
    const sum = tf.matMul(flat(s.mul(byItem(x!))), toX).add(tf.matMul(flat(s.mul(byUser(memory!))), toC));
    return out.apply(act(sum.add(hidden.bias!.value()))).reshape([rows, groups]);
  };
  return {
    linears: [ofItem, ofGroup, scale, hidden, out],
    scores: (x, memory, { couples }) => {
      const [users, groups] = memory.shape;
      if (couples.user.length === 0) return tf.zeros([0, groups]);
      // Eq. 2: what depends on the item alone or on the user's group alone is worked out once.
      const inRows = (values: tf.Tensor3D) => values.reshape<tf.Tensor2D>([users, groups * d]);
      const given = [x, ofItem.apply(x), inRows(memory), inRows(ofGroup.apply(memory))];
      const all = Int32Array.from(couples.user.keys());
      const parts = cutIntoSlices(all, () => groups * d, sliceElements()).map((which) =>
        tf.tidy(() => {
          const [user, item] = [couples.user, couples.item].map((of) =>
            of.slice(which[0], which[0]! + which.length),
          );
          return scored(given, { user: user!, item: item! }, groups);
        }),
      );
      const p = parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
      return scoreSquash === 'sigmoid' ? p.sigmoid() : p;
    },
  };
}

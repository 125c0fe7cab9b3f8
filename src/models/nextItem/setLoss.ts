import * as tf from '@tensorflow/tfjs';
import { computesOnGpu } from '../../engine/index.js';

/** Losses of a positive against a set of items, of which it is one. */
export type SetLoss = 'softmax' | 'bprMax' | 'top1Max';

export interface SetLossInput {
  /** Vectors of the contexts of the positives. [B, f] */
  readonly users: tf.Tensor2D;
  /** Vectors of the set. [C, f] */
  readonly items: tf.Tensor2D;
  /** Added to the logits of each item. [C] */
  readonly offset: tf.Tensor1D | null;
  /** Where each positive is in the set. [B] */
  readonly positive: Int32Array;
}

export interface SetLossOptions {
  readonly loss: SetLoss;
  /** Of `bprMax`: weight of the squares of the negatives' logits. */
  readonly regularisation: number;
}

/** Logits that are looked at at a time: 16 MB. */
const AT_A_TIME = 1 << 22;

/**
 * Mean over positives of a loss on the logits r = users . items + offset of the whole set, i being the positive:
 *
 * - `softmax`: -log softmax(r)_i, the cross-entropy
 * - `bprMax`: -log sum_j s_j sigmoid(r_i - r_j) + regularisation sum_j s_j r_j^2, with s the softmax over j other than i
 * - `top1Max`: sum_j s_j (sigmoid(r_j - r_i) + sigmoid(r_j^2))
 *
 * The last two are those of Hidasi and Karatzoglou 2018. Loss and gradient are worked out together for some positives at a
 * time, so that the logits of all of them are never there at once.
 */
export function setLoss(
  { users, items, offset, positive }: SetLossInput,
  options: SetLossOptions,
): tf.Scalar {
  const [count, set] = [users.shape[0], items.shape[0]];
  const rows = Math.max(1, Math.floor((computesOnGpu() ? 32 : 1) * (AT_A_TIME / set)));
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = inputs.at(-1) as tf.GradSaveFunc;
    const [h, v] = inputs as [tf.Tensor2D, tf.Tensor2D];
    const added = offset ? (inputs[2] as tf.Tensor1D) : null;
    const dUsers: tf.Tensor2D[] = [];
    let sums: tf.Tensor[] = [];
    for (let begin = 0; begin < count; begin += rows) {
      const end = Math.min(count, begin + rows);
      const before: readonly tf.Tensor[] = sums;
      const made = tf.tidy(() => {
        const part = h.slice<tf.Tensor2D>([begin, 0], [end - begin, -1]);
        const product = tf.matMul<tf.Tensor2D>(part, v, false, true);
        const hot = tf.oneHot(tf.tensor1d(positive.slice(begin, end), 'int32'), set).cast('float32');
        const { loss, gradient } = ofLogits(
          added ? product.add(added) : product,
          hot as tf.Tensor2D,
          options,
        );
        const share = gradient.mul<tf.Tensor2D>(1 / count);
        const found = [
          loss.sum().mul(1 / count),
          tf.matMul(share, part, true, false),
          ...(added ? [share.sum(0)] : []),
        ];
        const all = before.length === 0 ? found : found.map((value, i) => value.add(before[i]!));
        return [tf.matMul(share, v), ...all];
      });
      tf.dispose(sums);
      dUsers.push(made[0] as tf.Tensor2D);
      sums = made.slice(1);
    }
    const [loss, ...dItems] = sums as [tf.Scalar, ...tf.Tensor[]];
    save([dUsers.length === 1 ? dUsers[0]! : tf.concat(dUsers, 0), ...dItems]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => saved.map((gradient) => gradient.mul(dy));
    return { value: loss, gradFunc: gradFunc as (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[] };
  });
  return (offset ? op(users, items, offset) : op(users, items)) as tf.Scalar;
}

interface LossAndGradient {
  /** [B, 1] */
  readonly loss: tf.Tensor2D;
  /** With respect to the logits. [B, C] */
  readonly gradient: tf.Tensor2D;
}

/** @param hot 1 at each positive. [B, C] */
function ofLogits(
  r: tf.Tensor2D,
  hot: tf.Tensor2D,
  { loss, regularisation }: SetLossOptions,
): LossAndGradient {
  const own = sumOf(r.mul(hot));
  if (loss === 'softmax') {
    return { loss: tf.logSumExp(r, 1, true).sub(own), gradient: tf.softmax(r).sub(hot) };
  }
  // Softmax over the others; 0 for the positive.
  const s = tf.softmax(r.sub<tf.Tensor2D>(hot.mul(2 ** 32)));
  if (loss === 'bprMax') {
    const above = own.sub<tf.Tensor2D>(r).sigmoid();
    const slope = above.mul<tf.Tensor2D>(tf.scalar(1).sub(above));
    const mean = sumOf(s.mul(above)).add<tf.Tensor2D>(1e-24);
    const square = r.square();
    const penalty = sumOf(s.mul(square));
    const ofMean = s
      .mul<tf.Tensor2D>(above.sub(mean).sub(slope))
      .add<tf.Tensor2D>(hot.mul(sumOf(s.mul(slope))));
    const ofPenalty = s.mul<tf.Tensor2D>(r.mul(2).add(square).sub(penalty));
    return {
      loss: mean.log().neg().add(penalty.mul(regularisation)),
      gradient: ofPenalty.mul<tf.Tensor2D>(regularisation).sub(ofMean.div(mean)),
    };
  }
  const below = r.sub<tf.Tensor2D>(own).sigmoid();
  const size = r.square().sigmoid();
  const t = below.add<tf.Tensor2D>(size);
  const mean = sumOf(s.mul(t));
  const slope = s.mul<tf.Tensor2D>(below.mul(tf.scalar(1).sub(below)));
  const ofSize = s.mul<tf.Tensor2D>(r.mul(2).mul(size.mul(tf.scalar(1).sub(size))));
  const gradient = s.mul<tf.Tensor2D>(t.sub(mean)).add<tf.Tensor2D>(slope).add<tf.Tensor2D>(ofSize);
  return { loss: mean, gradient: gradient.sub(hot.mul(sumOf(slope))) };
}

const sumOf = (x: tf.Tensor): tf.Tensor2D => x.sum<tf.Tensor2D>(1, true);

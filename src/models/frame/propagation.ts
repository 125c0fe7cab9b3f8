/** The user-clip graph of FRAME: what users take from clips (Hop 1) and clips from users (hop 2). */
import * as tf from '@tensorflow/tfjs';
import { range } from '../../base/index.js';
import { relu, rowsTensor, takeValues } from '../../engine/index.js';
import {
  addProducts,
  type Linear,
  rowCount,
  type SparseMatrix,
  sparseProduct,
  sparseRows,
  transposed,
  withoutEmptyColumns,
} from '../../layers/index.js';
import type { ClipVectors } from '../clips.js';

/** Vectors F of clips, as data or as a table that is learnt. */
export interface ClipSource {
  /** d_v */
  readonly width: number;
  /** [N] -> [N, d_v] */
  lookup(clips: Int32Array): tf.Tensor2D;
  /** The vectors, when they never change. */
  readonly frozen: ClipVectors | null;
}

/** H_u of the given users in one of the graphs: [N] -> [N, d] */
export type Interests = (users: Int32Array) => tf.Tensor2D;

/** One of the two graphs with its weights. */
export class Polarity {
  /** R^T: [C, U] */
  private readonly ofClips: SparseMatrix;
  /** R F, where F never changes: row-major [U, d_v]. */
  private readonly propagated: Float32Array | null;

  /**
   * @param ofUsers R, normalised. [U, C]
   * @param embed W_t: [d_v, d]
   * @param weights W^(1) and W^(2), [d, d] each; the second is null with one hop
   */
  constructor(
    private readonly ofUsers: SparseMatrix,
    private readonly clips: ClipSource,
    private readonly embed: Linear,
    private readonly weights: { readonly hop1: Linear; readonly hop2: Linear | null },
  ) {
    this.ofClips = transposed(ofUsers);
    this.propagated = clips.frozen && propagatedOnce(ofUsers, clips.frozen);
  }

  /** H_u = relu(R F W_t W^(1)), products from the left first: [N] -> [N, d]. 0 for users without edges. */
  readonly interests: Interests = (users) => {
    const { propagated, embed, weights, clips } = this;
    const width = weights.hop1.weight.shape[1]!;
    if (users.length === 0) return tf.zeros([0, width]);
    const maps = tf.matMul<tf.Tensor2D>(embed.weight.value(), weights.hop1.weight.value());
    if (propagated) return relu(tf.matMul(rowsTensor(propagated, clips.width, users), maps));
    const { matrix, columns } = withoutEmptyColumns(sparseRows(this.ofUsers, users));
    if (columns.length === 0) return tf.zeros([users.length, width]);
    return relu(tf.matMul(sparseProduct(matrix, clips.lookup(columns)), maps));
  };

  /** relu(R^T H_u W^(2)) of the given clips alone: [N] -> [N, d]. 0 for clips without edges. */
  secondHop(clips: Int32Array, interests: Interests): tf.Tensor2D {
    const { matrix, columns: users } = withoutEmptyColumns(sparseRows(this.ofClips, clips));
    const { weight } = this.weights.hop2!;
    if (users.length === 0) return tf.zeros([clips.length, weight.shape[1]!]);
    return relu(tf.matMul(sparseProduct(matrix, interests(users)), weight.value()));
  }

  /** H_u of all users with the weights as they are now, kept on the host. */
  async keptInterests(): Promise<Interests> {
    const width = this.weights.hop1.weight.shape[1]!;
    const users = rowCount(this.ofUsers);
    const kept = new Float32Array(users * width);
    for (let from = 0; from < users; from += USERS) {
      const block = tf.tidy(() => this.interests(range(from, Math.min(users, from + USERS))));
      const [values] = await takeValues([block]);
      kept.set(values!, from * width);
    }
    return (of) => rowsTensor(kept, width, of);
  }
}

/** Users whose vectors are computed at a time, and clips whose vectors are read: memory and speed only. */
const USERS = 4096;
const CLIPS = 4096;

/** R F, reading a stretch of clips at a time. */
function propagatedOnce(ofUsers: SparseMatrix, { width, rows }: ClipVectors): Float32Array {
  const sums = new Float32Array(rowCount(ofUsers) * width);
  const ofClips = transposed(ofUsers);
  const { columns: used } = withoutEmptyColumns(ofUsers);
  for (let from = 0; from < used.length; from += CLIPS) {
    const clips = used.subarray(from, from + CLIPS);
    addProducts(transposed(sparseRows(ofClips, clips)), rows(clips), width, sums);
  }
  return sums;
}

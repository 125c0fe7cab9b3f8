import type * as tf from '@tensorflow/tfjs';
import type { ContextHistory, HistorySpec, Pairs } from '../../data/index.js';
import type { DenseParameter, Mode } from '../../engine/index.js';
import type { RowLists } from '../../layers/index.js';

/** What an encoder makes of the histories of a batch: rows, of a context each or of places of histories. */
export interface EncodedHistory {
  /** [R, w] */
  readonly rows: tf.Tensor2D;
  /** The rows of each context, where a candidate reads them. U lists */
  readonly ofContext?: RowLists;
}

/** u, the interest vectors: one a pair, or one a context. */
export interface Interest {
  /** [R, width] */
  readonly vectors: tf.Tensor2D;
  /** The row of each pair; null: its own. [P] */
  readonly row: Int32Array | null;
}

/** Reads one kind of history. */
export interface InterestEncoder {
  /** Width of u. */
  readonly width: number;
  /** Whether every candidate of a context has the same u. */
  readonly perContext: boolean;
  readonly prefixes: HistorySpec['prefixes'];
  /** All matrices, for L2: no biases, no LayerNorm. */
  readonly matrices: readonly DenseParameter[];
  /** What it hands to `Mode.tap`. */
  readonly taps: Readonly<Record<string, string>>;
  /** @param x of the batch's items. [N, d] */
  encode(x: tf.Tensor2D, history: ContextHistory, mode: Mode): EncodedHistory;
  /** @param x of the candidates. [N', d] */
  interest(encoded: EncodedHistory, x: tf.Tensor2D, pairs: Pairs, mode: Mode): Interest;
}

/** What an encoder is built for. */
export interface EncoderSpec {
  /** Weights and taps are named `name.*`. */
  readonly name: string;
  /** d, width of items. */
  readonly width: number;
}

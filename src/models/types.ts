import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Batch, Couples, HistorySpec } from '../data/index.js';
import type { Mode, ParameterSet } from '../engine/index.js';

/** What `encode` hands to `logits`: tensors by name, candidate-independent, one row a context or an item. */
export type Encoded = Readonly<Record<string, Tensor>>;

/**
 * A model that is trained by gradient steps. Encoding never looks at the candidate, so each context is encoded
 * once, however many candidates it has. Tensors live for one step; only `parameters` outlasts it.
 */
export interface Model {
  readonly parameters: ParameterSet;
  /** `null` for models without a history: every context of a user is then the same. */
  readonly history: HistorySpec | null;
  /**
   * How training pairs come: each with its label, or couples (pairs 2k and 2k + 1) of a positive and a negative of
   * one context.
   */
  readonly pairing: 'pointwise' | 'pairwise';
  /** @param items rows of `encodeItems` for the items of the batch, where they are known already */
  encode(batch: Batch, mode: Mode, items?: Tensor2D): Encoded;
  /**
   * What inference computes of items alone, for models where that costs more than to keep it: a row an item of the
   * store. The tensor is the caller's. [N, w]
   */
  encodeItems?(items: Int32Array): Tensor2D;
  /** One logit a pair. [P] */
  logits(encoded: Encoded, batch: Batch, mode: Mode): Tensor1D;
  /** Training loss without regularisation. Default: mean binary cross-entropy with logits. */
  loss?(logits: Tensor1D, batch: Batch): Scalar;
  /** Regularisation that is added to the loss in training; called inside the step, after `logits`. */
  penalty?(encoded: Encoded, batch: Batch): Scalar;
  /**
   * For models of couples that learn by an update of their own, couple after couple, instead of by the gradient of a
   * batch. Steps then only cut an epoch: what is learnt is the same whatever `train.batchSize`, unless
   * `train.lastBatch: drop` leaves couples out. The optimiser must be plain SGD.
   *
   * @returns mean loss a couple, each before its own update, without regularisation; not finite when training diverged
   */
  learn?(couples: Couples, learningRate: number): number;
  /** For models whose logit is an inner product. */
  readonly factors?: Factors;
}

/**
 * The two vectors whose inner product is the logit, so that all users and a whole catalogue are scored by a matrix
 * product. A bias of the item is a column beside which every context has a one. Tensors are the caller's.
 */
export interface Factors {
  /** [U, f], a row a context of the batch. */
  contexts(batch: Batch): Tensor2D;
  /** [N, f], a row an item of the store. */
  items(items: Int32Array): Tensor2D;
}

/** A floor or closed-form baseline: fitted once on the train part, then scores. */
export interface FittedModel {
  /** One score a pair of the batch. [P] */
  score(batch: Batch): Float32Array;
  /** For floors that judge an item alike for all users: its score in a ranking of the catalogue or a sample of it. [items] */
  readonly itemScores?: Float32Array;
}

import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Batch, Couples, HistorySpec, Pairs, RowField } from '../data/index.js';
import type { Mode, ParameterSet } from '../engine/index.js';
import type { CandidatePlaces, RowLists } from '../layers/index.js';

/** What is computed of items alone: matrices by name, a row an item. [N, w] each */
export type EncodedItems = Readonly<Record<string, Tensor2D>>;

/** What is computed of contexts: tensors by name, and what tells which of their rows are whose. */
export type EncodedContexts = Readonly<Record<string, Tensor | RowLists | CandidatePlaces | Int32Array>>;

/** The users and histories of a batch, without its candidates. */
export type ContextBatch = Pick<Batch, 'items' | 'contexts' | 'histories'>;

/**
 * A model that is trained by gradient steps. It scores in three parts, so that nothing is computed twice: each item
 * is encoded once, then each context (a user with one history) once, however many candidates it has, then come the pairs.
 * A step does all three with the items of its batch; a ranking scores the same contexts with one block of candidates after
 * another. What is encoded is the caller's to dispose of, so no weight itself is among it; only `parameters` outlasts a step.
 */
export interface Model<
  Items extends EncodedItems = EncodedItems,
  Contexts extends EncodedContexts = EncodedContexts,
> {
  readonly parameters: ParameterSet;
  /** The histories that it looks at. Without one, and without `rowFields`, every context of a user is the same. */
  readonly histories: readonly HistorySpec[];
  /** Columns of the log that it looks at: contexts differ by them. Default: none. */
  readonly rowFields?: readonly RowField[];
  /**
   * How training pairs come: each with its label, or couples (pairs 2k and 2k + 1) of a positive and a negative of
   * one context.
   */
  readonly pairing: 'pointwise' | 'pairwise';
  /** Whether to encode an item costs more than to keep its rows, so that an evaluation does it once. Default: no. */
  readonly keepItems?: boolean;
  /**
   * @param items distinct items of the store. [N]
   * @param candidates how many of them, the first ones, are candidates; the others are in histories alone, and a model that does
   * not take these from here may leave them out. Default: all
   */
  encodeItems(items: Int32Array, mode: Mode, candidates?: number): Items;
  /**
   * @param batch U contexts, whose histories are rows of `items`
   * @param items of the batch, encoded. N rows
   */
  encodeContexts(batch: ContextBatch, items: Items, mode: Mode): Contexts;
  /**
   * One logit a pair. [P]
   *
   * @param items encoded, among them all candidates; not always those that the contexts were encoded with
   * @param pairs rows of `contexts` and of `items`
   */
  logits(contexts: Contexts, items: Items, pairs: Pairs, mode: Mode): Tensor1D;
  /** Training loss without regularisation. Default: mean binary cross-entropy of the pairs' logits. */
  loss?(step: EncodedBatch<Items, Contexts>, mode: Mode): Scalar;
  /** Regularisation that is added to the loss in training; called inside the step, after the loss. */
  penalty?(step: EncodedBatch<Items, Contexts>): Scalar;
  /**
   * The model with its weights as they are now, for an evaluation, throughout which they stay: for what follows from the
   * weights alone, whatever the batch, and is too much to work out for each. What it keeps is on the host.
   */
  forEvaluation?(): Promise<Encoder<Items, Contexts>>;
  /** Called when a step's update is done, for what a model keeps besides weights that gradients change. */
  afterStep?(): Promise<void>;
  /**
   * What each intermediate result that it hands to `Mode.tap` is, by name. Every one is handed out in each forward pass, unless
   * the options leave it out; in training none is.
   */
  readonly taps?: Readonly<Record<string, string>>;
  /**
   * For models of couples that learn by an update of their own, couple after couple, instead of by the gradient of a
   * batch. Steps then only cut an epoch: what is learnt is the same whatever `train.batchSize`, unless
   * `train.lastBatch: drop` leaves couples out. The optimiser must be plain SGD.
   *
   * @returns mean loss a couple, each before its own update, without regularisation; not finite when training diverged
   */
  learn?(couples: Couples, learningRate: number): number;
  /**
   * For models that learn by passes over the whole train part, such as alternating least squares: does one. An epoch is one
   * step then, and of `train` what is about batches, negatives and the optimiser says nothing.
   *
   * @returns the loss after the pass, and of how many pairs it is the mean
   */
  sweep?(): { readonly loss: number; readonly pairs: number };
  /** For models whose logit is an inner product. */
  readonly innerProduct?: InnerProduct<Items, Contexts>;
}

/** What scores pairs. */
export type Encoder<
  Items extends EncodedItems = EncodedItems,
  Contexts extends EncodedContexts = EncodedContexts,
> = Pick<Model<Items, Contexts>, 'encodeItems' | 'encodeContexts' | 'logits' | 'keepItems'>;

/** A batch and what was encoded of it. */
export interface EncodedBatch<Items, Contexts> {
  readonly batch: Batch;
  readonly items: Items;
  readonly contexts: Contexts;
}

/**
 * The two vectors whose inner product is the logit, so that all users and a whole catalogue are scored by a matrix
 * product. A bias of the item is a column beside which every context has a one.
 */
export interface InnerProduct<Items, Contexts> {
  /** [U, f] */
  ofContexts(contexts: Contexts): Tensor2D;
  /** [N, f] */
  ofItems(items: Items): Tensor2D;
}

/** A floor or closed-form baseline: fitted once on the train part, then scores. */
export interface FittedModel {
  /** One score a pair of the batch. [P] */
  score(batch: Batch): Float32Array;
  /** For floors that judge an item alike for all users: its score in a ranking of the catalogue or a sample of it. [items] */
  readonly itemScores?: Float32Array;
  /** For models whose score is an inner product. */
  readonly vectors?: FittedVectors;
  /** For models of which a user has few scores that are not 0: those. A fresh result each time. */
  sparseScores?(user: number): SparseScores;
}

/** The two vectors of a score, in fresh arrays, row-major: [N, f] each. */
export interface FittedVectors {
  users(ids: Int32Array): Float32Array;
  items(ids: Int32Array): Float32Array;
}

/** Distinct items and their scores; all others have 0. */
export interface SparseScores {
  readonly items: Int32Array;
  readonly scores: Float32Array;
}

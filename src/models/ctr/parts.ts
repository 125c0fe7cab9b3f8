import type * as tf from '@tensorflow/tfjs';
import type { Batch, Pairs } from '../../data/index.js';
import type { Mode } from '../../engine/index.js';
import type { Running } from '../../layers/index.js';
import type { ContextBatch } from '../types.js';
import type { FieldTables } from './input.js';

/** What is encoded of items, by name: `fields`, the embeddings side by side, and what parts add. */
export type FieldItems = Readonly<Record<string, tf.Tensor2D>>;

/** The same of contexts. */
export type FieldContexts = Readonly<Record<string, tf.Tensor2D | Int32Array>>;

/**
 * A part of a model of this family: the logit is the sum over parts. What a part makes of a context alone it makes once a context;
 * what it makes of an item alone, once for each item among the candidates.
 */
export interface Part {
  /** Its logit is tapped by this name, and its weights and what it encodes begin with it. */
  readonly name: string;
  readonly about: string;
  /** Embeddings of the fields besides the shared ones, encoded by these names. */
  readonly tables?: Readonly<Record<string, FieldTables>>;
  /** What it keeps of items besides embeddings. [N, w] each */
  ofItems?(items: Int32Array): FieldItems;
  /** @param contexts embeddings by name of the tables */
  ofContexts?(contexts: FieldContexts, batch: ContextBatch): FieldContexts;
  /** @returns [P] */
  logits(contexts: FieldContexts, items: FieldItems, pairs: Pairs, mode: Mode): tf.Tensor1D;
  /** Layers that keep running statistics. */
  readonly running?: readonly Running[];
  /** Rows in use of its tables that are no embeddings of fields, for L2. */
  usedRows?(batch: Batch): tf.Tensor2D[];
}

/** A matrix of what is encoded of contexts. */
export const matrixOf = (contexts: FieldContexts, name: string): tf.Tensor2D => contexts[name] as tf.Tensor2D;

/**
 * Models of the factorisation machine family: fields are embedded, and the logit is a sum of parts. Which parts make which model is in
 * `models.ts`, each part with its paper in a file of its own; what is common to all is in docs/models/fields.md.
 *
 * Sizes: U contexts, N items, P pairs, F fields (F_c of contexts and F_i of items), d the width of an embedding.
 */
import * as tf from '@tensorflow/tfjs';
import type { HistorySpec, Pairs, RowField } from '../../data/index.js';
import type { Mode, ParameterSet } from '../../engine/index.js';
import { candidateRows } from '../candidates.js';
import { l2Penalty } from '../penalty.js';
import type { ContextBatch, EncodedBatch, InnerProduct, Model } from '../types.js';
import type { FieldTables, InputFields } from './input.js';
import type { FieldContexts, FieldItems, Part } from './parts.js';

export interface FieldModelParts {
  readonly parameters: ParameterSet;
  readonly fields: InputFields;
  /** Embeddings that all parts share, `fields`. */
  readonly embeddings: FieldTables;
  readonly parts: readonly Part[];
  readonly l2Embedding: number;
  readonly innerProduct?: InnerProduct<FieldItems, FieldContexts>;
}

export class FieldModel implements Model<FieldItems, FieldContexts> {
  readonly parameters: ParameterSet;
  readonly histories: readonly HistorySpec[];
  readonly rowFields: readonly RowField[];
  readonly pairing = 'pointwise';
  readonly taps: Readonly<Record<string, string>>;
  readonly innerProduct?: InnerProduct<FieldItems, FieldContexts>;
  private readonly tables: readonly (readonly [name: string, tables: FieldTables])[];

  constructor(private readonly made: FieldModelParts) {
    const { parameters, fields, embeddings, parts, innerProduct } = made;
    this.parameters = parameters;
    this.histories = fields.history ? [fields.history.spec] : [];
    this.rowFields = fields.rowFields;
    this.tables = [['fields', embeddings], ...parts.flatMap((part) => Object.entries(part.tables ?? {}))];
    this.taps = {
      itemFields: 'Embeddings of the fields of items. [N, F_i, d]',
      contextFields: 'Embeddings of the fields of contexts. [U, F_c, d]',
      ...Object.fromEntries(parts.map(({ name, about }) => [name, `${about} [P]`])),
    };
    if (innerProduct) this.innerProduct = innerProduct;
  }

  /** Histories need of items but the identifier, which `encodeContexts` embeds: so candidates alone are encoded. */
  encodeItems(items: Int32Array, { tap }: Mode, candidates = items.length): FieldItems {
    const { fields, parts } = this.made;
    const encoded = items.subarray(0, candidates);
    const embedded = Object.fromEntries(this.tables.map(([name, tables]) => [name, tables.ofItems(encoded)]));
    tap?.('itemFields', embedded.fields!.reshape([encoded.length, fields.counts.items, -1]));
    return Object.assign(embedded, ...parts.map((part) => part.ofItems?.(encoded)));
  }

  encodeContexts(batch: ContextBatch, _: FieldItems, { tap }: Mode): FieldContexts {
    const { fields, parts, embeddings } = this.made;
    const embedded = Object.fromEntries(
      this.tables.map(([name, tables]) => [name, tables.ofContexts(batch)]),
    );
    const shape = [batch.contexts.count, fields.counts.contexts, embeddings.width];
    tap?.('contextFields', embedded.fields!.reshape(shape));
    return Object.assign({ ...embedded }, ...parts.map((part) => part.ofContexts?.(embedded, batch)));
  }

  logits(contexts: FieldContexts, all: FieldItems, pairs: Pairs, mode: Mode): tf.Tensor1D {
    const items = Object.fromEntries(
      Object.entries(all).map(([name, rows]) => [name, candidateRows(rows, pairs)]),
    );
    const logits = this.made.parts.map((part) => {
      const logit = part.logits(contexts, items, pairs, mode);
      mode.tap?.(part.name, logit);
      return logit;
    });
    return logits.length === 1 ? logits[0]! : tf.addN(logits);
  }

  /** L2 of the embeddings and first-order weights in use, each row once a step. */
  penalty({ batch }: EncodedBatch<FieldItems, FieldContexts>): tf.Scalar {
    const { l2Embedding, parts } = this.made;
    if (l2Embedding === 0) return tf.scalar(0);
    return l2Penalty(l2Embedding, [
      ...this.tables.flatMap(([, tables]) => tables.usedRows(batch)),
      ...parts.flatMap((part) => part.usedRows?.(batch) ?? []),
    ]);
  }

  async afterStep(): Promise<void> {
    const layers = this.made.parts.flatMap(({ running = [] }) => running);
    for (const layer of layers) await layer.afterStep();
  }
}

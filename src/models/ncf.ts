/**
 * NCF: He et al., Neural Collaborative Filtering, WWW 2017. GMF (Eq. 9), MLP (Eq. 10) and NeuMF (Eq. 12) with
 * embeddings of their own for the two parts; initial weights as the authors' code has them. Notes: docs/models/ncf.md.
 */
import * as tf from '@tensorflow/tfjs';
import type { Pairs, PreparedData } from '../data/index.js';
import {
  gatherRows,
  type Initializer,
  nativeKernels,
  normal,
  ofKnown,
  ParameterSet,
  type Table,
} from '../engine/index.js';
import {
  type Field,
  type FieldEmbedding,
  fieldEmbedding,
  type ItemEncoder,
  itemEncoder,
  type Linear,
  linear,
  lookupWarm,
  mlp,
} from '../layers/index.js';
import { itemFeatures, warmUsers } from './features.js';
import { itemFields, userFields } from './fields.js';
import { ncfForEvaluation } from './ncfEvaluation.js';
import { type NcfContexts, type NcfItems, ncfNatively } from './ncfNative.js';
import type { NcfOptions } from './options.js';
import { l2Penalty } from './penalty.js';
import type { ContextBatch, EncodedBatch, Encoder, Model } from './types.js';

/** Uniform within ±sqrt(3 / inputs), which the authors' code draws the output unit from. */
const lecunUniform: Initializer = (shape, random) => {
  const limit = Math.sqrt(3 / shape[0]!);
  return Float32Array.from({ length: shape[0]! * shape[1]! }, () => limit * (2 * random.uniform() - 1));
};

/** User and item vectors of one part. */
interface Embeddings {
  readonly users: Table;
  readonly items: ItemEncoder;
  /** What is added of the fields of either. */
  readonly userSide: readonly FieldEmbedding[];
  readonly itemSide: readonly FieldEmbedding[];
}

const SIDE = 'model.sideFeatures';

/** The sum of identifiers' vectors and those of fields. [N, width] */
function withSide(ids: tf.Tensor2D, fields: readonly FieldEmbedding[], of: Int32Array): tf.Tensor2D {
  return fields.length === 0 ? ids : tf.addN([ids, ...fields.map((field) => field.embed(of))]);
}

export class Ncf implements Model<NcfItems, NcfContexts> {
  readonly parameters: ParameterSet;
  readonly histories = [];
  readonly pairing = 'pointwise';
  private readonly gmf: Embeddings | null;
  private readonly mlp: (Embeddings & { readonly layers: ReturnType<typeof mlp> }) | null;
  private readonly out: Linear;
  private readonly warmUsers: Uint8Array;

  /** @throws UserError when the data set lacks a named feature */
  constructor(
    private readonly options: NcfOptions,
    data: PreparedData,
    seed: number,
  ) {
    const { variant, factors, layers } = options;
    const parameters = new ParameterSet(seed);
    const warm = warmUsers(data);
    const { user, item } = options.sideFeatures;
    const side = {
      user: userFields(user, data, `${SIDE}.user`),
      item: itemFields(item, data, `${SIDE}.item`),
    };
    const embedded = (name: string, fields: readonly Field[], width: number) =>
      fields.map((field) =>
        fieldEmbedding(parameters, `${name}.${field.name}`, field, {
          width,
          init: normal(0.01),
          activation: 'linear',
        }),
      );
    const embeddings = (part: string, width: number): Embeddings => ({
      users: parameters.addTable(
        `${part}.user`,
        data.store.userIds.length,
        width,
        ofKnown(warm, normal(0.01)),
      ),
      items: itemEncoder(parameters, `${part}.item`, {
        features: itemFeatures(options.item, data, 'model.item'),
        width,
        categoryInit: normal(0.01),
      }),
      userSide: embedded(`${part}.userSide`, side.user, width),
      itemSide: embedded(`${part}.itemSide`, side.item, width),
    });
    this.parameters = parameters;
    this.gmf = variant === 'MLP' ? null : embeddings('gmf', factors);
    this.mlp =
      variant === 'GMF'
        ? null
        : { ...embeddings('mlp', layers[0]! / 2), layers: mlp(parameters, 'mlp.layer', layers) };
    const inputs = (this.gmf ? factors : 0) + (this.mlp ? layers.at(-1)! : 0);
    this.out = linear(parameters, 'out', { inputs, outputs: 1, bias: true, init: lecunUniform });
    this.warmUsers = warm;
  }

  encodeItems(items: Int32Array): NcfItems {
    const { gmf, mlp } = this;
    const encode = (part: Embeddings) => withSide(part.items.encode(items), part.itemSide, items);
    return { ...(gmf && { gmfItems: encode(gmf) }), ...(mlp && { mlpItems: encode(mlp) }) };
  }

  encodeContexts({ contexts }: ContextBatch): NcfContexts {
    const { gmf, mlp, warmUsers } = this;
    const { user } = contexts;
    const encode = (part: Embeddings) =>
      withSide(lookupWarm(part.users, user, warmUsers), part.userSide, user);
    return { ...(gmf && { gmfUsers: encode(gmf) }), ...(mlp && { mlpUsers: encode(mlp) }) };
  }

  async forEvaluation(): Promise<Encoder<NcfItems, NcfContexts>> {
    const [first, ...layers] = this.mlp?.layers.layers ?? [];
    return first ? ncfForEvaluation(this, [first, ...layers], this.out) : this;
  }

  logits(contexts: NcfContexts, items: NcfItems, pairs: Pairs): tf.Tensor1D {
    const layers = this.mlp?.layers.layers ?? [];
    const kernels = nativeKernels();
    if (kernels && layers.length > 0) {
      return ncfNatively(kernels, { ...contexts, ...items }, [...layers, this.out], pairs);
    }
    const parts: tf.Tensor2D[] = [];
    const pick = (part: 'gmf' | 'mlp') => ({
      user: gatherRows(contexts[`${part}Users`]!, pairs.context),
      item: gatherRows(items[`${part}Items`]!, pairs.item),
    });
    if (this.gmf) {
      const { user, item } = pick('gmf');
      parts.push(user.mul(item));
    }
    if (this.mlp) {
      const { user, item } = pick('mlp');
      parts.push(this.mlp.layers.apply(tf.concat([user, item], 1)));
    }
    return this.out.apply(tf.concat(parts, 1)).reshape([pairs.count]);
  }

  /** L2 of the vectors in use, each once a step, and of the hidden layers, as the authors' code allows. */
  penalty({ contexts, items }: EncodedBatch<NcfItems, NcfContexts>): tf.Scalar {
    const layers = this.mlp?.layers.layers ?? [];
    const vectors = [contexts.gmfUsers, items.gmfItems, contexts.mlpUsers, items.mlpItems];
    return l2Penalty(this.options.l2Weight, [
      ...vectors.filter((part) => part !== undefined),
      ...layers.map(({ weight }) => weight.value()),
    ]);
  }
}

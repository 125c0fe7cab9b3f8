/**
 * NCF: He et al., Neural Collaborative Filtering, WWW 2017. GMF (Eq. 9), MLP (Eq. 10) and NeuMF (Eq. 12) with
 * embeddings of their own for the two parts; initial weights as the authors' code has them. Notes: docs/models/ncf.md.
 */
import * as tf from '@tensorflow/tfjs';
import type { Batch, PreparedData } from '../data/index.js';
import {
  gatherRows,
  type Initializer,
  nativeKernels,
  normal,
  ParameterSet,
  type Table,
} from '../engine/index.js';
import { type ItemEncoder, itemEncoder, type Linear, linear, lookupWarm, mlp } from '../layers/index.js';
import { itemFeatures, warmUsers } from './features.js';
import { type NcfVectors, ncfNatively } from './ncfNative.js';
import type { NcfOptions } from './options.js';
import { l2Penalty } from './penalty.js';
import type { Encoded, Model } from './types.js';

/** Uniform within ±sqrt(3 / inputs), which the authors' code draws the output unit from. */
const lecunUniform: Initializer = (shape, random) => {
  const limit = Math.sqrt(3 / shape[0]!);
  return Float32Array.from({ length: shape[0]! * shape[1]! }, () => limit * (2 * random.uniform() - 1));
};

/** User and item vectors of one part. */
interface Embeddings {
  readonly users: Table;
  readonly items: ItemEncoder;
}

export class Ncf implements Model {
  readonly parameters: ParameterSet;
  readonly history = null;
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
    const embeddings = (part: string, width: number): Embeddings => ({
      users: parameters.addTable(`${part}.user`, data.store.userIds.length, width, normal(0.01)),
      items: itemEncoder(parameters, `${part}.item`, {
        features: itemFeatures(options.item, data, 'model.item'),
        width,
        categoryInit: normal(0.01),
      }),
    });
    this.parameters = parameters;
    this.gmf = variant === 'MLP' ? null : embeddings('gmf', factors);
    this.mlp =
      variant === 'GMF'
        ? null
        : { ...embeddings('mlp', layers[0]! / 2), layers: mlp(parameters, 'mlp.layer', layers) };
    const inputs = (this.gmf ? factors : 0) + (this.mlp ? layers.at(-1)! : 0);
    this.out = linear(parameters, 'out', { inputs, outputs: 1, bias: true, init: lecunUniform });
    this.warmUsers = warmUsers(data);
  }

  /** Vectors of each part: users [U, width], items [N, width]. */
  encode({ contexts, items }: Batch): Encoded {
    const vectors = (part: Embeddings) => ({
      users: lookupWarm(part.users, contexts.user, this.warmUsers),
      items: part.items.encode(items),
    });
    const gmf = this.gmf && vectors(this.gmf);
    const mlp = this.mlp && vectors(this.mlp);
    return {
      ...(gmf && { gmfUsers: gmf.users, gmfItems: gmf.items }),
      ...(mlp && { mlpUsers: mlp.users, mlpItems: mlp.items }),
    };
  }

  logits(encoded: Encoded, { pairs }: Batch): tf.Tensor1D {
    const layers = this.mlp?.layers.layers ?? [];
    const kernels = nativeKernels();
    if (kernels && layers.length > 0) {
      return ncfNatively(kernels, encoded as Encoded & NcfVectors, [...layers, this.out], pairs);
    }
    const parts: tf.Tensor2D[] = [];
    const pick = (part: 'gmf' | 'mlp') => ({
      user: gatherRows(encoded[`${part}Users`] as tf.Tensor2D, pairs.context),
      item: gatherRows(encoded[`${part}Items`] as tf.Tensor2D, pairs.item),
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
  penalty(encoded: Encoded): tf.Scalar {
    const layers = this.mlp?.layers.layers ?? [];
    return l2Penalty(this.options.l2Weight, [
      ...Object.values(encoded),
      ...layers.map(({ weight }) => weight.value()),
    ]);
  }
}

import * as tf from '@tensorflow/tfjs';
import { type DenseParameter, gatherRows, type ParameterSet, relu } from '../../engine/index.js';
import { layerNorm, linear, type RowLists } from '../../layers/index.js';

/** What stands around a multi-head attention: maps with ReLU before it, residuals, LayerNorm and a small net behind it. */
export interface AttentionBlock {
  readonly matrices: readonly DenseParameter[];
  /** relu(x W + b) each. [N, d] -> [N, d] */
  query(x: tf.Tensor2D): tf.Tensor2D;
  key(x: tf.Tensor2D): tf.Tensor2D;
  value(x: tf.Tensor2D): tf.Tensor2D;
  /** z = LayerNorm(attended + asked), LayerNorm(relu(z W1 + b1) W2 + b2 + z). [N, d], [N, d] -> [N, d] */
  finish(attended: tf.Tensor2D, asked: tf.Tensor2D): tf.Tensor2D;
}

/** Weights `name.query`, `name.key`, `name.value`, `name.norm`, `name.inner`, `name.outer` and `name.outerNorm`. */
export function attentionBlock(
  parameters: ParameterSet,
  name: string,
  { width, feedForward }: { readonly width: number; readonly feedForward: number },
): AttentionBlock {
  const map = (part: string, inputs: number, outputs: number) =>
    linear(parameters, `${name}.${part}`, { inputs, outputs, bias: true });
  const maps = [map('query', width, width), map('key', width, width), map('value', width, width)] as const;
  const normalise = layerNorm(parameters, `${name}.norm`, width);
  const inner = map('inner', width, feedForward);
  const outer = map('outer', feedForward, width);
  const normaliseOuter = layerNorm(parameters, `${name}.outerNorm`, width);
  const [query, key, value] = maps.map(
    ({ apply }) =>
      (x: tf.Tensor2D) =>
        relu(apply(x)),
  );
  return {
    matrices: [...maps, inner, outer].map(({ weight }) => weight),
    query: query!,
    key: key!,
    value: value!,
    finish: (attended, asked) => {
      const z = normalise(attended.add<tf.Tensor2D>(asked));
      return normaliseOuter(outer.apply(relu(inner.apply(z))).add<tf.Tensor2D>(z));
    },
  };
}

/** As many as in the released code; the last has no end. */
const BUCKETS = 12;

export interface RankEmbedding {
  readonly weight: DenseParameter;
  /** [N, d] -> [R, d], a row for each place of the histories */
  apply(x: tf.Tensor2D, histories: RowLists): tf.Tensor2D;
}

/**
 * [x ; bucket] W + b, the bucket one-hot: [1, 2), [2, 4), [4, 8), .. of the place from the end, the latest item being 1.
 * Weights `name.weight` and `name.bias`.
 */
export function rankEmbedding(parameters: ParameterSet, name: string, width: number): RankEmbedding {
  const dense = linear(parameters, name, { inputs: width + BUCKETS, outputs: width, bias: true });
  return {
    weight: dense.weight,
    apply: (x, { offsets, rows }) => {
      const [ofItem, ofBucket] = tf.split(dense.weight.value(), [width, BUCKETS]) as [
        tf.Tensor2D,
        tf.Tensor2D,
      ];
      const items = tf.fused.matMul({
        a: x,
        b: ofItem,
        bias: dense.bias!.value<tf.Rank.R1>(),
      }) as tf.Tensor2D;
      const bucket = new Int32Array(rows.length);
      for (let list = 0; list + 1 < offsets.length; list++) {
        const end = offsets[list + 1]!;
        for (let at = offsets[list]!; at < end; at++) {
          bucket[at] = Math.min(BUCKETS - 1, 31 - Math.clz32(end - at));
        }
      }
      return gatherRows(items, rows).add(gatherRows(ofBucket, bucket));
    },
  };
}

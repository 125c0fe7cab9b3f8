/** The blocks of SASRec: Kang and McAuley, Self-Attentive Sequential Recommendation, ICDM 2018. */
import type * as tf from '@tensorflow/tfjs';
import {
  type DenseParameter,
  dropout,
  gatherRows,
  gelu,
  type Mode,
  normal,
  type ParameterSet,
  relu,
} from '../../engine/index.js';
import {
  type AttendingSequences,
  attendingSequences,
  causalAttention,
  layerNorm,
  linear,
  packedPositions,
} from '../../layers/index.js';
import type { SasrecOptions } from '../options.js';
import type { SequenceEncoder } from './sequenceEncoder.js';

type Rows = (x: tf.Tensor2D) => tf.Tensor2D;

/** Weights `position`, `norm.*`, and of block b `block.b.attention.*`, `block.b.ffn.*` and `block.b.norm.*`. */
export function selfAttentionEncoder(parameters: ParameterSet, options: SasrecOptions): SequenceEncoder {
  const { factors: width, historyLength, layers, norm, dropout: rate } = options;
  const keep = 1 - rate;
  const position = parameters.addDense('position', [historyLength, width], normal(0.02));
  const normalise = layerNorm(parameters, 'norm', width);
  const blocks = Array.from({ length: layers }, (_, b) => block(parameters, `block.${b + 1}`, options));
  return {
    matrices: blocks.flatMap(({ matrices }) => matrices),
    width,
    states: (items, packed, asked, mode) => {
      // With positions counted from the beginning of the history.
      const placed = items.add<tf.Tensor2D>(gatherRows(position.value(), packedPositions(packed).step));
      const x = dropout(norm === 'post' ? normalise(placed) : placed, keep, mode, 'embedding');
      // Of the last block nothing is needed but the positions that are asked for.
      const all = attendingSequences(packed, mode);
      const read = blocks.slice(0, -1).reduce((h, { apply }) => apply(h, all, mode), x);
      const last = blocks.at(-1)!.apply(read, attendingSequences(packed, mode, asked), mode);
      return norm === 'pre' ? normalise(last) : last;
    },
  };
}

interface Block {
  readonly matrices: readonly DenseParameter[];
  /** [R, width] -> [Q, width] */
  apply(x: tf.Tensor2D, sequences: AttendingSequences, mode: Mode): tf.Tensor2D;
}

function block(parameters: ParameterSet, name: string, options: SasrecOptions): Block {
  const { factors: width, heads, outputProjection: projects, activation, norm, dropout: rate } = options;
  const inner = options.innerSize ?? width;
  const keep = 1 - rate;
  const attention = causalAttention(parameters, `${name}.attention`, { width, heads, projects, keep });
  const first = linear(parameters, `${name}.ffn.1`, { inputs: width, outputs: inner, bias: true });
  const second = linear(parameters, `${name}.ffn.2`, { inputs: inner, outputs: width, bias: true });
  const norms = [
    layerNorm(parameters, `${name}.norm.1`, width),
    layerNorm(parameters, `${name}.norm.2`, width),
  ];
  const act: Rows = activation === 'relu' ? relu : gelu;
  /** x + Dropout(g(LayerNorm(x))), or LayerNorm(x + Dropout(g(x))), for the rows that `asking` takes. */
  const around = (x: tf.Tensor2D, which: 0 | 1, g: Rows, mode: Mode, asking: Rows): tf.Tensor2D => {
    const normalise = norms[which]!;
    const made = dropout(g(norm === 'pre' ? normalise(x) : x), keep, mode, `${name}.${which}`);
    const sum = asking(x).add<tf.Tensor2D>(made);
    return norm === 'pre' ? sum : normalise(sum);
  };
  return {
    matrices: [...attention.matrices, first.weight, second.weight],
    apply: (x, sequences, mode) => {
      const attend: Rows = (given) => attention.apply(given, sequences, mode);
      const attended = around(x, 0, attend, mode, sequences.asking);
      const feedForward: Rows = (given) => {
        const hidden = act(first.apply(given));
        return second.apply(norm === 'pre' ? dropout(hidden, keep, mode, `${name}.ffn`) : hidden);
      };
      return around(attended, 1, feedForward, mode, (all) => all);
    },
  };
}

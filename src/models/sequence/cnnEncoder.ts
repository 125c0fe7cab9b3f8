import * as tf from '@tensorflow/tfjs';
import type { ContextHistory } from '../../data/index.js';
import { constant, gatherRows, type ParameterSet, relu, truncatedNormal } from '../../engine/index.js';
import { larger, linear, runningMax, windowResponses } from '../../layers/index.js';
import { longestOf } from '../histories.js';
import type { CnnOptions } from '../options.js';
import type { EncoderSpec, InterestEncoder } from './encoder.js';

type Options = Pick<
  CnnOptions,
  'windows' | 'filters' | 'filterActivation' | 'maskPadding' | 'interestSize' | 'historyLength'
>;

/** Below whatever a response can be. */
const NOTHING = -(2 ** 32);

/**
 * Convolutions over time with windows of 1, 2, .. W items and F filters each, over a history of T places, zero where it has
 * no item; the maximum over the windows; a linear layer: u. Weights `name.window1` .. and `name.interest`.
 *
 * Windows that end within a history are the same for all histories that begin like it, so their maximum is a running one
 * over the sequence. Those that reach beyond its end meet zeros there: each history has W - 1 of its own at most.
 */
export function cnnEncoder(
  parameters: ParameterSet,
  { name, width }: EncoderSpec,
  options: Options,
): InterestEncoder {
  const { windows, filters, filterActivation, maskPadding, interestSize } = options;
  const convolutions = Array.from({ length: windows }, (_, w) =>
    linear(parameters, `${name}.window${w + 1}`, {
      inputs: (w + 1) * width,
      outputs: filters,
      bias: true,
      init: truncatedNormal(0.1),
      biasInit: constant(0.1),
    }),
  );
  const channels = windows * filters;
  const outer =
    interestSize > 0
      ? linear(parameters, `${name}.interest`, { inputs: channels, outputs: interestSize, bias: true })
      : null;
  const act = filterActivation === 'relu' ? relu<tf.Tensor2D> : (z: tf.Tensor2D) => z;
  return {
    width: outer ? interestSize : channels,
    perContext: true,
    prefixes: 'shared',
    matrices: [...convolutions, ...(outer ? [outer] : [])].map(({ weight }) => weight),
    taps: { [`${name}.maxima`]: `The largest response of each filter to the ${name} history. [U, W F]` },
    encode: (x, history, mode) => {
      const respond = windowResponses(
        x,
        convolutions.map(({ weight }) => weight.value<tf.Rank.R2>()),
      );
      let most = withinHistories(respond, x.shape[0], history, options);
      if (windows > 1) most = larger(most, beyondEnds(respond, x.shape[0], history, options));
      if (!maskPadding) most = larger(most, ofPadding(history, options));
      const bias = tf.concat(convolutions.map((of) => of.bias!.value<tf.Rank.R1>()));
      let maxima = act(most.add<tf.Tensor2D>(bias));
      if (maskPadding) maxima = maxima.mul(filled(history.length));
      mode.tap?.(`${name}.maxima`, maxima);
      return { rows: outer ? outer.apply(maxima) : maxima };
    },
    interest: ({ rows }, _, { context }) => ({ vectors: rows, row: context }),
  };
}

type Respond = ReturnType<typeof windowResponses>;
type Sizes = Pick<Options, 'windows' | 'filters' | 'historyLength'>;

/** The largest responses of windows that end within each history: [U, W F], `NOTHING` where none does. */
function withinHistories(
  respond: Respond,
  items: number,
  history: ContextHistory,
  { windows, filters }: Sizes,
): tf.Tensor2D {
  const steps = longestOf(history);
  const { sequences, sequence, length } = history;
  const positions = new Int32Array(sequences.count * steps).fill(items);
  for (let s = 0; s < sequences.count; s++) {
    const own = sequences.item.subarray(s * sequences.width, s * sequences.width + sequences.length[s]!);
    positions.set(own, s * steps);
  }
  const responses = respond({ positions, steps });
  const running = runningMax(responses.reshape([sequences.count, steps, windows * filters]));
  const rows = running.reshape<tf.Tensor2D>([-1, filters]);
  const at = new Int32Array(length.length * windows).fill(rows.shape[0]);
  for (const [c, s] of sequence.entries()) {
    for (let w = 1; w <= Math.min(windows, length[c]!); w++) {
      at[c * windows + w - 1] = (s * steps + length[c]! - w) * windows + w - 1;
    }
  }
  const withNothing = tf.concat(
    [rows, tf.tensor2d(Array(filters).fill(NOTHING), [1, filters])],
    0,
  ) as tf.Tensor2D;
  return gatherRows(withNothing, at).reshape([length.length, windows * filters]);
}

/**
 * The largest responses of windows that start at the last W - 1 items of each history, most of which reach beyond its end,
 * though none beyond place T: [U, W F].
 */
function beyondEnds(
  respond: Respond,
  items: number,
  history: ContextHistory,
  { windows, filters, historyLength }: Sizes,
): tf.Tensor2D {
  const { sequences, sequence, length } = history;
  const steps = windows - 1;
  const count = length.length;
  const positions = new Int32Array(count * steps).fill(items);
  const mask = new Float32Array(count * steps * windows).fill(NOTHING);
  for (const [c, s] of sequence.entries()) {
    for (let p = Math.max(0, steps - length[c]!); p < steps; p++) {
      const start = length[c]! - steps + p;
      positions[c * steps + p] = sequences.item[s * sequences.width + start]!;
      const fitting = Math.min(windows, historyLength - start);
      mask.fill(0, (c * steps + p) * windows, (c * steps + p) * windows + fitting);
    }
  }
  const masked = respond({ positions, steps })
    .reshape<tf.Tensor2D>([count * steps * windows, filters])
    .add(tf.tensor2d(mask, [mask.length, 1]));
  const running = runningMax(masked.reshape([count, steps, windows * filters]));
  return running.slice([0, steps - 1, 0], [-1, 1, -1]).reshape([count, windows * filters]);
}

/** The response of windows without an item, 0, where there are such: those that start behind the last item. [U, W F] */
function ofPadding({ length }: ContextHistory, { windows, filters, historyLength }: Sizes): tf.Tensor2D {
  const channels = windows * filters;
  const values = new Float32Array(length.length * channels).fill(NOTHING);
  for (const [c, own] of length.entries()) {
    const fitting = Math.min(windows, historyLength - own);
    values.fill(0, c * channels, c * channels + fitting * filters);
  }
  return tf.tensor2d(values, [length.length, channels]);
}

/** 1 for histories with an item, else 0. [U, 1] */
const filled = (length: Int32Array): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from(length, (own) => (own > 0 ? 1 : 0)),
    [length.length, 1],
  );

import * as tf from '@tensorflow/tfjs';
import {
  type Initializer,
  type Mode,
  ones,
  type ParameterSet,
  type Table,
  takeValues,
  zeros,
} from '../engine/index.js';

const EPSILON = 1e-5;
/** Share of a step's statistics in the running ones. */
const MOMENTUM = 0.1;

/**
 * Batch normalisation (Ioffe and Szegedy 2015) of channels: by the statistics of the batch in training, else by running ones.
 * As PyTorch has it: running means of the batches' means and unbiased variances.
 */
export interface BatchNorm {
  /**
   * gamma (x - mean) / sqrt(variance + 1e-5) + beta
   *
   * @param x [R, channels] or [R, channels, d]; statistics are over R and d
   * @param counted what counts in the statistics. Default: everything, once
   */
  apply<T extends tf.Tensor>(x: T, mode: Mode, counted?: Counted): T;
  /** Takes up the statistics of the last step in training. */
  afterStep(): Promise<void>;
}

/** What of a batch counts. */
export interface Counted {
  /** 0 for values that are missing: they do not count, and become beta. [R, channels] */
  readonly isKnown: tf.Tensor2D;
  /** How often a row counts. [R] */
  readonly times: tf.Tensor1D;
}

/** Row 0: means, row 1: variances. */
const runningStart: Initializer = (shape, random) => {
  const values = zeros(shape, random);
  values.fill(1, values.length / 2);
  return values;
};

/** Weights `name.gamma` (1 at first) and `name.beta` (0), and `name.running`, which gradients do not change. */
export function batchNorm(parameters: ParameterSet, name: string, channels: number): BatchNorm {
  const gamma = parameters.addDense(`${name}.gamma`, [channels], ones);
  const beta = parameters.addDense(`${name}.beta`, [channels], zeros);
  const running = parameters.addTable(`${name}.running`, 2, channels, runningStart, { trained: false });
  let last: tf.Tensor[] = [];
  const ofBatch = (x: tf.Tensor3D, counted: Counted | undefined): readonly tf.Tensor[] => {
    const { mean, variance, count } = statistics(x, counted);
    tf.dispose(last);
    last = [mean, variance, count].map((values) => tf.keep(values.clone()));
    return [mean, variance];
  };
  return {
    apply: <T extends tf.Tensor>(x: T, mode: Mode, counted?: Counted): T => {
      const blocks = x.reshape([x.shape[0]!, channels, -1]) as tf.Tensor3D;
      const [mean, variance] = mode.training ? ofBatch(blocks, counted) : runningStatistics(running);
      const scale = gamma.value().div(variance!.add(EPSILON).sqrt());
      const column = (values: tf.Tensor) => values.reshape([channels, 1]);
      const scaled = blocks.sub(column(mean!)).mul(column(scale));
      const known = counted ? scaled.mul(counted.isKnown.expandDims(2)) : scaled;
      return known.add(column(beta.value())).reshape(x.shape) as T;
    },
    afterStep: async () => {
      const given = last;
      last = [];
      if (given.length === 0) return;
      const [mean, variance, count] = await takeValues(given);
      for (let c = 0; c < channels; c++) {
        const n = count![c]!;
        if (n === 0) continue; // nothing of this channel in the batch
        const unbiased = n > 1 ? variance![c]! * (n / (n - 1)) : variance![c]!;
        running.data[c]! += MOMENTUM * (mean![c]! - running.data[c]!);
        running.data[channels + c]! += MOMENTUM * (unbiased - running.data[channels + c]!);
      }
    },
  };
}

/** [R, channels, d] -> [channels] each; `count`: how many values each channel has. */
function statistics(x: tf.Tensor3D, counted: Counted | undefined) {
  const [rows, channels, width] = x.shape;
  const each = counted ? counted.isKnown.mul(counted.times.reshape([rows, 1])) : tf.ones([rows, channels]);
  const weights = each.expandDims(2); // [R, channels, 1]
  const count = each.sum(0).mul(width);
  const meanOf = (values: tf.Tensor) => values.mul(weights).sum([0, 2]).div(count.maximum(1));
  const mean = meanOf(x);
  const variance = meanOf(x.sub(mean.reshape([channels, 1])).square());
  return { mean, variance, count };
}

function runningStatistics({ data, width }: Table): readonly tf.Tensor[] {
  return [tf.tensor1d(data.slice(0, width)), tf.tensor1d(data.slice(width))];
}

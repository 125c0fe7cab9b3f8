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

/** What of a batch counts. */
export interface Counted {
  /** 0 for values that are missing: they do not count. [R, channels] */
  readonly isKnown: tf.Tensor2D;
  /** How often a row counts. [R] */
  readonly times: tf.Tensor1D;
}

/** A layer that keeps running statistics. */
export interface Running {
  /** Takes up the statistics of the last step in training. */
  afterStep(): Promise<void>;
}

/**
 * Batch normalisation (Ioffe and Szegedy 2015) of channels: by the statistics of the batch in training, else by running ones.
 * As PyTorch has it: running means of the batches' means and unbiased variances.
 */
export interface BatchNorm extends Running {
  /**
   * gamma (x - mean) / sqrt(variance + 1e-5) + beta
   *
   * @param x [R, channels] or [R, channels, d]; statistics are over R and d
   * @param counted what counts; values that are missing become the mean, hence beta. Default: everything, once
   */
  apply<T extends tf.Tensor>(x: T, mode: Mode, counted?: Counted): T;
}

/** Values that are missing become the mean of their channel: that of the batch in training, else the running one. */
export interface MeanFill extends Running {
  /** @param x [R, channels, d] */
  apply(x: tf.Tensor3D, mode: Mode, counted: Counted): tf.Tensor3D;
}

/** Weights `name.gamma` (1 at first) and `name.beta` (0), and `name.running`, which gradients do not change. */
export function batchNorm(parameters: ParameterSet, name: string, channels: number): BatchNorm {
  const gamma = parameters.addDense(`${name}.gamma`, [channels], ones);
  const beta = parameters.addDense(`${name}.beta`, [channels], zeros);
  const statistics = new Statistics(parameters, name, channels, runningStart);
  return {
    apply: <T extends tf.Tensor>(x: T, mode: Mode, counted?: Counted): T => {
      const blocks = x.reshape([x.shape[0]!, channels, -1]) as tf.Tensor3D;
      const { mean, variance } = statistics.of(blocks, mode, counted);
      const scale = gamma.value().div(variance.add(EPSILON).sqrt());
      const column = (values: tf.Tensor) => values.reshape([channels, 1]);
      const scaled = blocks.sub(column(mean)).mul(column(scale));
      const known = counted ? scaled.mul(counted.isKnown.expandDims(2)) : scaled;
      return known.add(column(beta.value())).reshape(x.shape) as T;
    },
    afterStep: () => statistics.afterStep(),
  };
}

/**
 * `name.running`, as of `batchNorm`, but all 0 at first: the first batch that knows something of a channel sets its statistics. From
 * 0, which no logarithm is near, a short training would not come to the mean.
 */
export function meanFill(parameters: ParameterSet, name: string, channels: number): MeanFill {
  const statistics = new Statistics(parameters, name, channels, zeros);
  return {
    apply: (x, mode, counted) => {
      const { mean } = statistics.of(x, mode, counted);
      const known = counted.isKnown.expandDims(2);
      return x.mul(known).add(mean.reshape([channels, 1]).mul(tf.sub(1, known)));
    },
    afterStep: () => statistics.afterStep(),
  };
}

/** Row 0: means, row 1: variances. */
const runningStart: Initializer = (shape, random) => {
  const values = zeros(shape, random);
  values.fill(1, values.length / 2);
  return values;
};

/** Mean and variance of channels: of the batch in training, else running ones. */
class Statistics implements Running {
  private readonly running: Table;
  /** Of the last batch in training. */
  private last: tf.Tensor[] = [];

  constructor(parameters: ParameterSet, name: string, channels: number, start: Initializer) {
    this.running = parameters.addTable(`${name}.running`, 2, channels, start, { trained: false });
  }

  /** [R, channels, d] -> [channels] each */
  of(x: tf.Tensor3D, mode: Mode, counted: Counted | undefined) {
    if (!mode.training) {
      const { data, width } = this.running;
      return { mean: tf.tensor1d(data.slice(0, width)), variance: tf.tensor1d(data.slice(width)) };
    }
    const { mean, variance, count } = ofBatch(x, counted);
    tf.dispose(this.last);
    this.last = [mean, variance, count].map((values) => tf.keep(values.clone()));
    return { mean, variance };
  }

  async afterStep(): Promise<void> {
    const given = this.last;
    this.last = [];
    if (given.length === 0) return;
    const [mean, variance, count] = await takeValues(given);
    const { data, width } = this.running;
    for (let c = 0; c < width; c++) {
      const n = count![c]!;
      if (n === 0) continue; // nothing of this channel in the batch
      const unbiased = n > 1 ? variance![c]! * (n / (n - 1)) : variance![c]!;
      const share = data[c] === 0 && data[width + c] === 0 ? 1 : MOMENTUM; // nothing was known of it before
      data[c]! += share * (mean![c]! - data[c]!);
      data[width + c]! += share * (unbiased - data[width + c]!);
    }
  }
}

/** [R, channels, d] -> [channels] each; `count`: how many values each channel has. */
function ofBatch(x: tf.Tensor3D, counted: Counted | undefined) {
  const [rows, channels, width] = x.shape;
  const each = counted ? counted.isKnown.mul(counted.times.reshape([rows, 1])) : tf.ones([rows, channels]);
  const weights = each.expandDims(2); // [R, channels, 1]
  const count = each.sum(0).mul(width);
  const meanOf = (values: tf.Tensor) =>
    values.mul(weights).sum([0, 2]).div(count.clipByValue(1, Number.POSITIVE_INFINITY));
  const mean = meanOf(x);
  const variance = meanOf(x.sub(mean.reshape([channels, 1])).square());
  return { mean, variance, count };
}

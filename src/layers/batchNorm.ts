import * as tf from '@tensorflow/tfjs';
import {
  type Floats,
  filledTensors,
  type Initializer,
  type Kernels,
  type Mode,
  type NormArrays,
  nativeKernels,
  ones,
  type ParameterSet,
  type Table,
  takeValues,
  valuesInPlace,
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
  /** What `apply` does outside training. */
  fixed(): FixedNorm;
}

/** y = scale x + shift, or `missing` where x is. [channels] each */
export interface FixedNorm {
  readonly scale: tf.Tensor1D;
  readonly shift: tf.Tensor1D;
  readonly missing: tf.Tensor1D;
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
      const made = normalised([blocks, gamma.value(), beta.value()], statistics, mode, counted);
      return made.reshape(x.shape) as T;
    },
    afterStep: () => statistics.afterStep(),
    fixed: () => {
      const { mean, variance } = statistics.running();
      const scale = gamma.value<tf.Rank.R1>().div<tf.Tensor1D>(tf.tensor1d(variance).add(EPSILON).sqrt());
      const missing = beta.value<tf.Rank.R1>();
      return { scale, shift: missing.sub(scale.mul(tf.tensor1d(mean))), missing };
    },
  };
}

type Given = readonly [x: tf.Tensor3D, gamma: tf.Tensor, beta: tf.Tensor];

/**
 * The formula of `apply`, by kernels where there are any. The gradient is written out, since the tape takes several times the
 * operations for it: with u = (x - mean) / deviation, g the slopes of what is known, n how many values count and w how often each of
 * them, it is gamma / deviation (g - w / n (sum g + u sum g u)) in training, where the statistics are those of x, else the first term
 * alone.
 *
 * @param given x [R, channels, d], gamma [channels], beta [channels]
 */
function normalised(
  given: Given,
  statistics: Statistics,
  mode: Mode,
  counted: Counted | undefined,
): tf.Tensor3D {
  const kernels = nativeKernels();
  return kernels && given[0].size > 0
    ? normalisedNatively(kernels, given, statistics, mode, counted)
    : normalisedPortably(given, statistics, mode, counted);
}

function normalisedNatively(
  kernels: Kernels,
  given: Given,
  statistics: Statistics,
  { training }: Mode,
  counted: Counted | undefined,
): tf.Tensor3D {
  const [rows, channels, width] = given[0].shape;
  const normOf = (rest: readonly Floats[]): NormArrays => {
    const [known = none, times = none] = rest;
    return [training ? 1 : 0, rows, channels, width, EPSILON, known, times];
  };
  const valuesOf = (tensors: readonly tf.Tensor[]) => tensors.map((tensor) => valuesInPlace(kernels, tensor));
  const what = counted ? [counted.isKnown, counted.times] : [];
  const running = training ? null : statistics.running();
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [x, gamma, beta, save] = inputs as [...Given, tf.GradSaveFunc];
    const each = [channels];
    const [mean, variance, count, unit, result] = filledTensors(
      kernels,
      [each, each, each, x.shape, x.shape],
      (means, variances, ...filled) => {
        const of = running ? [running.mean, running.variance] : [means!, variances!];
        const arrays = [...valuesOf([x, gamma, beta]), ...of, ...filled] as EightArrays;
        kernels.batchNormForward(kernels.threads, ...normOf(valuesOf(what)), ...arrays);
      },
    );
    if (training) statistics.keep({ mean: mean!, variance: variance!, count: count! });
    save([unit!, gamma, running ? tf.tensor1d(running.variance) : variance!, count!, ...what]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) =>
      filledTensors(kernels, [x.shape, each, each], (...gradients) => {
        const arrays = [...valuesOf([...saved.slice(0, 4), dy]), ...gradients] as EightArrays;
        kernels.batchNormBackward(kernels.threads, ...normOf(valuesOf(saved.slice(4))), ...arrays);
      });
    return { value: result!, gradFunc };
  });
  return op(...given) as tf.Tensor3D;
}

const none = new Float32Array();
type EightArrays = [Floats, Floats, Floats, Floats, Floats, Floats, Floats, Floats];

function normalisedPortably(
  given: Given,
  statistics: Statistics,
  mode: Mode,
  counted: Counted | undefined,
): tf.Tensor3D {
  const column = (values: tf.Tensor) => values.reshape([-1, 1]);
  const sum = (values: tf.Tensor) => values.sum([0, 2]);
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [x, gamma, beta, save] = inputs as [tf.Tensor3D, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const { mean, variance, divisor, weights } = statistics.of(x, mode, counted);
    const deviation = variance.add(EPSILON).sqrt();
    const unit = x.sub(column(mean)).div(column(deviation));
    const known = counted?.isKnown.expandDims(2);
    const scaled = unit.mul(column(gamma));
    // Those that are there, in this order.
    save([unit, gamma, deviation, ...[known, divisor, weights].flatMap((tensor) => tensor ?? [])]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [unit, gamma, deviation, ...rest] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, ...tf.Tensor[]];
      const slopes = counted ? dy.mul(rest.shift()!) : dy;
      const dBeta = sum(dy);
      const dGamma = sum(slopes.mul(unit));
      const scale = column(gamma.div(deviation));
      const [n, w] = rest;
      if (!n) return [slopes.mul(scale), dGamma, dBeta];
      const all = counted ? sum(slopes) : dBeta;
      const shared = unit.mul(column(dGamma.div(n))).add(column(all.div(n)));
      return [slopes.sub(w ? shared.mul(w) : shared).mul(scale), dGamma, dBeta];
    };
    return { value: (known ? scaled.mul(known) : scaled).add(column(beta)), gradFunc };
  });
  return op(...given) as tf.Tensor3D;
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
    fixed: () => ({
      scale: tf.ones([channels]),
      shift: tf.zeros([channels]),
      missing: tf.tensor1d(statistics.running().mean),
    }),
  };
}

/** Row 0: means, row 1: variances. */
const runningStart: Initializer = (shape, random) => {
  const values = zeros(shape, random);
  values.fill(1, values.length / 2);
  return values;
};

/** Mean and variance of channels: of the batch in training, else running ones. */
class Statistics {
  private readonly table: Table;
  /** Of the last batch in training. */
  private last: tf.Tensor[] = [];

  constructor(parameters: ParameterSet, name: string, channels: number, start: Initializer) {
    this.table = parameters.addTable(`${name}.running`, 2, channels, start, { trained: false });
  }

  /** [R, channels, d] -> [channels] each; the others are those of `ofBatch`, of which running statistics have none. */
  of(
    x: tf.Tensor3D,
    mode: Mode,
    counted: Counted | undefined,
  ): Pick<OfBatch, 'mean' | 'variance'> & Partial<OfBatch> {
    if (!mode.training) {
      const { mean, variance } = this.running();
      return { mean: tf.tensor1d(mean), variance: tf.tensor1d(variance) };
    }
    const found = ofBatch(x, counted);
    this.keep(found);
    return found;
  }

  /** Of the last step in training, until it is done. */
  keep({ mean, variance, count }: Pick<OfBatch, 'mean' | 'variance' | 'count'>): void {
    tf.dispose(this.last);
    this.last = [mean, variance, count].map((values) => tf.keep(values.clone()));
  }

  running(): { readonly mean: Float32Array; readonly variance: Float32Array } {
    const { data, width } = this.table;
    return { mean: data.slice(0, width), variance: data.slice(width) };
  }

  async afterStep(): Promise<void> {
    const given = this.last;
    this.last = [];
    if (given.length === 0) return;
    const [mean, variance, count] = await takeValues(given);
    const { data, width } = this.table;
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

interface OfBatch {
  /** [channels] */
  readonly mean: tf.Tensor;
  /** [channels] */
  readonly variance: tf.Tensor;
  /** How many values each channel has. [channels] */
  readonly count: tf.Tensor;
  /** The same, at least 1. */
  readonly divisor: tf.Tensor;
  /** How often a value counts, unless all do once. [R, channels, 1] */
  readonly weights?: tf.Tensor;
}

function ofBatch(x: tf.Tensor3D, counted: Counted | undefined): OfBatch {
  const [rows, channels, width] = x.shape;
  const each = counted?.isKnown.mul(counted.times.reshape([rows, 1]));
  const count = each ? each.sum(0).mul(width) : tf.fill([channels], rows * width);
  const divisor = count.clipByValue(1, Number.POSITIVE_INFINITY);
  const weights = each?.expandDims(2);
  const meanOf = (values: tf.Tensor) => (weights ? values.mul(weights) : values).sum([0, 2]).div(divisor);
  const mean = meanOf(x);
  const variance = meanOf(x.sub(mean.reshape([channels, 1])).square());
  return { mean, variance, count, divisor, ...(weights && { weights }) };
}

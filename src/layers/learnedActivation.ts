import * as tf from '@tensorflow/tfjs';
import {
  constant,
  type DenseParameter,
  type Floats,
  filledTensors,
  type Kernels,
  type Mode,
  nativeKernels,
  type ParameterSet,
  relu,
  type Table,
  takeValues,
  valuesInPlace,
  zeros,
} from '../engine/index.js';

/** An elementwise function of a layer's channels that may have weights and statistics of its own. */
export interface LearnedActivation {
  /** [N, width] -> [N, width] */
  apply(z: tf.Tensor2D, mode: Mode): tf.Tensor2D;
  /** What it is outside training. */
  gate(): Gate;
  /** To be called when a training step is done. */
  afterStep(): Promise<void>;
}

/** z (alpha + (1 - alpha) s) with s = sigmoid((z - mean) / deviation), or, unless `smooth`, 1 where z > 0 and 0 elsewhere. */
export interface Gate {
  readonly smooth: boolean;
  /** [width], as the others. */
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
  readonly alpha: tf.Tensor1D;
}

export type ActivationKind = 'dice' | 'prelu' | 'relu';

/**
 * - `relu`: max(z, 0)
 * - `prelu`: z where z > 0, else alpha z; alpha begins at 0.25 (He et al. 2015), `name.alpha`
 * - `dice`: p z + (1 - p) alpha z with p = sigmoid((z - mean) / deviation) (Zhou et al. 2018); see `dice`
 */
export function learnedActivation(
  parameters: ParameterSet,
  name: string,
  kind: ActivationKind,
  width: number,
): LearnedActivation {
  const nothing = async () => {};
  const step = (alpha: () => tf.Tensor1D) => (): Gate => {
    const [mean, deviation] = [new Float32Array(width), new Float32Array(width).fill(1)];
    return { smooth: false, mean, deviation, alpha: alpha() };
  };
  switch (kind) {
    case 'relu':
      return { apply: (z) => relu(z), gate: step(() => tf.zeros([width])), afterStep: nothing };
    case 'prelu': {
      const alpha = parameters.addDense(`${name}.alpha`, [width], constant(0.25));
      return {
        apply: (z) => prelu(z, alpha),
        gate: step(() => alpha.value<tf.Rank.R1>()),
        afterStep: nothing,
      };
    }
    case 'dice':
      return new Dice(parameters, name, width);
  }
}

/** relu(z) - alpha relu(-z) */
const prelu = (z: tf.Tensor2D, alpha: DenseParameter): tf.Tensor2D =>
  relu(z).sub(relu(z.neg()).mul(alpha.value()));

const EPSILON = 1e-9;
/** Share of a step's statistics in the running ones. */
const MOMENTUM = 0.01;

/**
 * Mean and variance are those of the step in training, through which the gradient goes; else their running means, which
 * begin at 0 and 1 and move by a hundredth a step. As in batch normalisation the running variance is the unbiased
 * one. Weights: `name.alpha`, 0 at first, and `name.statistics`, mean and variance, which no gradient changes.
 */
class Dice implements LearnedActivation {
  private readonly alpha: DenseParameter;
  private readonly statistics: Table;
  /** What the step at hand found, of its last pass: mean and variance, [2, width], and of how many rows. */
  private found: { readonly values: tf.Tensor2D; readonly rows: number } | null = null;

  constructor(
    parameters: ParameterSet,
    name: string,
    private readonly width: number,
  ) {
    this.alpha = parameters.addDense(`${name}.alpha`, [width], zeros);
    const start = () => Float32Array.from({ length: 2 * width }, (_, i) => (i < width ? 0 : 1));
    this.statistics = parameters.addTable(`${name}.statistics`, 2, width, start, { trained: false });
  }

  /**
   * z (alpha + p (1 - alpha)) with p = sigmoid(u) and u = (z - mean) / deviation. The gradient is written out, since the tape goes
   * through all rows three times as often: with q = dy z and h = q p (1 - p) (1 - alpha), it is
   * dy (alpha + p (1 - alpha)) + (h - mean h - u mean(h u)) / deviation, where outside training the statistics do not depend on z
   * and both means fall away, and that of alpha the sum of q (1 - p).
   */
  apply(z: tf.Tensor2D, mode: Mode): tf.Tensor2D {
    const kernels = nativeKernels();
    if (kernels && !mode.training && !tf.engine().isTapeOn()) return this.applyNatively(kernels, z);
    const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
      const [z, alpha, save] = inputs as [tf.Tensor2D, tf.Tensor1D, tf.GradSaveFunc];
      const [mean, variance] = mode.training ? this.ofStep(z) : this.running();
      const deviation = variance.add(EPSILON).sqrt();
      const u = z.sub(mean).div(deviation);
      const p = u.sigmoid();
      const gate = p.mul(tf.sub(1, alpha)).add(alpha);
      save([z, alpha, deviation, u, p, gate]);
      const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [z, alpha, deviation, u, p, gate] = saved as [
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
        ];
        const rest = dy.mul(z).mul(tf.sub(1, p)); // q (1 - p)
        const h = rest.mul(p).mul(tf.sub(1, alpha));
        const throughU = mode.training ? h.sub(u.mul(h.mul(u).mean(0, true)).add(h.mean(0, true))) : h;
        return [dy.mul(gate).add(throughU.div(deviation)), rest.sum(0)];
      };
      return { value: z.mul(gate), gradFunc };
    });
    return op(z, this.alpha.value()) as tf.Tensor2D;
  }

  private applyNatively(kernels: Kernels, z: tf.Tensor2D): tf.Tensor2D {
    const { mean, deviation, alpha } = this.gate();
    const fill = (y: Floats) => {
      const [values, slopes] = [z, alpha].map((tensor) => valuesInPlace(kernels, tensor));
      kernels.diceForward(kernels.threads, this.width, values!, mean, deviation, slopes!, y);
    };
    return filledTensors(kernels, [z.shape], fill)[0] as tf.Tensor2D;
  }

  gate(): Gate {
    const { data } = this.statistics;
    const deviation = data.slice(this.width).map((variance) => Math.sqrt(variance + EPSILON));
    const alpha = this.alpha.value<tf.Rank.R1>();
    return { smooth: true, mean: data.subarray(0, this.width), deviation, alpha };
  }

  async afterStep(): Promise<void> {
    const { found, width } = this;
    if (!found) return;
    this.found = null;
    const [values] = await takeValues([found.values]);
    const { data } = this.statistics;
    const unbiased = found.rows / Math.max(1, found.rows - 1);
    values!.forEach((value, i) => {
      const now = i < width ? value : value * unbiased;
      data[i] = (1 - MOMENTUM) * data[i]! + MOMENTUM * now;
    });
  }

  /** Mean and biased variance of each channel. [1, width] each */
  private ofStep(z: tf.Tensor2D): [tf.Tensor2D, tf.Tensor2D] {
    const mean = z.mean<tf.Tensor2D>(0, true);
    const variance = z.sub(mean).square().mean<tf.Tensor2D>(0, true);
    this.found?.values.dispose(); // of a step that failed
    this.found = { values: tf.keep(tf.concat([mean, variance], 0)), rows: z.shape[0] };
    return [mean, variance];
  }

  private running(): [tf.Tensor2D, tf.Tensor2D] {
    return tf.split(tf.tensor2d(this.statistics.data.slice(), [2, this.width]), 2, 0) as [
      tf.Tensor2D,
      tf.Tensor2D,
    ];
  }
}

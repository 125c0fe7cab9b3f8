import * as tf from '@tensorflow/tfjs';
import {
  type DenseParameter,
  gatherRows,
  type ParameterSet,
  readsAtOnce,
  relu,
  type Table,
} from '../../engine/index.js';
import { type Linear, linear } from '../../layers/index.js';
import type { MtinOptions } from '../options.js';
import { type Grouped, groupByLists } from './groups.js';
import { groupByTensors } from './groupsByTensors.js';
import { type InterestMask, interestMask } from './interests.js';
import { type Matching, matching } from './matching.js';
import type { MtinSettings, Polarity } from './settings.js';
import { type TemporalMasks, temporalMasks } from './temporal.js';
import type { Views } from './views.js';

/** What is computed of the histories of one kind. */
export interface EncodedViews {
  /** p of each couple; null: nothing was routed. [R, s] */
  readonly scores: tf.Tensor2D | null;
  /** Group of each place, -1: none. [T] */
  readonly assignment: tf.Tensor1D;
  /** r. [V, s, d] */
  readonly groups: tf.Tensor3D;
  /** w of Eq. 8; absent of one group. [V, s, s] */
  readonly attention?: tf.Tensor3D;
  /** w hat of Eq. 9, multiplied with w where the mask is weighted; absent of one group. [V, s, s] */
  readonly mask?: tf.Tensor3D;
  /** h. [V, s, d] */
  readonly interests: tf.Tensor3D;
  /** c', the memory after the update. [V, s, d] */
  readonly memory: tf.Tensor3D;
}

/** MTIN of one kind of history: what the paper describes for clicks and repeats, with weights of its own, for the others. */
export class PolarityUnit {
  /** A row a user: [users, s d]. */
  readonly memory: Table;
  private readonly matching: Matching | null;
  private readonly masks: TemporalMasks;
  private readonly group: readonly [Linear, Linear];
  private readonly interest: InterestMask;
  private readonly hidden: Linear;
  private readonly out: Linear;

  /** @param memory initial rows, [users, s d] */
  constructor(
    parameters: ParameterSet,
    readonly name: Polarity,
    private readonly options: MtinOptions,
    private readonly settings: MtinSettings,
    addMemory: (name: string) => Table,
  ) {
    const { size: d, masks: p } = options;
    const { groups, routed, tau } = settings;
    const map = (part: string, inputs: number, outputs: number) =>
      linear(parameters, `${name}.${part}`, { inputs, outputs, bias: true });
    this.memory = addMemory(`${name}.memory`);
    this.matching = routed ? matching(parameters, `${name}.match`, options) : null;
    this.masks = temporalMasks(parameters, `${name}.temporal`, groups, options);
    this.group = [map('group.1', p * d, d), map('group.2', d, d)];
    this.interest = interestMask(parameters, name, { ...options, groups, tau });
    this.hidden = map('head.hidden', 2 * d, d);
    this.out = map('head.out', d, 1);
  }

  /** Matrices, without biases and decays. */
  get matrices(): DenseParameter[] {
    const { matching, masks, group, interest, hidden, out } = this;
    const linears = [...(matching?.linears ?? []), ...group, hidden, out];
    return [masks.weight, ...interest.matrices, ...linears.map(({ weight }) => weight)];
  }

  /**
   * Eqs. 2 to 10 and Algorithm 1.
   *
   * @param items vectors of the batch's items. [N, d]
   * @param rows memory of `views.users`. [M, s d]
   */
  encode(items: tf.Tensor2D, rows: tf.Tensor2D, views: Views): EncodedViews {
    const { options, settings, masks } = this;
    const { size: d } = options;
    const { groups, memoryUpdate } = settings;
    const x = gatherRows(items, views.items);
    const ofUsers = rows.reshape<tf.Tensor3D>([views.users.length, groups, d]);
    const scores = this.matching?.scores(x, ofUsers, views) ?? null;
    const grouping = readsAtOnce() ? groupByLists : groupByTensors;
    const grouped = grouping({ views, x, scores, groups, masks }, options);
    const r = this.representations(grouped).reshape<tf.Tensor3D>([views.count, groups, d]);
    const memory = gatherRows(rows, views.user).reshape<tf.Tensor3D>([views.count, groups, d]);
    const { aggregate, ...found } = this.interest.apply({ memory, groups: r, sizes: grouped.sizes });
    const updated = memoryUpdate === 'replace' ? aggregate : memory.add<tf.Tensor3D>(aggregate);
    return { scores, assignment: grouped.assignment, groups: r, ...found, memory: updated };
  }

  /** Eq. 11, and what the head makes of it before it sees a candidate. [V, s, d] -> [V, d] */
  userPart(memory: tf.Tensor3D): tf.Tensor2D {
    return tf.matMul(memory.sum<tf.Tensor2D>(1), this.headOf('user'));
  }

  /** Logits of pairs of a row of `userPart` and one of item vectors. [P] */
  logits(
    user: tf.Tensor2D,
    items: tf.Tensor2D,
    pairs: { context: Int32Array; item: Int32Array },
  ): tf.Tensor1D {
    const bias = this.hidden.bias!.value<tf.Rank.R1>();
    const item = tf.fused.matMul({ a: items, b: this.headOf('item'), bias }) as tf.Tensor2D;
    const hidden = relu(gatherRows(user, pairs.context).add(gatherRows(item, pairs.item)));
    return this.out.apply(hidden).reshape([pairs.item.length]);
  }

  /** r = MLP([r^1 ; .. ; r^p]) of Eq. 7. [V s, d] */
  private representations({ sums, sizes }: Grouped): tf.Tensor2D {
    const [first, second] = this.group;
    return second.apply(relu(first.apply(sums.mul<tf.Tensor2D>(this.share(sizes).reshape([-1, 1])))));
  }

  /** 1 over what `temporalNorm` divides by, of groups of the given sizes; 1 of empty ones. */
  private share(sizes: tf.Tensor2D): tf.Tensor {
    const { temporalNorm, includeDiagonal } = this.options;
    if (temporalNorm === 'none') return tf.ones(sizes.shape);
    const pairs = () => sizes.mul(sizes.add(includeDiagonal ? 1 : -1)).mul(0.5);
    const counts = temporalNorm === 'length' ? sizes : pairs();
    return tf.div(1, counts.add(counts.equal(0).cast('float32')));
  }

  private headOf(part: 'user' | 'item'): tf.Tensor2D {
    const { size: d } = this.options;
    return this.hidden.weight.value<tf.Rank.R2>().slice([part === 'user' ? 0 : d, 0], [d, d]);
  }
}

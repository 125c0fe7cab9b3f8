/**
 * MTIN: Jiang et al., What Aspect Do You Like: Multi-scale Time-aware User Interest Modeling for Micro-video
 * Recommendation, ACM Multimedia 2020. Equations by number in the files of this folder; docs/models/mtin.md lists where
 * the paper is silent or contradicts itself, and the option that chooses.
 *
 * - Eqs. 2 to 4, matching of items with groups: matching.ts
 * - Algorithm 1, routing: routing.ts (routingTensors.ts on engines that let no value be read within a step)
 * - Eqs. 5 to 7, temporal masks: temporal.ts, groups.ts (groupsByTensors.ts)
 * - Eqs. 8 to 10 and the memory update, interest mask: interests.ts
 * - Eq. 11 and the prediction: polarity.ts; the combination of both polarities and Eq. 12: here
 *
 * Sizes: U contexts, V distinct histories of one kind (views.ts), s groups, p masks, d wide.
 */
import * as tf from '@tensorflow/tfjs';
import type { HistorySpec, Pairs, PreparedData } from '../../data/index.js';
import {
  type DenseParameter,
  gatherRows,
  glorotUniform,
  type Initializer,
  type Mode,
  normal,
  ofKnown,
  ParameterSet,
  type Table,
  takeValues,
  zeros,
} from '../../engine/index.js';
import { type ItemEncoder, type ItemFeature, itemEncoder, lookupWarm } from '../../layers/index.js';
import { itemFeatures, warmUsers } from '../features.js';
import type { MtinOptions } from '../options.js';
import { l2Penalty } from '../penalty.js';
import type { ContextBatch, EncodedBatch, Model } from '../types.js';
import { clusteredMemory, type ItemSide } from './memory.js';
import { PolarityUnit } from './polarity.js';
import { type MtinSettings, mtinHistories, mtinSettings, type Polarity } from './settings.js';
import { tapsOf, tapViews } from './taps.js';
import { type Views, viewsOf } from './views.js';

type MtinItems = {
  /** Item vectors. [N, d] */
  readonly x: tf.Tensor2D;
};

/** What the head makes of q (Eq. 11) before it sees a candidate, by polarity. [U, d] */
type MtinContexts = Partial<Record<Polarity, tf.Tensor2D>>;

/** Memory of some users as a step has updated it. */
interface Updated {
  readonly unit: PolarityUnit;
  readonly views: Views;
  /** c'. [V, s, d] */
  readonly memory: tf.Tensor3D;
}

const CATEGORY_INIT = normal(0.1);

export class Mtin implements Model<MtinItems, MtinContexts> {
  readonly parameters: ParameterSet;
  readonly histories: readonly HistorySpec[];
  readonly pairing = 'pointwise';
  readonly keepItems = true;
  readonly taps: Readonly<Record<string, string>>;
  private readonly settings: MtinSettings;
  private readonly sides: readonly ItemEncoder[];
  private readonly units: readonly PolarityUnit[];
  private readonly combine: DenseParameter | null;
  private readonly warm: Uint8Array;
  /**
   * memoryUpdate: persist: what the step at hand writes back when it is done, a step being one encode in training mode and
   * what follows. Encodes of evaluations between the two leave it alone.
   */
  private updated: Updated[] = [];

  /** @throws UserError when the data set lacks a named feature, or kmeans has none to group by */
  constructor(
    private readonly options: MtinOptions,
    data: PreparedData,
    seed: number,
  ) {
    const settings = mtinSettings(options);
    const parameters = new ParameterSet(seed);
    this.settings = settings;
    this.parameters = parameters;
    this.histories = mtinHistories(options, settings.polarities);
    this.taps = tapsOf(settings);
    this.warm = warmUsers(data);
    const named = sidesOf(options).map(({ name, width }) => ({
      name,
      width,
      features: itemFeatures(options[name], data, `model.${name}`),
    }));
    this.sides = named.map(({ name, width, features }) =>
      itemEncoder(parameters, name, { features, width, categoryInit: CATEGORY_INIT }),
    );
    const users = data.store.userIds.length;
    const { size } = options;
    const { groups, memoryTrainable: trained } = settings;
    const memoryOf = (polarity: Polarity): Initializer => {
      if (settings.memoryInit !== 'kmeans') return settings.memoryInit === 'random' ? normal(0.1) : zeros;
      return clusteredMemory(data, {
        sides: named.map(
          (side, i): ItemSide => ({
            ...side,
            start: i * (size / named.length),
            weightOf: (feature) => initialWeight(parameters, side, feature),
          }),
        ),
        histories: data.histories(polarity),
        groups,
        size,
        length: options.historyLength,
        key: [seed, 'memory', polarity],
      });
    };
    this.units = settings.polarities.map(
      (polarity) =>
        new PolarityUnit(parameters, polarity, options, settings, (name) =>
          parameters.addTable(name, users, groups * size, ofKnown(this.warm, memoryOf(polarity)), {
            trained,
          }),
        ),
    );
    this.combine =
      options.combine === 'trainable'
        ? parameters.addDense('combine', [this.units.length], () => Float32Array.from(this.fixedWeights()))
        : null;
  }

  encodeItems(items: Int32Array): MtinItems {
    const sides = this.sides.map((side) => side.encode(items));
    return { x: sides.length === 1 ? sides[0]! : tf.concat(sides, 1) };
  }

  encodeContexts(batch: ContextBatch, { x }: MtinItems, mode: Mode): MtinContexts {
    const persists = mode.training && this.settings.memoryUpdate === 'persist';
    if (persists) this.forget(); // what a step left that failed
    const encoded = this.units.map((unit, at) => {
      const views = viewsOf(batch, at, this.options.timeScale);
      const found = unit.encode(x, this.rowsOf(unit.memory, views.users), views);
      if (mode.tap) tapViews(mode.tap, unit.name, found, views, this.options.historyLength);
      if (persists) this.updated.push({ unit, views, memory: tf.keep(found.memory.clone()) });
      return [unit.name, gatherRows(unit.userPart(found.memory), views.ofContext)] as const;
    });
    return Object.fromEntries(encoded);
  }

  /** The weighted sum of the polarities' logits. */
  logits(contexts: MtinContexts, { x }: MtinItems, pairs: Pairs, mode: Mode): tf.Tensor1D {
    // Batches name candidates first, and what only histories hold is not multiplied with the head.
    const last = pairs.item.reduce((a, b) => Math.max(a, b), 0);
    const candidates = x.slice<tf.Tensor2D>([0, 0], [1 + last, this.options.size]);
    const weights = this.combine ? tf.split(this.combine.value<tf.Rank.R1>(), this.units.length) : null;
    const fixed = this.fixedWeights();
    const parts = this.units.map((unit, i) => {
      const logit = unit.logits(contexts[unit.name]!, candidates, pairs);
      mode.tap?.(`${unit.name}.logit`, logit);
      return logit.mul<tf.Tensor1D>(weights?.[i] ?? fixed[i]!);
    });
    return parts.reduce((sum, part) => sum.add(part));
  }

  /** lambda times the sum of squares, without the factor 0.5: of all matrices and of the memory and identifiers in use. */
  penalty({ batch }: EncodedBatch<MtinItems, MtinContexts>): tf.Scalar {
    const { l2Weight } = this.options;
    if (l2Weight === 0) return tf.scalar(0);
    const users = Int32Array.from(new Set(batch.contexts.user));
    const matrices = [
      ...this.sides.flatMap(({ projections, embeddings }) => [...projections, ...embeddings]),
      ...this.units.flatMap((unit) => unit.matrices),
    ];
    const rows = [
      ...this.sides.flatMap((side) => side.rows(batch.items)),
      ...this.units.flatMap(({ memory }) => (memory.trained ? [this.rowsOf(memory, users)] : [])),
    ];
    return l2Penalty(2 * l2Weight, [...matrices.map((weight) => weight.value()), ...rows]);
  }

  /** memoryUpdate: persist: M_u becomes (1 - rho) M_u + rho c', where c' is the mean over the user's histories in the step. */
  async afterStep(): Promise<void> {
    const { updated } = this;
    this.updated = [];
    const values = await takeValues(updated.map(({ memory }) => memory));
    updated.forEach(({ unit, views }, i) => {
      writeBack(unit.memory, views, values[i]!, this.options.memoryRate);
    });
  }

  /** Memory of users; 0 for those without a row in the train part. [M, s d] */
  private rowsOf(memory: Table, users: Int32Array): tf.Tensor2D {
    return lookupWarm(memory, users, this.warm);
  }

  private fixedWeights(): number[] {
    const { positiveWeight, negativeWeight } = this.options;
    return [positiveWeight, negativeWeight].slice(0, this.settings.polarities.length);
  }

  private forget(): void {
    tf.dispose(this.updated.map(({ memory }) => memory));
    this.updated = [];
  }
}

/** The sides of the item vector, in their order. */
function sidesOf({ itemEmbedding, size }: MtinOptions) {
  return itemEmbedding === 'visualLinear'
    ? ([{ name: 'visual', width: size }] as const)
    : ([
        { name: 'visual', width: size / 2 },
        { name: 'category', width: size / 2 },
      ] as const);
}

/** What `itemEncoder` starts a feature's weight with. */
function initialWeight(
  parameters: ParameterSet,
  { name, width }: { readonly name: string; readonly width: number },
  feature: ItemFeature,
): Float32Array {
  const full = `${name}.${feature.name}`;
  switch (feature.kind) {
    case 'vector':
      return parameters.initial(`${full}.weight`, [feature.width, width], glorotUniform);
    case 'category':
      return parameters.initial(`${full}.embedding`, [feature.cardinality, width], CATEGORY_INIT);
    case 'id':
      throw new RangeError('identifiers have a table');
  }
}

/** One pass over the views, whose rows are [V, s d]. */
function writeBack(
  { data, width }: Table,
  { users, user }: Views,
  updated: Float32Array,
  rate: number,
): void {
  const views = new Int32Array(users.length);
  for (const row of user) views[row]!++;
  for (const id of users) {
    for (let f = id * width; f < (id + 1) * width; f++) data[f]! *= 1 - rate;
  }
  for (const [view, row] of user.entries()) {
    const share = rate / views[row]!;
    const to = users[row]! * width;
    for (let f = 0; f < width; f++) data[to + f]! += share * updated[view * width + f]!;
  }
}

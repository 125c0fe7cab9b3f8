import type * as tf from '@tensorflow/tfjs';
import { distinct, UserError } from '../../base/index.js';
import type { ContextHistory, HistorySpec, PreparedData } from '../../data/index.js';
import {
  fromVectors,
  type Initializer,
  type Mode,
  normal,
  ofKnown,
  type ParameterSet,
} from '../../engine/index.js';
import {
  type ItemFeature,
  type LevelSets,
  ListBuilder,
  lookupWarm,
  meanOfLists,
  type RowLists,
  selfOverCo,
  selfOverCoTaps,
} from '../../layers/index.js';
import { warmUsers } from '../features.js';
import { rawVectors } from '../itemEmbedding.js';
import type { AlpineOptions, ScaaOptions } from '../options.js';
import type { ContextBatch } from '../types.js';
import { missingLevels, missingUserVector } from './levels.js';

/** Vectors of users, and which of them each context has. */
export interface UserVectors {
  /** [V, width] */
  readonly vectors: tf.Tensor2D;
  /** [U] */
  readonly row: Int32Array;
}

/** What stands for the user in the third head. */
export interface UserInterest {
  readonly width: number;
  readonly histories: readonly HistorySpec[];
  readonly taps: Readonly<Record<string, string>>;
  /** @param x items of the batch, embedded. [N, D] */
  of(batch: ContextBatch, x: tf.Tensor2D, mode: Mode): UserVectors;
}

/**
 * ALPINE's user matrix, table `user`: a row a user, trained by back-propagation.
 *
 * @throws UserError where the data lack what it starts from
 */
export function userMatrix(
  parameters: ParameterSet,
  options: AlpineOptions,
  features: readonly ItemFeature[],
  data: PreparedData,
  width: number,
): UserInterest {
  const begin = beginningOf(options, features, data, width);
  const users = data.store.userIds.length;
  const warm = begin.isNoise ? warmUsers(data) : null;
  const init = warm ? ofKnown(warm, begin.init) : begin.init;
  const table = parameters.addTable('user', users, begin.width, init);
  return {
    width: begin.width,
    histories: [],
    taps: {},
    of: ({ contexts }) => {
      const { values: users, at: row } = distinct(contexts.user);
      return { vectors: warm ? lookupWarm(table, users, warm) : table.lookup(users), row };
    },
  };
}

interface Beginning {
  readonly width: number;
  readonly init: Initializer;
  /** Whether rows that are never trained say nothing. */
  readonly isNoise: boolean;
}

function beginningOf(
  options: AlpineOptions,
  features: readonly ItemFeature[],
  data: PreparedData,
  width: number,
): Beginning {
  const { name, users } = data.store;
  const { userInit, userFeature, levelWeights, liked, followed } = options;
  switch (userInit) {
    case 'normal':
      return { width, init: normal(0.01), isNoise: true };
    case 'feature': {
      const vectors = users.vectors[userFeature];
      if (vectors) return { width: vectors.width, init: fromVectors(vectors), isNoise: false };
      throw missingUserVector(options, data.store)!;
    }
    case 'levels': {
      const raw = rawVectors(features);
      if (!raw) {
        throw new UserError(
          `model.userInit: levels sums item vectors, and model.item names none of ${name}`,
          'Use model.userInit: normal.',
        );
      }
      requireLevels(options, data);
      const weighted = [
        { weight: levelWeights[0]!, column: liked },
        { weight: levelWeights[1]!, column: followed },
      ];
      return {
        width: raw.width,
        init: fromVectors({ width: raw.width, rows: (ids) => levelSums(ids, weighted, raw, data) }),
        isNoise: false,
      };
    }
  }
}

/** Eq. 3 of ALPINE: w_l times the sum of the vectors liked in the train part, plus w_f times that of those followed. */
function levelSums(
  users: Int32Array,
  levels: readonly { readonly weight: number; readonly column: string }[],
  { width, rows }: { readonly width: number; rows(items: Int32Array): Float32Array },
  data: PreparedData,
): Float32Array {
  const sums = new Float32Array(users.length * width);
  for (const { weight, column } of levels) {
    const { trainOffsets, trainItem } = data.histories({ column });
    users.forEach((user, u) => {
      const vectors = rows(trainItem.slice(trainOffsets[user], trainOffsets[user + 1]));
      for (let i = 0; i < vectors.length; i++) sums[u * width + (i % width)]! += weight * vectors[i]!;
    });
  }
  return sums;
}

/** @throws UserError where the data lack likes or follows */
function requireLevels(options: AlpineOptions | ScaaOptions, { store }: PreparedData): void {
  const missing = missingLevels(options, store);
  if (missing) throw missing;
}

/**
 * SCAA's v of what a user liked and followed: by Self-over-Co attention (weights `soc`), or the mean of both (SCAA_cs).
 *
 * @param first number of the first of its two histories in a batch
 * @throws UserError where the data lack likes or follows
 */
export function levelInterest(
  parameters: ParameterSet,
  options: ScaaOptions,
  data: PreparedData,
  { width, kind, first }: { width: number; kind: 'selfOverCo' | 'co' | 'mean'; first: number },
): UserInterest {
  requireLevels(options, data);
  const {
    causal,
    maxLiked,
    maxFollowed,
    liked,
    followed,
    attentionScale: scale,
    selfResidual,
    bias,
  } = options;
  const spec = (column: string, length: number): HistorySpec => ({
    events: { column },
    length,
    sample: 'recent',
    target: causal ? 'causal' : 'include',
    prefixes: 'shared',
  });
  const histories = [spec(liked, maxLiked), spec(followed, maxFollowed)];
  const self = kind === 'selfOverCo';
  const soc =
    kind === 'mean' ? null : selfOverCo(parameters, 'soc', { width, self, selfResidual, scale, bias });
  return {
    width,
    histories,
    taps: soc ? selfOverCoTaps('soc', self) : {},
    of: ({ histories: given }, x, { tap }) => {
      const { sets, row } = levelSets(given[first]!, given[first + 1]!, tap !== undefined);
      return { vectors: soc ? soc.apply(x, sets, tap) : meanOfLists(x, bothOf(sets)), row };
    },
  };
}

/**
 * The sets of the contexts, those that are the same once: with static sets a user's contexts share them.
 *
 * @param apart whether each context has sets of its own all the same, so that what is tapped has a row a context
 */
function levelSets(liked: ContextHistory, followed: ContextHistory, apart: boolean) {
  const lists = { liked: new ListBuilder(), followed: new ListBuilder() };
  const rowOf = new Map<string, number>();
  const row = liked.sequence.map((_, c) => {
    const own = [liked, followed].flatMap(({ sequence, length }) => [sequence[c], length[c]]);
    const key = (apart ? [c] : own).join();
    const known = rowOf.get(key);
    if (known !== undefined) return known;
    lists.liked.add(itemsOf(liked, c));
    lists.followed.add(itemsOf(followed, c));
    rowOf.set(key, rowOf.size);
    return rowOf.size - 1;
  });
  return { sets: { liked: lists.liked.done(), followed: lists.followed.done() }, row };
}

function itemsOf({ sequences, sequence, length }: ContextHistory, context: number): Int32Array {
  const start = sequence[context]! * sequences.width;
  return sequences.item.subarray(start, start + length[context]!);
}

/** Liked items, then followed ones; an item that is both counts twice. */
function bothOf({ liked, followed }: LevelSets): RowLists {
  const of = ({ offsets, rows }: RowLists, list: number) => rows.subarray(offsets[list], offsets[list + 1]);
  const count = liked.offsets.length - 1;
  return ListBuilder.of(Array.from({ length: count }, (_, v) => [...of(liked, v), ...of(followed, v)]));
}

import { type RandomStream, randomStream, UserError } from '../base/index.js';
import { BatchAssembler, type PairList } from './batch.js';
import { choosePairs, type NegativeSpec, type Pairing } from './sampling.js';
import type { Batch, HistorySpec, PreparedData } from './types.js';

export interface EpochSpec {
  readonly history: HistorySpec | null;
  /** Pairs (user, candidate) a step; a pairwise couple counts as two. */
  readonly batchSize: number;
  /** Draw the pairs of a step independently, or keep a user's pairs together so that its history is encoded once. */
  readonly batching: 'shuffled' | 'byUser';
  /** byUser: at most this many pairs of one user are kept together. */
  readonly pairsPerUser: number;
  readonly negatives: NegativeSpec;
  readonly pairing: Pairing;
  /** What becomes of the pairs that do not fill the last step (THACIL's released code drops them). */
  readonly lastBatch: 'keep' | 'drop';
  readonly seed: number;
  readonly epoch: number;
}

/** The steps of one epoch. `batch(step)` is a pure function of data, spec and step, so a resume starts anywhere. */
export interface EpochPlan {
  readonly steps: number;
  batch(step: number): Batch;
}

/**
 * Draws the pairs of an epoch and their order.
 *
 * @throws UserError when there are no pairs, or not one full batch with `lastBatch: 'drop'`
 */
export function planEpoch(data: PreparedData, spec: EpochSpec): EpochPlan {
  const { seed, epoch, batchSize } = spec;
  const list = choosePairs(data, spec.negatives, spec.pairing, randomStream(seed, 'negatives', epoch));
  const unit = spec.pairing === 'pairwise' ? 2 : 1;
  const order = orderUnits(data, list, unit, spec);
  const unitsPerStep = Math.max(1, Math.floor(batchSize / unit));
  const whole = Math.floor(order.length / unitsPerStep);
  const steps = spec.lastBatch === 'drop' ? whole : Math.ceil(order.length / unitsPerStep);
  if (steps === 0) {
    throw new UserError(
      `an epoch has ${order.length * unit} pairs, less than one batch of ${batchSize}`,
      'Choose a smaller train.batchSize.',
    );
  }
  const assembler = new BatchAssembler(data, spec.history);
  return {
    steps,
    batch: (step) => {
      if (!(step >= 0 && step < steps)) throw new RangeError(`step ${step} is not in 0..${steps - 1}`);
      const units = order.subarray(step * unitsPerStep, (step + 1) * unitsPerStep);
      return assembler.assemble(gather(list, units, unit), {
        per: spec.batching === 'byUser' ? 'context' : unit === 2 ? 'couple' : 'pair',
        stream: (context) => randomStream(seed, 'history', epoch, step, context),
      });
    },
  };
}

/** Order of the units (single pairs or couples) of an epoch. */
function orderUnits(data: PreparedData, list: PairList, unit: number, spec: EpochSpec): Int32Array {
  const random = randomStream(spec.seed, 'order', spec.epoch);
  const order = Int32Array.from({ length: list.item.length / unit }, (_, i) => i);
  if (spec.batching === 'shuffled') return random.shuffle(order);
  const { user } = data.store.interactions;
  const userOf = (i: number): number => user[list.anchor[i * unit]!]!;
  const chunk = Math.max(1, Math.floor(spec.pairsPerUser / unit));
  const starts: number[] = [];
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && userOf(end) === userOf(start)) end++;
    cutUser(order.subarray(start, end), chunk, spec, random, (offset) => starts.push(start + offset));
    start = end;
  }
  return joinShuffled(order, Int32Array.from(starts), random);
}

/**
 * Cuts one user's units into chunks. With causal histories a chunk is a stretch of time, since neighbours in time
 * share most of their history; the cuts move from epoch to epoch. Otherwise every epoch mixes the units anew.
 */
function cutUser(
  units: Int32Array,
  chunk: number,
  { history }: EpochSpec,
  random: RandomStream,
  startsAt: (offset: number) => void,
): void {
  startsAt(0);
  let next = chunk;
  if (history?.target === 'causal') {
    if (units.length > chunk) next = 1 + random.int(chunk);
  } else {
    random.shuffle(units);
  }
  for (; next < units.length; next += chunk) startsAt(next);
}

/** Concatenates the chunks that begin at `starts` in random order. */
function joinShuffled(order: Int32Array, starts: Int32Array, random: RandomStream): Int32Array {
  const joined = new Int32Array(order.length);
  let filled = 0;
  for (const c of random.shuffle(Int32Array.from(starts.keys()))) {
    const piece = order.subarray(starts[c]!, starts[c + 1] ?? order.length);
    joined.set(piece, filled);
    filled += piece.length;
  }
  return joined;
}

/** The pairs of the given units. */
function gather(list: PairList, units: Int32Array, unit: number): PairList {
  const count = units.length * unit;
  const anchor = new Int32Array(count);
  const item = new Int32Array(count);
  const label = new Float32Array(count);
  const row = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const from = unit === 1 ? units[i]! : units[i >> 1]! * 2 + (i & 1);
    anchor[i] = list.anchor[from]!;
    item[i] = list.item[from]!;
    label[i] = list.label[from]!;
    row[i] = list.row[from]!;
  }
  return { anchor, item, label, row };
}

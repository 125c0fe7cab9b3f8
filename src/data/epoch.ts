import { type RandomStream, randomStream, range, UserError } from '../base/index.js';
import { BatchAssembler } from './batch.js';
import { choosePairs, couplesOf, type NegativeSpec, type Pairing, pairsOf, unitSize } from './sampling.js';
import type { Batch, ContextSpec, Couples, PreparedData } from './types.js';

export interface EpochSpec extends ContextSpec {
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

/** The steps of one epoch: pure functions of data, spec and step, so a resume starts anywhere. */
export interface EpochPlan {
  readonly steps: number;
  batch(step: number): Batch;
  /** The same couples without their histories and without a batch; throws a RangeError where pairs have labels. */
  couples(step: number): Couples;
}

/**
 * Draws the pairs of an epoch and their order.
 *
 * @throws UserError when there are no pairs, or not one full batch with `lastBatch: 'drop'`
 */
export function planEpoch(data: PreparedData, spec: EpochSpec): EpochPlan {
  const { seed, epoch, batchSize } = spec;
  const list = choosePairs(data, spec.negatives, spec.pairing, randomStream(seed, 'negatives', epoch));
  const size = unitSize(spec.pairing);
  const order = orderUnits(data, list.anchor, spec);
  const unitsPerStep = Math.max(1, Math.floor(batchSize / size));
  const whole = Math.floor(order.length / unitsPerStep);
  const steps = spec.lastBatch === 'drop' ? whole : Math.ceil(order.length / unitsPerStep);
  if (steps === 0) {
    throw new UserError(
      `an epoch has ${order.length * size} pairs, less than one batch of ${batchSize}`,
      `Use train.batchSize: ${order.length * size} or less, or train.lastBatch: keep.`,
    );
  }
  const unitsOf = (step: number): Int32Array => {
    if (!(step >= 0 && step < steps)) throw new RangeError(`step ${step} is not in 0..${steps - 1}`);
    return order.subarray(step * unitsPerStep, (step + 1) * unitsPerStep);
  };
  const assembler = new BatchAssembler(data, spec);
  return {
    steps,
    couples: (step) => {
      if (spec.pairing !== 'pairwise') throw new RangeError('pairs with labels are no couples');
      return couplesOf(data, list, unitsOf(step));
    },
    batch: (step) =>
      assembler.assemble(pairsOf(data, list, unitsOf(step), spec.pairing), {
        per: spec.batching === 'byUser' ? 'context' : size === 2 ? 'couple' : 'pair',
        stream: (context) => randomStream(seed, 'history', epoch, step, context),
      }),
  };
}

/** Order of the units (single pairs or couples) of an epoch. */
function orderUnits(data: PreparedData, anchor: Int32Array, spec: EpochSpec): Int32Array {
  const random = randomStream(spec.seed, 'order', spec.epoch);
  const order = range(0, anchor.length);
  if (spec.batching === 'shuffled') return random.shuffle(order);
  const { user } = data.store.interactions;
  const chunk = Math.max(1, Math.floor(spec.pairsPerUser / unitSize(spec.pairing)));
  // At most one short chunk at either end of a user's units.
  const most = Math.ceil(order.length / chunk) + 2 * data.store.userIds.length;
  const starts = new Int32Array(Math.min(order.length, most));
  let chunks = 0;
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && user[anchor[end]!] === user[anchor[start]!]) end++;
    let next = start + firstChunk(order.subarray(start, end), chunk, spec, random);
    starts[chunks++] = start;
    for (; next < end; next += chunk) starts[chunks++] = next;
    start = end;
  }
  return joinShuffled(order, starts.subarray(0, chunks), random);
}

/**
 * Orders one user's units before they are cut into chunks, and gives the size of the first. With causal histories a
 * chunk is a stretch of time, since neighbours in time share most of their history; the cuts move from epoch to
 * epoch. Otherwise every epoch mixes the units anew.
 */
function firstChunk(
  units: Int32Array,
  chunk: number,
  { histories }: EpochSpec,
  random: RandomStream,
): number {
  if (histories.some(({ target }) => target === 'causal'))
    return units.length > chunk ? 1 + random.int(chunk) : chunk;
  random.shuffle(units);
  return chunk;
}

/** Concatenates the chunks that begin at `starts` in random order. */
function joinShuffled(order: Int32Array, starts: Int32Array, random: RandomStream): Int32Array {
  const joined = new Int32Array(order.length);
  let filled = 0;
  for (const c of random.shuffle(range(0, starts.length))) {
    const piece = order.subarray(starts[c]!, starts[c + 1] ?? order.length);
    joined.set(piece, filled);
    filled += piece.length;
  }
  return joined;
}

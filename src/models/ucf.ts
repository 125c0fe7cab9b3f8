/**
 * UCF: collaborative filtering by users, the nearest neighbours in cosine of the binary rows of the train part, as in
 * UVCAN's table (Liu et al. 2019, section 5.5.1). Notes: docs/models/ucf.md.
 */
import type { Batch, PreparedData } from '../data/index.js';
import { type SparseMatrix, SparseSums, transposed } from '../layers/index.js';
import { trainPositives } from './interactions.js';
import type { UcfOptions } from './options.js';
import { scorePairs } from './sparseScores.js';
import type { FittedModel, SparseScores } from './types.js';

export class Ucf implements FittedModel {
  /** Who chose what, and by whom it was chosen: [users, items], [items, users]. */
  private readonly chosen: SparseMatrix;
  private readonly choosers: SparseMatrix;
  private readonly nearest: Nearest;
  /** Items in common with the user at hand. [users] */
  private readonly common: SparseSums;
  /** Scores of the user at hand. [items] */
  private readonly scores: SparseSums;

  constructor({ neighbours }: UcfOptions, data: PreparedData) {
    const users = data.store.userIds.length;
    this.chosen = trainPositives(data);
    this.choosers = transposed(this.chosen);
    this.nearest = new Nearest(Math.min(neighbours, users));
    this.common = new SparseSums(users);
    this.scores = new SparseSums(data.store.itemIds.length);
  }

  /**
   * The sum over the user's neighbours that chose an item of their similarity, |A and B| / sqrt(|A| |B|) with A and B the
   * items of either.
   */
  sparseScores(user: number): SparseScores {
    this.findNearest(user);
    const { offsets, column } = this.chosen;
    const size = offsets[user + 1]! - offsets[user]!;
    const { count, users, keys } = this.nearest;
    for (let n = 0; n < count; n++) {
      const similarity = Math.sqrt(keys[n]! / size);
      const neighbour = users[n]!;
      for (let k = offsets[neighbour]!; k < offsets[neighbour + 1]!; k++)
        this.scores.add(column[k]!, similarity);
    }
    const { places, sums } = this.scores.take();
    return { items: places, scores: Float32Array.from(sums) };
  }

  /** By common^2 / size, which orders as the cosine does, and in which equal ones are equal to the last bit. */
  private findNearest(user: number): void {
    const { chosen, choosers, nearest } = this;
    for (let k = chosen.offsets[user]!; k < chosen.offsets[user + 1]!; k++) {
      const item = chosen.column[k]!;
      for (let c = choosers.offsets[item]!; c < choosers.offsets[item + 1]!; c++)
        this.common.add(choosers.column[c]!, 1);
    }
    const { places: others, sums: common } = this.common.take();
    nearest.clear();
    others.forEach((other, n) => {
      if (other === user) return;
      const size = chosen.offsets[other + 1]! - chosen.offsets[other]!;
      nearest.add(other, (common[n]! * common[n]!) / size);
    });
  }

  score(batch: Batch): Float32Array {
    return scorePairs(batch, (user) => this.sparseScores(user));
  }
}

/** The users with the largest keys, of equal ones those with the lowest numbers: a heap with the last of them on top. */
class Nearest {
  count = 0;
  readonly users: Int32Array;
  readonly keys: Float64Array;

  constructor(private readonly most: number) {
    this.users = new Int32Array(most);
    this.keys = new Float64Array(most);
  }

  clear(): void {
    this.count = 0;
  }

  add(user: number, key: number): void {
    if (this.count < this.most) this.rise(this.count++, user, key);
    else if (isBefore(key, user, this.keys[0]!, this.users[0]!)) this.sink(user, key);
  }

  private rise(at: number, user: number, key: number): void {
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(this.keys[above]!, this.users[above]!, key, user)) break;
      this.put(at, this.users[above]!, this.keys[above]!);
      at = above;
    }
    this.put(at, user, key);
  }

  /** In place of the one on top. */
  private sink(user: number, key: number): void {
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= this.count) break;
      const right = below + 1;
      if (
        right < this.count &&
        isBefore(this.keys[below]!, this.users[below]!, this.keys[right]!, this.users[right]!)
      )
        below = right;
      if (!isBefore(key, user, this.keys[below]!, this.users[below]!)) break;
      this.put(at, this.users[below]!, this.keys[below]!);
      at = below;
    }
    this.put(at, user, key);
  }

  private put(at: number, user: number, key: number): void {
    this.users[at] = user;
    this.keys[at] = key;
  }
}

/** Whether the first is more similar, or as similar with the lower number. */
const isBefore = (key: number, user: number, otherKey: number, otherUser: number): boolean =>
  key > otherKey || (key === otherKey && user < otherUser);

/**
 * GF: graph filtering without training. What a user chose, as a signal on the items, goes through a linear low-pass filter,
 * which is the graph of items that were chosen together (Turbo-CF: Park, Shin and Shin, SIGIR 2024), and, beside it, through the
 * graph of items with like content (after MM-GF: Roh, Kim, Park and Shin, 2025). Equations and deviations: docs/models/gf.md.
 */
import type { Batch, PreparedData } from '../data/index.js';
import { rowCount, type SparseMatrix, SparseSums, transposed } from '../layers/index.js';
import { contentGraph } from './contentGraph.js';
import { itemVectors } from './features.js';
import { trainPositives } from './interactions.js';
import type { GfOptions } from './options.js';
import { scorePairs } from './sparseScores.js';
import type { FittedModel, SparseScores } from './types.js';

export class Gf implements FittedModel {
  /** R: who chose what, and by whom it was chosen. [users, items], [items, users] */
  private readonly chosen: SparseMatrix;
  private readonly choosers: SparseMatrix;
  /** The diagonals of D_U^-2a, D_I^-b and D_I^-c. [users], [items], [items] */
  private readonly ofUser: Float64Array;
  private readonly ofItem: Float64Array;
  private readonly ofProfile: Float64Array;
  private readonly power: number;
  /** gamma Q; null: none. [items, items] */
  private readonly content: SparseMatrix | null;
  /** What reaches users from the items at hand. [users] */
  private readonly reached: SparseSums;
  /** The row of P at hand, where it is taken to a power. [items] */
  private readonly edges: SparseSums;
  /** Scores of the user at hand. [items] */
  private readonly scores: SparseSums;

  constructor(options: GfOptions, data: PreparedData) {
    const { userExponent, itemExponent, profileExponent, power } = options;
    this.chosen = trainPositives(data);
    this.choosers = transposed(this.chosen);
    this.ofUser = powers(this.chosen, -2 * userExponent);
    this.ofItem = powers(this.choosers, -itemExponent);
    this.ofProfile = powers(this.choosers, -profileExponent);
    this.power = power;
    this.content = this.weightedContent(options, data);
    const [users, items] = [rowCount(this.chosen), rowCount(this.choosers)];
    this.reached = new SparseSums(users);
    this.edges = new SparseSums(power === 1 ? 0 : items);
    this.scores = new SparseSums(items);
  }

  /** s_u = r_u D_I^-c P + gamma r_u Q, where P has the entries of R~' R~ to the power s. */
  sparseScores(user: number): SparseScores {
    const { chosen, content, scores, ofProfile } = this;
    const own = chosen.column.subarray(chosen.offsets[user], chosen.offsets[user + 1]);
    if (this.power === 1) this.pass(own, (item) => ofProfile[item]!, scores);
    else for (const item of own) this.addRow(item);
    if (content) {
      for (const item of own) {
        for (let k = content.offsets[item]!; k < content.offsets[item + 1]!; k++)
          scores.add(content.column[k]!, content.value[k]!);
      }
    }
    const { places, sums } = scores.take();
    return { items: places, scores: Float32Array.from(sums) };
  }

  score(batch: Batch): Float32Array {
    return scorePairs(batch, (user) => this.sparseScores(user));
  }

  /** Adds x R~' R~ for a signal x on some items: to the users that chose them, and on to what these chose. */
  private pass(items: Int32Array, signal: (item: number) => number, into: SparseSums): void {
    const { chosen, choosers, reached, ofUser, ofItem } = this;
    for (const item of items) {
      const term = signal(item) * ofItem[item]!;
      for (let k = choosers.offsets[item]!; k < choosers.offsets[item + 1]!; k++)
        reached.add(choosers.column[k]!, term);
    }
    const { places, sums } = reached.take();
    for (let n = 0; n < places.length; n++) {
      const user = places[n]!;
      const term = sums[n]! * ofUser[user]!;
      for (let k = chosen.offsets[user]!; k < chosen.offsets[user + 1]!; k++) {
        const item = chosen.column[k]!;
        into.add(item, term * ofItem[item]!);
      }
    }
  }

  /** Adds the item's row of P, times its factor in the profile: a power is of each entry. */
  private addRow(item: number): void {
    this.pass(Int32Array.of(item), () => 1, this.edges);
    const { places, sums } = this.edges.take();
    for (let n = 0; n < places.length; n++)
      this.scores.add(places[n]!, this.ofProfile[item]! * sums[n]! ** this.power);
  }

  /** gamma is `contentWeight` times the mean over items that were chosen of their own entry in D_I^-c P. */
  private weightedContent(
    { content, contentNeighbours, contentWeight }: GfOptions,
    data: PreparedData,
  ): SparseMatrix | null {
    if (content.length === 0) return null;
    const { choosers, ofUser, ofItem, ofProfile, power } = this;
    let sum = 0;
    let items = 0;
    for (let item = 0; item < ofItem.length; item++) {
      const [from, to] = [choosers.offsets[item]!, choosers.offsets[item + 1]!];
      if (from === to) continue;
      let own = 0;
      for (let k = from; k < to; k++) own += ofUser[choosers.column[k]!]!;
      sum += ofProfile[item]! * (own * ofItem[item]! ** 2) ** power;
      items++;
    }
    const gamma = items === 0 ? 0 : (contentWeight * sum) / items;
    const graph = contentGraph(itemVectors(content, data, 'model.content'), contentNeighbours, data);
    return { ...graph, value: graph.value.map((value) => gamma * value) };
  }
}

/** The numbers of entries of a matrix's rows, each to an exponent; 0 for an empty row. [R] */
function powers({ offsets }: SparseMatrix, exponent: number): Float64Array {
  return Float64Array.from({ length: offsets.length - 1 }, (_, r) => {
    const degree = offsets[r + 1]! - offsets[r]!;
    return degree === 0 ? 0 : degree ** exponent;
  });
}
